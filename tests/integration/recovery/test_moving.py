"""The move of the database, rehearsed with two real servers under people who write and read through the real API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import sleep

import pytest

from devstack import copies
from devstack.postgres import Server
from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.recovery import service
from mundotango.recovery.model import Digest, Position
from operations import moving
from operations.moving import Move, Step
from operations.refusal import Refusal
from tests.fixtures.gateway import Gateway
from tests.integration.recovery.conftest import Crowd, Pair, close, open_database, platform_at

OLD, NEW = "old", "new"


@dataclass(slots=True)
class LocalServers:
    pair: Pair
    serving: Server = field(init=False)
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.serving = self.pair.primary

    def look(self) -> tuple[str, str]:
        return OLD, NEW

    def stop_writes(self, host: str) -> Position:
        return self._do("stop", host, service.stop_writes)

    def resume_writes(self, host: str) -> None:
        self._do("resume", host, service.resume_writes)

    def position(self, host: str) -> Position:
        return self._do("position", host, service.position)

    def digests(self, host: str) -> dict[str, Digest]:
        return self._do("digests", host, service.digests)

    def promote(self, host: str) -> None:
        self._note("promote", host)
        copies.promote(self.pair.copy)

    def switch(self, host: str) -> None:
        self._note("switch", host)
        sleep(0.5)  # a deploy takes its time, and nobody writes in it
        self.serving = self._server(host)

    def _do[T](self, step: str, host: str, call: Callable[[Database], T]) -> T:
        self._note(step, host)
        database = open_database(self._server(host))
        try:
            return call(database)
        finally:
            database.close()

    def _note(self, step: str, host: str) -> None:
        self.steps.append(f"{step} {host}")

    def _server(self, host: str) -> Server:
        return {OLD: self.pair.primary, NEW: self.pair.copy}[host]


@dataclass(slots=True)
class KeptInMemory:
    move: Move = field(default_factory=Move)

    def load(self) -> Move:
        return self.move

    def save(self, move: Move) -> None:
        self.move = move


def count_posts(server: Server) -> int:
    database = open_database(server)
    try:
        return service.digests(database)["posts"].rows
    finally:
        database.close()


def written_are_there(crowd: Crowd, server: Server) -> None:
    platform = platform_at(server)
    gateway = Gateway(platform)
    assert [place for place in crowd.written if gateway.get(place, user=crowd.person).status != 200] == []
    gateway.close()
    close(platform)


def still_closed(server: Server) -> None:
    """Whatever still goes there, such as a version of a function that a deploy left behind, is told to come again."""
    platform = platform_at(server)
    gateway = Gateway(platform)
    asked = {"handle": "troilo", "display_name": "Troilo", "city": "Buenos Aires"}
    assert gateway.post("/api/users", user=ids.new_id(), json=asked).problem == "writes-stopped"
    gateway.close()
    close(platform)


def test_nothing_acknowledged_is_lost_and_reading_never_ends(
    start_pair: Callable[..., Pair], record_property: Callable[[str, object], None]
) -> None:
    servers, kept = LocalServers(start_pair(together=False)), KeptInMemory()
    with Crowd(lambda: (servers.serving, None)) as crowd:
        crowd.await_written(50)
        move = moving.go_on(servers, kept, lambda _: None)
        crowd.await_written(50)

    assert move.step is Step.RESUMED
    assert crowd.refused
    # A session that was ended between two statements says so; nearly all are told why.
    assert {answer.status for answer in crowd.refused} == {503}
    assert {answer.problem for answer in crowd.refused} - {"unavailable"} == {"writes-stopped"}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in crowd.refused)
    assert {answer.status for _, _, answer in crowd.reads} == {200}
    assert count_posts(servers.pair.copy) == len(crowd.written)
    assert count_posts(servers.pair.primary) < len(crowd.written)
    written_are_there(crowd, servers.pair.copy)
    still_closed(servers.pair.primary)
    slowest = max(ended - started for started, ended, _ in crowd.reads)
    told = {
        "writes_without_answer_s": round(crowd.gap, 2),
        "refused": len(crowd.refused),
        "written": len(crowd.written),
        "reads": len(crowd.reads),
        "slowest_read_ms": round(slowest * 1000),
    }
    record_property("move", told)
    print(f"\nmove of the database: {told}")


def test_a_copy_that_falls_behind_is_not_promoted(start_pair: Callable[..., Pair]) -> None:
    servers, kept = LocalServers(start_pair(together=False)), KeptInMemory()
    copies.pause(servers.pair.copy)
    with Crowd(lambda: (servers.serving, None)) as crowd:
        crowd.await_written(10)
        with pytest.raises(Refusal, match="writes go on at the old server"):
            moving.go_on(servers, kept, lambda _: None, patience=0.5, pause=0.1)
        refused = len(crowd.refused)
        crowd.await_written(10)

    assert kept.load().step is Step.NOTHING
    assert not any(step.startswith("promote") for step in servers.steps)
    assert crowd.writes[-1][2].status == 201, refused
