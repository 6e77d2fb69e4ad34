"""A process that writes to the platform by a clock that is wrong: its ids, its positions and its moments are.

It writes as a request does, in a transaction that holds the row of the outbox; it announces what it wrote, or dies in
effect before it could, and leaves that to a sweep. What it appends to which channel it writes down.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.realtime.model import Activity, Appended, Kind
from mundotango.realtime.relay import sweep_outbox
from mundotango.realtime.repository import DynamoActivities
from mundotango.work import UnitOfWork

SWEEP_SECONDS = 60.0

Place = tuple[UUID, str]
"""An activity and its position, as it stands in a frame."""

_shift = 0.0


@dataclass(frozen=True, slots=True)
class Publication:
    """To be written `at` this moment (of the true clock, in seconds since 1970); if `late`, left to the sweep."""

    at: float
    kind: Kind
    actor_id: UUID
    channel: str
    payload: dict[str, Any]
    late: bool


class WrittenDown(DynamoActivities):
    """The activities, and which of them this process appended where, in its order.

    What the table did not answer is not among them, though it may stand there: the sweep appends it once more.
    """

    appended: list[Place]

    def append(self, activity: Activity) -> Appended:
        done = super().append(activity)
        self.appended.append((activity.id, done.position))
        return done


class _ShiftedClock:
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=_shift)


def begin(environment: Mapping[str, str], shift: float) -> None:
    """Once a process, before anything else: where the platform is, and by how many seconds the clock is wrong."""
    global _shift  # noqa: PLW0603 - the process's own clock
    _shift = shift
    os.environ.update(environment)
    wrong = SimpleNamespace(time_ns=lambda: time.time_ns() + int(shift * 1e9))
    setattr(ids, "time", wrong)  # noqa: B010 - a module's name for another, which no type allows


def publish(publications: Sequence[Publication]) -> tuple[dict[UUID, str], list[Place]]:
    """Each at its moment. What was written, with its channel, and what of it this process appended itself."""
    written: dict[UUID, str] = {}
    _activities().appended = []
    for each in publications:
        time.sleep(max(0.0, each.at - time.time()))
        activity = Activity(ids.new_id(), each.kind, each.actor_id, each.channel, each.payload, _platform().clock.now())
        if each.late:
            with UnitOfWork(_platform().database, _platform().keyring) as work:
                work.record(activity)
                work.commit()
        else:
            with _platform().unit_of_work() as work:
                work.record(activity)
        written[activity.id] = each.channel
    return written, _activities().appended


def sweep() -> list[Place]:
    """What the platform's own sweep found to append."""
    _activities().appended = []
    ends = time.monotonic() + SWEEP_SECONDS
    sweep_outbox(_platform(), lambda: ends - time.monotonic())
    return _activities().appended


@cache
def _platform() -> Platform:
    platform = Platform()
    platform.clock = _ShiftedClock()
    platform.activities = _activities()
    return platform


@cache
def _activities() -> WrittenDown:
    from mundotango import settings

    return WrittenDown(settings.table("activities"), settings.Region.from_env())
