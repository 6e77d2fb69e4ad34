"""A client that comes back in another region: what it missed is replayed there, if it arrived within a minute.

Positions are of the clocks of the region that wrote. So what arrived after the client's last position may stand before
it; the replay begins 60 s before, which has to be longer than replication takes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mundotango import ids, settings
from mundotango.realtime.frames import answers
from mundotango.realtime.model import Activity, Socket, user_channel
from mundotango.realtime.policy import position_at
from mundotango.realtime.repository import DynamoActivities
from tests.factories.realtime import make_activity, make_end
from tests.fakes.clock import FakeClock
from tests.fakes.global_tables import GlobalTables
from tests.fakes.stores import FakeStores

ANA = UUID(int=1)
HOME, THERE = settings.Region("us-east-1", "", "us-east-1"), settings.Region("eu-west-1", "", "us-east-1")


@dataclass
class Moving:
    tables: GlobalTables
    clock: FakeClock

    def say(self) -> Activity:
        activity = make_activity(user_channel(ANA))
        DynamoActivities("activities", HOME).append(activity)
        return activity

    def pass_by(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def arrive(self, number: int = 0) -> None:
        self.tables.send(HOME.name, THERE.name, number)

    def come_back(self, last: str, region: settings.Region = THERE) -> tuple[set[str], str]:
        """The activities that are replayed, and where the client resumes from the next time."""
        stores = FakeStores(clock=self.clock)
        stores.activities = DynamoActivities("activities", region)  # type: ignore[assignment]
        socket, now = Socket("one", ANA, "ws.example", "ws"), self.clock.now()
        stores.connections.open(socket, opened_at=now, expires_at=now + timedelta(hours=1))
        asked = f'{{"v": 1, "action": "resume", "positions": {{"{user_channel(ANA)}": "{last}"}}}}'
        frames = list(answers(stores, socket, make_end(self.clock), asked))
        assert frames[-1]["type"] == "resumed", frames
        return {frame["id"] for frame in frames if "id" in frame}, str(frames[-1]["position"])


@pytest.fixture
def moving(global_tables: GlobalTables, monkeypatch: pytest.MonkeyPatch) -> Moving:
    clock = FakeClock(datetime.now(UTC))
    numbers = iter(range(1, 1000))
    monkeypatch.setattr(ids, "new_position", lambda: str(UUID(int=UUID(position_at(clock.now())).int + next(numbers))))
    return Moving(global_tables, clock)


def test_what_arrived_while_the_client_was_on_its_way_is_replayed(moving: Moving) -> None:
    seen = moving.say()
    last = ids.new_position()
    missed = moving.say()
    moving.arrive()
    moving.arrive()

    told, _ = moving.come_back(last)

    assert told == {str(seen.id), str(missed.id)}  # the first again, which the client knows


@pytest.mark.parametrize(("late", "replayed"), [(1, True), (55, True), (70, False)])
def test_what_arrives_late_is_replayed_within_a_minute(moving: Moving, late: float, *, replayed: bool) -> None:
    """A socket that is open then is told of it live; a client that comes back only later has to fetch it by itself, for
    a list of what is kept has it."""
    late_one = moving.say()
    moving.pass_by(late)
    told, resumes_from = moving.come_back(ids.new_position())
    assert told == set()

    moving.arrive()

    told, _ = moving.come_back(resumes_from)
    assert (str(late_one.id) in told) == replayed


def test_a_client_that_goes_home_from_a_region_that_lags_misses_nothing(moving: Moving) -> None:
    said = [moving.say() for _ in range(3)]
    moving.arrive(2)  # out of order: the last one first
    told, resumes_from = moving.come_back(position_at(moving.clock.now() - timedelta(seconds=5)))
    assert len(told) == 1

    told, _ = moving.come_back(resumes_from, HOME)

    assert told == {str(each.id) for each in said}
