"""The steps of the move: in which order, how it goes on after it was cut off, and until when it can be given up.

That nothing is lost by them is shown with two real servers, in tests/integration/recovery.
"""

import json
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest
from typer.testing import CliRunner

from mundotango.recovery.model import Digest, Position
from operations import cli, moving
from operations.moving import Move, Step
from operations.refusal import Refusal
from operations.scale import commands

STEPS = ["look", "stop old", "position new", "digests old", "digests new", "promote new", "digests old", "digests new",
         "switch new", "resume new"]  # fmt: skip


@dataclass(slots=True)
class FakeServers:
    breaks_at: str = ""
    steps: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=lambda: {"old": 3, "new": 3})

    def look(self) -> tuple[str, str]:
        self._note("look")
        return "old", "new"

    def stop_writes(self, host: str) -> Position:
        self._note(f"stop {host}")
        return Position(7, copy=False)

    def resume_writes(self, host: str) -> None:
        self._note(f"resume {host}")

    def position(self, host: str) -> Position:
        self._note(f"position {host}")
        return Position(7, copy=True)

    def digests(self, host: str) -> dict[str, Digest]:
        self._note(f"digests {host}")
        return {"posts": Digest(self.rows[host], "1")}

    def promote(self, host: str) -> None:
        self._note(f"promote {host}")

    def switch(self, host: str) -> None:
        self._note(f"switch {host}")

    def _note(self, step: str) -> None:
        if step == self.breaks_at:
            self.breaks_at = ""
            raise ConnectionError("the network went away")
        self.steps.append(step)


@dataclass(slots=True)
class KeptInMemory:
    move: Move = field(default_factory=Move)

    def load(self) -> Move:
        return self.move

    def save(self, move: Move) -> None:
        self.move = move


def quiet(_: str) -> None:
    pass


def test_the_steps_in_their_order() -> None:
    servers, kept = FakeServers(), KeptInMemory()

    move = moving.go_on(servers, kept, quiet)

    assert servers.steps == STEPS
    assert kept.move == move
    assert move.seconds_without_writes is not None


@pytest.mark.parametrize("step", dict.fromkeys(STEPS))
def test_a_move_that_was_cut_off_goes_on_where_it_was(step: str) -> None:
    servers, kept = FakeServers(breaks_at=step), KeptInMemory()
    with pytest.raises(ConnectionError):
        moving.go_on(servers, kept, quiet)

    assert moving.go_on(servers, kept, quiet).step is Step.RESUMED

    assert servers.steps.count("promote new") == servers.steps.count("resume new") == 1
    assert moving.go_on(servers, kept, quiet).step is Step.RESUMED  # and nothing is done once more
    assert servers.steps.count("resume new") == 1


@pytest.mark.parametrize("step", ["stop old", "position new", "digests new", "promote new", "switch new"])
def test_it_can_be_given_up_until_functions_are_pointed_elsewhere(step: str) -> None:
    servers, kept = FakeServers(breaks_at=step), KeptInMemory()
    with pytest.raises(ConnectionError):
        moving.go_on(servers, kept, quiet)

    moving.abort(servers, kept)

    assert servers.steps[-1] == "resume old"
    assert kept.move == Move()


def test_it_cannot_be_given_up_later() -> None:
    servers, kept = FakeServers(breaks_at="resume new"), KeptInMemory()
    with pytest.raises(ConnectionError):
        moving.go_on(servers, kept, quiet)

    with pytest.raises(Refusal, match="use the new server already"):
        moving.abort(servers, kept)
    assert "resume old" not in servers.steps


def test_a_copy_that_is_not_equal_is_not_promoted_and_people_write_on() -> None:
    servers, kept = FakeServers(rows={"old": 3, "new": 2}), KeptInMemory()

    with pytest.raises(Refusal, match="differs in posts"):
        moving.go_on(servers, kept, quiet)

    assert servers.steps[-1] == "resume old"
    assert "promote new" not in servers.steps


def test_who_gives_up_is_told_in_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, servers = type("Kept", (), {"load": lambda _: Move()})(), type("Servers", (), {"admission": nullcontext})
    monkeypatch.setattr(commands, "find", lambda *_: None)
    monkeypatch.setattr(commands, "KeptInParameter", lambda _: kept)
    monkeypatch.setattr(commands, "AuroraServers", lambda *_: servers)
    monkeypatch.setattr(moving, "abort", lambda *_: None)
    shown = CliRunner().invoke(cli.app, ["scale", "move-database", "--abort", "--json"])

    assert json.loads(shown.stdout)["step"] == "nothing"
