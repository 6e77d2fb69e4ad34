"""No two rows of a socket are written together: whatever comes between two writes, and whatever fails there."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mundotango import ids
from mundotango.errors import NotFound, Unavailable
from mundotango.realtime.connections import DynamoConnections
from mundotango.realtime.model import Socket
from mundotango.realtime.policy import CONNECTION_LIFE, ROW_GRACE
from tests.factories.realtime import AT, make_socket
from tests.fakes.expressions import Item
from tests.fakes.global_tables import GlobalTables
from tests.fixtures.aws import REGION

SECOND = timedelta(seconds=1)
END = AT + timedelta(hours=1)
LIMIT = 1
CHANNEL = "city:lima"
SOCKETS = 3

ACTS = st.lists(
    st.tuples(st.sampled_from(["open", "subscribe", "close", "gone"]), st.integers(0, SOCKETS - 1)), max_size=5
)
# How many calls each of the two makes until it is the other's turn: most of what may go wrong needs few turns.
TURNS = st.lists(st.integers(0, 12), max_size=10)
# Of a call that fails nobody knows whether it was done.
FAILURES = st.dictionaries(st.integers(0, 40), st.sampled_from(["before", "after"]), max_size=3)


class Stage:
    """One person's sockets, and two who act on them: before each call to the table it is said whose turn it is."""

    def __init__(self, turns: list[int], failures: dict[int, str]) -> None:
        self.tables, self.failures = GlobalTables({REGION.name: 0}), failures
        self.connections = DynamoConnections("connections", REGION)
        self.user_id = ids.new_id()
        self.sockets = [make_socket(self.user_id) for _ in range(SOCKETS)]
        self.channel = f"{CHANNEL} {ids.new_id()}"
        self.opened: set[Socket] = set()
        self.subscribed: set[Socket] = set()
        self.touched: set[Socket] = set()
        self.closed: set[Socket] = set()
        self.most = self.calls = 0
        self.broke: list[Exception] = []
        self._turns = (number % 2 for number, calls in enumerate(turns) for _ in range(calls))
        self._waiting: dict[int, threading.Event] = {}
        self._back = threading.Event()
        self._actor = threading.local()

    def play(self, scripts: list[list[tuple[str, int]]]) -> None:
        threads = [threading.Thread(target=self._act, args=each, daemon=True) for each in enumerate(scripts)]
        self._waiting = {number: threading.Event() for number in range(len(threads))}
        for thread in threads:
            thread.start()
        while self._waiting:
            names = sorted(self._waiting)
            chosen = names[next(self._turns, 0) % len(names)]
            self._back.clear()
            self._waiting[chosen].set()
            assert self._back.wait(20)
        for thread in threads:
            thread.join()
        assert not self.broke, self.broke

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        if not hasattr(self._actor, "number"):
            return self.tables.call(REGION.name, name, arguments)
        self._pause()
        failure = self.failures.get(self.calls)
        self.calls += 1
        if failure == "before":
            raise Unavailable("away")
        answer = self.tables.call(REGION.name, name, arguments)
        self.most = max(self.most, len(self.entries()))
        if failure == "after":
            raise Unavailable("away")
        return answer

    def _pause(self) -> None:
        turn = self._waiting[self._actor.number]
        self._back.set()
        assert turn.wait(20)
        turn.clear()

    def _act(self, number: int, script: list[tuple[str, int]]) -> None:
        assert self._waiting[number].wait(20)
        self._waiting[number].clear()
        self._actor.number = number
        try:
            for act, index in script:
                with suppress(Unavailable, NotFound):
                    getattr(self, f"_{act}")(self.sockets[index])
        except Exception as error:  # noqa: BLE001 - the thread's, to be raised in the test's
            self.broke.append(error)
        del self._waiting[number]
        self._back.set()

    def _open(self, socket: Socket) -> None:
        if self.connections.open(socket, opened_at=AT + self.calls * SECOND, expires_at=END, limit=LIMIT):
            self.opened.add(socket)

    def _subscribe(self, socket: Socket) -> None:
        if self.connections.subscribe(socket.connection_id, [self.channel], now=AT, limit=9):
            self.subscribed.add(socket)

    def _close(self, socket: Socket) -> None:
        self.touched.add(socket)
        if self.connections.close(socket):
            self.closed.add(socket)

    def _gone(self, socket: Socket) -> None:
        self.touched.add(socket)
        self.connections.unlisten(self.channel, [socket.connection_id])
        if self.connections.close(socket, opened_before=END):
            self.closed.add(socket)

    @property
    def failed(self) -> bool:
        return any(number < self.calls for number in self.failures)

    def theirs(self) -> set[Socket]:
        return set(self.connections.of_users([self.user_id], AT))

    def entries(self) -> list[str]:
        return [text for row in self.rows() if "sockets" in row for text in row["sockets"]["SS"]]

    def rows(self) -> list[Item]:
        return list(self.tables.replicas[REGION.name].items.values())


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    """On tables in memory, where 200 examples take two seconds: at moto 30 took nine. What DynamoDB does with each of
    the calls is asked of moto in the modules beside this one."""
    stage: list[Stage] = []

    def call(shared: Any, name: str, arguments: dict[str, Any]) -> Any:
        return stage[-1].call(name, arguments)

    def begin(turns: list[int], failures: dict[int, str]) -> Stage:
        stage[:] = [Stage(turns, failures)]
        return stage[0]

    monkeypatch.setattr("mundotango.adapters.dynamodb._SharedConnection._make_api_call", call)
    return begin


