"""Events in the calendars of other programs: by a file and by city."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.api.caching import FRESH
from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.cache_keys import events_key
from mundotango.moderation.service import suspend
from tests.factories.calendars import Read, read_strictly
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.test_events import announce
from tests.integration.api.test_series import WEEKLY, change, coming, edit

Join = Callable[[str], UUID]


@pytest.fixture
def organiser(join: Join) -> UUID:
    return join("malena")


@pytest.fixture
def clock(gateway: Gateway) -> FakeClock:
    clock = FakeClock()
    gateway.platform.clock = clock
    return clock


def calendar(answer: Answer) -> Read:
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return read_strictly(answer.text)


def file_of(gateway: Gateway, event: dict[str, Any], **options: Any) -> Answer:
    return gateway.get(f"/api/public/events/{event['id']}/calendar.ics", **options)


def occurrences(gateway: Gateway, event: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    found = gateway.get(f"/api/public/events/{event['id']}/occurrences", query={"limit": 50}).json()["items"]
    return [
        (datetime.fromisoformat(item["starts_at"]), datetime.fromisoformat(item["ends_at"]))
        for item in found
        if item["status"] == "published"
    ]


# --- One event ---


def test_a_series_is_told_with_what_is_unlike_it(gateway: Gateway, clock: FakeClock, organiser: UUID) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    before = calendar(file_of(gateway, event))
    clock.advance(timedelta(minutes=5))
    event = change(gateway, organiser, event, "2027-03-26T22:00:00", status="cancelled").json()
    event = change(
        gateway, organiser, event, "2027-04-02T22:00:00",
        starts_at="2027-04-02T20:00:00+02:00", ends_at="2027-04-03T01:00:00+02:00",
    ).json()  # fmt: skip

    after = calendar(file_of(gateway, event))

    assert [entry["uid"] for entry in after.entries] == [event["id"]] * 3
    assert before.times()[0] == after.times()[0]
    assert after.times() == occurrences(gateway, event)
    assert after.entries[0]["sequence"] > before.entries[0]["sequence"]
    assert [(entry["recurrence-id"], entry["status"]) for entry in after.entries[1:]] == [
        ("20270326T220000", "CANCELLED"),
        ("20270402T220000", "CONFIRMED"),
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago"])
def test_it_is_told_when_it_takes_place_through_all_the_year(gateway: Gateway, organiser: UUID, zone: str) -> None:
    starts_at = {"Europe/Berlin": "2027-01-01T22:00:00+01:00", "America/Santiago": "2027-01-01T22:00:00-03:00"}[zone]
    ends_at = (datetime.fromisoformat(starts_at) + timedelta(hours=6)).isoformat()
    rule = "FREQ=WEEKLY;BYDAY=FR,SA;UNTIL=20271127"
    event = announce(
        gateway, organiser, **WEEKLY | {"zone": zone, "starts_at": starts_at, "ends_at": ends_at, "rule": rule}
    )
    with gateway.platform.unit_of_work() as work:
        known = [(each.starts_at, each.ends_at) for each in work.occurrences.list_of(UUID(event["id"]))]

    told = calendar(file_of(gateway, event)).times()

    assert told == known
    assert len(known) > 90


def test_what_changes_from_elsewhere_raises_the_sequence_too(
    gateway: Gateway, clock: FakeClock, organiser: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    before = calendar(file_of(gateway, event)).entries[0]
    clock.advance(timedelta(days=1))
    moved = gateway.patch(
        f"/api/venues/{event['venue_id']}", user=organiser, json={"address": "Torstraße 1"}, headers={"If-Match": "1"}
    )
    assert moved.status == 200, moved.text

    after = calendar(file_of(gateway, event)).entries[0]

    assert after["location"] != before["location"]
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"] > before["last-modified"]


def test_a_file_is_for_everybody_and_not_sent_twice(gateway: Gateway, organiser: UUID) -> None:
    event = announce(gateway, organiser)
    first = file_of(gateway, event)

    again = file_of(gateway, event, headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == FRESH
    assert first.headers["content-disposition"] == f'attachment; filename="{event["id"]}.ics"'
    assert (again.status, again.text) == (304, "")


def test_what_is_cancelled_is_kept(gateway: Gateway, organiser: UUID) -> None:
    event = announce(gateway, organiser)
    edit(gateway, organiser, event, status="cancelled")

    assert [entry["status"] for entry in calendar(file_of(gateway, event)).entries] == ["CANCELLED"]


def test_a_session_is_cancelled_with_its_festival(gateway: Gateway, organiser: UUID) -> None:
    festival = announce(gateway, organiser, kind="festival")
    session = announce(gateway, organiser, parent_id=festival["id"])
    edit(gateway, organiser, festival, status="cancelled")

    assert [entry["status"] for entry in calendar(file_of(gateway, session)).entries] == ["CANCELLED"]


def test_a_series_is_not_cancelled_with_a_time_that_its_rule_called_off(
    gateway: Gateway, clock: FakeClock, organiser: UUID, database: Database
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    coming(database, organiser, event["occurrence_id"])
    edit(gateway, organiser, event, starts_at="2027-03-20T22:00:00+01:00", ends_at="2027-03-21T04:00:00+01:00")

    entries = calendar(file_of(gateway, event)).entries
    told = {(entry.get("recurrence-id") or "")[:8]: entry["status"] for entry in entries}
    # The night in which clocks are set stands by itself too.
    assert told == {"": "CONFIRMED", "20270319": "CANCELLED", "20270327": "CONFIRMED"}


def test_a_draft_is_in_no_calendar(gateway: Gateway, organiser: UUID) -> None:
    event = announce(gateway, organiser, status="draft")

    assert file_of(gateway, event).status == 404
    assert calendar(gateway.get("/api/public/calendars/Buenos Aires.ics")).entries == []


# --- A city ---


def test_a_city_has_its_events_however_it_is_spelt(gateway: Gateway, clock: FakeClock, organiser: UUID) -> None:
    here = announce(gateway, organiser, **WEEKLY)
    announce(gateway, organiser)

    for spelt in ("Berlin", "bérlin", "BERLIN"):
        read = calendar(gateway.get(f"/api/public/calendars/{spelt}.ics"))
        assert {entry["uid"] for entry in read.entries} == {here["id"]}
        assert read.times() == occurrences(gateway, here)


def test_a_city_has_the_one_time_that_a_series_comes_to_it(gateway: Gateway, clock: FakeClock, organiser: UUID) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    there = announce(gateway, organiser, status="draft")["venue_id"]
    change(gateway, organiser, event, "2027-03-26T22:00:00", venue_id=there)

    (guest,) = calendar(gateway.get("/api/public/calendars/Buenos Aires.ics")).entries
    at_home = calendar(gateway.get("/api/public/calendars/Berlin.ics"))

    assert guest["uid"] != event["id"]
    assert "Armenia 1366" in guest["location"]
    assert guest["dtstart"] == "20270326T220000"
    assert [entry.get("recurrence-id") for entry in at_home.entries] == [None, "20270326T220000"]


def test_a_city_tells_of_a_cancellation_at_once(gateway: Gateway, clock: FakeClock, organiser: UUID) -> None:
    """Though what it told before is kept for a minute."""
    event = announce(gateway, organiser, **WEEKLY)
    path = "/api/public/calendars/Berlin.ics"
    before = gateway.get(path)
    edit(gateway, organiser, event, status="cancelled")

    after = gateway.get(path, headers={"If-None-Match": before.headers["etag"]})

    assert [entry["status"] for entry in calendar(after).entries] == ["CANCELLED"]


def test_what_is_over_is_in_no_city(gateway: Gateway, clock: FakeClock, organiser: UUID) -> None:
    announce(gateway, organiser, **WEEKLY)
    clock.advance(timedelta(days=365))

    assert calendar(gateway.get("/api/public/calendars/Berlin.ics")).entries == []


def test_a_city_tells_of_nothing_that_somebody_suspended_announced(
    gateway: Gateway, clock: FakeClock, organiser: UUID, join: Join
) -> None:
    """Neither where it is at home nor where it comes to once."""
    there = announce(gateway, organiser, status="draft")["venue_id"]
    change(gateway, organiser, announce(gateway, organiser, **WEEKLY), "2027-03-26T22:00:00", venue_id=there)
    ours = announce(gateway, join("ana"), **WEEKLY | {"venue_name": "Kulturhaus", "latitude": 52.6})
    paths = [f"/api/public/calendars/{city}.ics" for city in ("Berlin", "Buenos Aires")]
    assert [len({entry["uid"] for entry in calendar(gateway.get(path)).entries}) for path in paths] == [2, 1]

    with gateway.platform.unit_of_work() as work:
        suspend(work, ids.new_id(), "malena", "spam", clock)
    for city in ("berlin", "buenos aires"):
        gateway.platform.cache.delete(events_key(city))

    told = [{entry["uid"] for entry in calendar(gateway.get(path)).entries} for path in paths]
    assert told == [{ours["id"]}, set()]


def test_a_city_that_is_none_is_refused(gateway: Gateway) -> None:
    assert gateway.get(f"/api/public/calendars/{'x' * 101}.ics").status == 422
