"""Where the function runs, the edge is told as late as in production."""

import pytest

from mundotango.commands.service import SETTLES


@pytest.fixture(autouse=True)
def settles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SETTLES", str(SETTLES.total_seconds()))