@given(st.tuples(ACTS, ACTS), TURNS, FAILURES)
# One was closed by who had looked for it before it opened, and not marked; then its opening was told again.
@example(([("gone", 0), ("open", 2)], [("gone", 2), ("open", 2)]), [0, 1, 1, 3, 1, 2, 1, 1, 1, 1], {})
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_meets_and_fails_each_row_is_right_in_the_end(
    staged: Callable[..., Stage],
    scripts: tuple[list[tuple[str, int]], list[tuple[str, int]]],
    turns: list[int],
    failures: dict[int, str],
) -> None:
    stage = staged(turns, failures)
    stage.play([[("open", 0), *scripts[0]], [("open", 0), *scripts[1]]])

    assert stage.most <= LIMIT + 1
    assert len(stage.entries()) == len(stage.theirs()), "one socket is there twice"
    live = stage.opened - stage.touched
    assert live <= stage.theirs()
    heard = set(stage.connections.of_channel(stage.channel, AT))
    assert stage.subscribed - stage.touched <= heard
    if not stage.failed:
        assert not stage.closed & stage.theirs()
    one_refusal_is_the_last(stage)
    nothing_is_left_beyond_its_age(stage)
    erased(stage)


def one_refusal_is_the_last(stage: Stage) -> None:
    """Whatever a failure left of what is closed."""
    for socket in stage.touched:
        stage.connections.unlisten(stage.channel, [socket.connection_id])
        stage.connections.close(socket)
    assert not stage.touched & stage.theirs()
    assert not stage.touched & set(stage.connections.of_channel(stage.channel, AT))
    assert not stage.touched & {socket for socket, _ in stage.connections.ended(END, within=SECOND)}


def nothing_is_left_beyond_its_age(stage: Stage) -> None:
    assert stage.connections.of_users([stage.user_id], END) == []
    assert stage.connections.of_channel(stage.channel, END) == []
    longest = AT + CONNECTION_LIFE + ROW_GRACE + 60 * SECOND
    for row in stage.rows():
        last = longest if row["sk"]["S"] == "sockets" else END + ROW_GRACE
        assert int(row["expires_at"]["N"]) <= last.timestamp()


def erased(stage: Stage) -> None:
    """Of what is open no row is left; of what closed before, those that end by age. So does a channel's row, where a
    call failed before the connection's own listed it."""
    there = stage.theirs()
    stage.connections.forget(stage.user_id)
    assert stage.entries() == []
    for socket in there:
        assert f"connection#{socket.connection_id}" not in {row["pk"]["S"] for row in stage.rows()}
        if not stage.failed:
            assert socket.connection_id not in str(stage.rows())
