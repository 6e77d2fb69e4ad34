"""Which changes those who come are told of, and when they are reminded."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mundotango import ids
from mundotango.broadcasts import policy
from mundotango.broadcasts.model import Broadcast, Change
from mundotango.occurrences.model import Brief, Occurrence, Own
from mundotango.occurrences.policy import night_of
from mundotango.venues.model import Venue
from tests.fakes.clock import A_MONDAY_EVENING

NOW = A_MONDAY_EVENING
HOUR = timedelta(hours=1)
STARTS = NOW + timedelta(days=3)
LOCAL = STARTS.replace(tzinfo=None)
BEFORE = Occurrence(
    id=ids.new_id(), event_id=ids.new_id(), original=LOCAL, starts_at=STARTS, ends_at=STARTS + 4 * HOUR,
    night=night_of(LOCAL), status="published", kind="milonga", venue_id=ids.new_id(), own=Own(), changed_at=NOW,
)  # fmt: skip
VENUE = Venue(
    id=ids.new_id(), name="Salón Canning", address="Av. Scalabrini Ortiz 1331", city="Córdoba", country="AR",
    latitude=-34.59, longitude=-58.42, zone="America/Argentina/Buenos_Aires", created_by=None, created_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({}, ()),
        ({"kind": "practica", "changed_at": NOW + HOUR}, ()),
        ({"starts_at": STARTS + HOUR}, ("time",)),
        ({"ends_at": STARTS + 5 * HOUR}, ("time",)),
        ({"venue_id": ids.new_id()}, ("place",)),
        ({"status": "cancelled"}, ("status",)),
        ({"status": "postponed"}, ("status",)),
        ({"starts_at": STARTS + HOUR, "venue_id": ids.new_id(), "status": "cancelled"}, ("time", "place", "status")),
    ],
)
def test_time_place_and_status_are_told(after: dict[str, Any], told: tuple[Change, ...]) -> None:
    assert policy.changed(BEFORE, replace(BEFORE, **after), NOW) == told


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"status": "draft"}, {"status": "published"}, id="nobody could come"),
        pytest.param({"status": "cancelled"}, {"status": "cancelled", "starts_at": STARTS + HOUR}, id="still so"),
        pytest.param(
            {"starts_at": NOW - 5 * HOUR, "ends_at": NOW}, {"starts_at": NOW - 6 * HOUR, "ends_at": NOW}, id="over"
        ),
    ],
)
def test_what_concerns_nobody_is_not(before: dict[str, Any], after: dict[str, Any]) -> None:
    was = replace(BEFORE, **before)
    assert policy.changed(was, replace(was, **after), NOW) == ()


def test_what_takes_place_after_all_is_told() -> None:
    assert policy.changed(replace(BEFORE, status="cancelled"), BEFORE, NOW) == ("status",)


@pytest.mark.parametrize(
    ("after", "moved"),
    [
        ({"name": "Canning"}, False),
        ({"address": "av. scalabrini ortiz 1331"}, False),
        ({"city": "Cordoba", "latitude": -34.5901, "version": 2}, False),
        ({"address": "Armenia 1366"}, True),
        ({"city": "Rosario"}, True),
        ({"longitude": -58.43}, True),
    ],
)
def test_a_venue_moves_when_it_is_somewhere_else(after: dict[str, Any], moved: bool) -> None:
    assert policy.moved(VENUE, replace(VENUE, **after)) is moved


def reminder(**chosen: Any) -> Broadcast:
    said: dict[str, Any] = {"topic": "24h", "starts_at": STARTS, "made_at": NOW}
    return Broadcast(id=ids.new_id(), occurrence_id=BEFORE.id, **said | chosen)


def brief(**chosen: Any) -> Brief:
    said: dict[str, Any] = {"starts_at": STARTS, "ends_at": STARTS + 4 * HOUR, "status": "published"} | chosen
    return Brief(
        id=BEFORE.id, event_id=BEFORE.event_id, original=LOCAL, zone=VENUE.zone, venue_name=VENUE.name, city=VENUE.city,
        titles=(("", "La Viruta"),), **said,
    )  # fmt: skip


def test_reminders_are_of_one_beginning_of_what_takes_place() -> None:
    assert policy.stands(reminder(), brief(), NOW)
    assert not policy.stands(reminder(), brief(starts_at=STARTS + HOUR), NOW)
    assert not policy.stands(reminder(), brief(status="postponed"), NOW)
    assert not policy.stands(reminder(), brief(), STARTS)


def test_changes_are_told_until_it_is_over() -> None:
    change = Broadcast(id=ids.new_id(), occurrence_id=BEFORE.id, topic="change", changed=("status",), made_at=NOW)
    assert policy.stands(change, brief(status="cancelled"), NOW)
    assert policy.stands(change, brief(), STARTS + HOUR)
    assert not policy.stands(change, brief(), STARTS + 4 * HOUR)


def test_who_comes_late_is_not_reminded_of_what_they_just_read() -> None:
    states, since = policy.told(reminder())
    assert (sorted(states), since) == (["accepted"], STARTS - timedelta(hours=24))
    assert policy.told(reminder(topic="2h"))[1] == STARTS - timedelta(hours=2)
