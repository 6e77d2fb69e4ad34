"""Erases those whose time to change their mind is over, and again whoever a restored backup brought back.

An erasure is noted in a ledger outside the database before anything is deleted. It goes through the registry in short
steps, each of which may be done twice; the row that says when they leave, as a rule the profile, is the last. So a run
may be killed anywhere: the next one finds it still there and begins again, with less left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from mundotango.observability import logger
from mundotango.privacy import policy
from mundotango.privacy.leaving import call_off_events, hand_over_events
from mundotango.privacy.model import Person
from mundotango.privacy.registry import IDENTITY, STORES

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

PAGE = 100
# A step takes far less; this is for stores that are slow today.
STEP_SECONDS = 20.0


class OutOfTime(Exception):
    """What is left is for the next run."""


def erase_accounts(platform: Platform, time_left: Callable[[], float]) -> dict[str, object]:
    """Everybody who is due. Who is noted today is signed out, what they announced is called off, and they are
    erased by a run some hours later (`waiting`).

    One who cannot be erased now holds up no other: the next run tries again.
    """
    erased, waiting, failed = 0, 0, 0
    for user_id in _due(platform):
        try:
            if _erase_who_is_due(platform, user_id, time_left):
                erased += 1
            else:
                waiting += 1
        except OutOfTime:
            return {"done": False, "erased": erased, "waiting": waiting, "failed": failed}
        except Exception as failure:  # noqa: BLE001 - told here, and the call counts as a failed one at its end
            failed += 1
            logger().exception("not erased", extra={"user_id": str(user_id), "cause": type(failure).__name__})
    return {"done": True, "erased": erased, "waiting": waiting, "failed": failed}


def replay_erasures(platform: Platform, time_left: Callable[[], float], after: UUID | None = None) -> dict[str, object]:
    """Everybody in the ledger once more, before a restored store serves: `found` are those of whom something was back.

    When the time is up, `done` is false and `after` is where the next call goes on.
    """
    replayed, found = 0, 0
    while noted := platform.erasures.noted(after, PAGE):
        for user_id in noted:
            try:
                found += bool(erase_person(platform, user_id, time_left))
            except OutOfTime:
                return {"done": False, "replayed": replayed, "found": found, "after": str(after) if after else None}
            replayed += 1
            after = user_id
    return {"done": True, "replayed": replayed, "found": found}


def erase_person(platform: Platform, user_id: UUID, time_left: Callable[[], float]) -> int:
    """How much of them was found. Finding nothing is no error.

    Raises:
        OutOfTime: something may be left.
    """
    with platform.unit_of_work() as work:
        person = Person(user_id, work.person.find_handle(user_id))
    found = 0
    for store in STORES:
        for step in store.erase(platform, person) if store.erase else ():
            found += step
            if time_left() < STEP_SECONDS:
                raise OutOfTime
    logger().info("erased", extra={"user_id": str(user_id), "found": found})
    return found


def _erase_who_is_due(platform: Platform, user_id: UUID, time_left: Callable[[], float]) -> bool:
    """False while their sign-ins still end."""
    if time_left() < STEP_SECONDS:
        raise OutOfTime
    now = platform.clock.now()
    noted_at = platform.erasures.note(user_id, now)
    if policy.may_erase(noted_at, now):
        erase_person(platform, user_id, time_left)
        return True
    person = Person(user_id, None)
    if IDENTITY.erase is not None:
        list(IDENTITY.erase(platform, person))
    for step in (hand_over_events, call_off_events):
        for _ in step(platform, person):
            if time_left() < STEP_SECONDS:
                raise OutOfTime
    return False


def _due(platform: Platform) -> Iterator[UUID]:
    before, after = policy.due_before(platform.clock.now()), None
    while True:
        with platform.unit_of_work() as work:
            page = work.departures.list_due(before, after, PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]
