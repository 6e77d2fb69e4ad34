"""Others who act while a rebuild is under way."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.work import UnitOfWork
from tests.fakes.realtime import FakeEdges


@contextmanager
def in_the_middle(
    target: object, name: str, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> Iterator[None]:
    """Does something else right after the first call of a method."""
    original = getattr(target, name)
    calls: list[int] = []

    def called(*arguments: Any, **more: Any) -> Any:
        answer = original(*arguments, **more)
        if not calls:
            calls.append(1)
            act()
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(target, name, called)
        yield


@contextmanager
def acting_beside(community: Platform, edges: FakeEdges, database_settings: settings.Database) -> Iterator[Platform]:
    """Another function at the same stores."""
    other = Platform()
    other.database = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    other.clock, other.activities = community.clock, community.activities
    other.edges, other.devices = edges, community.devices
    yield other
    other.database.close()


@contextmanager
def held(
    repository: type,
    monkeypatch: pytest.MonkeyPatch,
    other: Platform,
    act: Callable[[UnitOfWork], object],
    name: str = "hold",
    skipped: int = 0,
) -> Iterator[None]:
    """Has the other act once a relation is held, after so many calls, and goes on when it waits for it."""
    hold, calls = getattr(repository, name), itertools.count()

    def acting() -> None:
        with other.unit_of_work() as work:
            act(work)

    thread = threading.Thread(target=acting)

    def called(self: Any, *arguments: Any) -> Any:
        answer = hold(self, *arguments)
        if next(calls) == skipped:
            thread.start()
            _await_waiting(self._connection)
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(repository, name, called)
        yield
    thread.join(20)


def _await_waiting(connection: psycopg.Connection) -> None:
    for _ in range(2000):
        if connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1").fetchone():
            return
        threading.Event().wait(0.005)
    raise AssertionError("nobody waits")
