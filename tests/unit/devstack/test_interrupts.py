"""A temporary cloud is gone when its command is interrupted, however that is done and how often it comes."""

import io
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from devstack import cloud, interrupts
from devstack.paths import Home
from devstack.progress import Progress


@pytest.fixture
def missed() -> Iterator[list[int]]:
    """The signals that nobody heeded, which would have ended the process."""
    numbers: list[int] = []
    before = {number: signal.signal(number, lambda got, _: numbers.append(got)) for number in interrupts.SIGNALS}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary clouds have their homes; they start no servers."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("install", "start_servers", "deploy_platform"):
        monkeypatch.setattr(cloud, name, lambda *_, **__: None)
    return tmp_path


@pytest.mark.parametrize("number", interrupts.SIGNALS, ids=lambda number: number.name)
def test_an_interrupted_cloud_is_forgotten(
    number: signal.Signals, homes: Path, missed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget = cloud.forget

    def forget_interrupted(home: Home) -> None:
        os.kill(os.getpid(), number)
        forget(home)

    def use_interrupted() -> None:
        with cloud.temporary(Progress(Console(file=io.StringIO()))):
            assert len(list(homes.iterdir())) == 1
            os.kill(os.getpid(), number)

    monkeypatch.setattr(cloud, "forget", forget_interrupted)
    with pytest.raises(KeyboardInterrupt):
        use_interrupted()
    assert list(homes.iterdir()) == []
    assert missed == []
    os.kill(os.getpid(), number)
    assert missed == [number]  # what it did before, it does again
