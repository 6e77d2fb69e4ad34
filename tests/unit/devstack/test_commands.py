import io
import sys
from pathlib import Path

import pytest

from devstack import __main__ as commands
from devstack.paths import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """One with something in it, and nobody at the terminal."""
    home = Home(tmp_path / "state")
    home.prepare()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return home


def reset(home: Home, monkeypatch: pytest.MonkeyPatch, *options: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["devstack", "reset", "--state", str(home.folder), *options])
    with pytest.raises(SystemExit) as ended:
        sys.exit(commands.main())
    return ended.value.code


def test_a_reset_that_nobody_can_be_asked_about_is_refused_with_the_cure(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reset(home, monkeypatch) == 1
    assert capsys.readouterr().err == (
        f"devstack: nobody can be asked whether to delete {home.folder}. Cure: make reset YES=1\n"
    )
    assert home.folder.exists()


def test_a_reset_that_was_agreed_to_asks_nobody(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reset(home, monkeypatch, "--yes") == 0
    assert not home.folder.exists()
