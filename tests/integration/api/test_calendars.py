"""Events in the calendars of other programs: by a file, by city, and by a link of one's own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import Connection

from functions.api.caching import FRESH
from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.cache_keys import events_key
from mundotango.links import token_hash
from mundotango.moderation.service import suspend
from tests.factories.calendars import Read, read_strictly
from tests.factories.traces_of_events import insert
from tests.fakes.clock import FakeClock
from tests.fakes.requests import FakeAnswers
from tests.fixtures.gateway import Answer, Gateway, Log
from tests.integration.api.test_events import announce
from tests.integration.api.test_series import WEEKLY, change, coming, edit

Join = Callable[[str], UUID]
FEED = "/api/calendars/feed"


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


# --- One's own ---


def opened(gateway: Gateway, user: UUID) -> str:
    answer = gateway.post(FEED, user=user)
    assert answer.status == 201, answer.text
    return str(answer.json()["path"])


def registered(connection: Connection, event: dict[str, Any], user: UUID, state: str, clock: FakeClock) -> None:
    registration_id, now = ids.new_id(), clock.now()
    insert(
        connection, "registrations", id=registration_id, occurrence_id=event["occurrence_id"], position=1, state=state,
        offered_until=now if state == "offered" else None, leaders=1, followers=0, both_roles=0, answers=[],
        registered_at=now, changed_at=now,
    )  # fmt: skip
    insert(
        connection, "registration_dancers", registration_id=registration_id, position=0,
        occurrence_id=event["occurrence_id"], user_id=user, person_id=user, role="leader", hidden=True,
        is_open=state in {"pending", "waiting", "offered", "accepted", "attended"},
    )  # fmt: skip


def answered(connection: Connection, event: dict[str, Any], user: UUID, answer: str, clock: FakeClock) -> None:
    insert(
        connection, "rsvps", occurrence_id=event["occurrence_id"], user_id=user, answer=answer, hidden=True,
        answered_at=clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("accepted", "CONFIRMED"),
        ("attended", "CONFIRMED"),
        ("offered", "TENTATIVE"),
        ("waiting", "TENTATIVE"),
        ("pending", "TENTATIVE"),
        ("cancelled", None),
        ("declined", None),
        ("expired", None),
        ("refused", None),
        ("going", "CONFIRMED"),
        ("interested", "TENTATIVE"),
        ("not_going", None),
    ],
)
def test_ones_calendar_has_what_one_comes_to(
    gateway: Gateway,
    database: Database,
    clock: FakeClock,
    organiser: UUID,
    carlos: UUID,
    state: str,
    status: str | None,
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    with database.transaction() as connection:
        tell = answered if state in {"going", "interested", "not_going"} else registered
        tell(connection, event, carlos, state, clock)

    read = calendar(gateway.get(opened(gateway, carlos)))

    assert [(entry["uid"], entry["status"]) for entry in read.entries] == (
        [(event["occurrence_id"], status)] if status else []
    )
    assert calendar(gateway.get(opened(gateway, organiser))).entries == []


def test_who_has_a_place_is_sure_though_they_were_interested_before(
    gateway: Gateway, database: Database, clock: FakeClock, organiser: UUID, carlos: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    with database.transaction() as connection:
        answered(connection, event, carlos, "interested", clock)
        registered(connection, event, carlos, "accepted", clock)

    assert [entry["status"] for entry in calendar(gateway.get(opened(gateway, carlos))).entries] == ["CONFIRMED"]


def test_what_the_organiser_cancels_is_cancelled_there_and_what_is_long_past_leaves(
    gateway: Gateway, database: Database, clock: FakeClock, organiser: UUID, carlos: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    with database.transaction() as connection:
        registered(connection, event, carlos, "accepted", clock)
    path = opened(gateway, carlos)
    before = calendar(gateway.get(path)).entries[0]
    clock.advance(timedelta(hours=1))
    change(gateway, organiser, event, "2027-03-19T22:00:00", status="cancelled")

    (after,) = calendar(gateway.get(path)).entries

    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]
    clock.advance(timedelta(days=365))
    assert calendar(gateway.get(path)).entries == []


def test_it_is_read_anew_only_when_something_changed(
    gateway: Gateway, database: Database, clock: FakeClock, organiser: UUID, carlos: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    path = opened(gateway, carlos)
    first = gateway.get(path)
    known = {"If-None-Match": first.headers["etag"]}

    assert first.headers["cache-control"] == "private, no-cache"
    clock.advance(timedelta(hours=1))
    assert gateway.get(path, headers=known).status == 304
    with database.transaction() as connection:
        answered(connection, event, carlos, "going", clock)
    assert gateway.get(path, headers=known).status == 200


def test_it_is_in_the_language_that_the_address_names(
    gateway: Gateway, database: Database, clock: FakeClock, organiser: UUID, carlos: UUID
) -> None:
    english = {"language": "en", "title": "Milonga at the Ballhaus", "description": ""}
    event = announce(gateway, organiser, **WEEKLY | {"language": "es", "translations": [english]})
    with database.transaction() as connection:
        answered(connection, event, carlos, "going", clock)
    path = opened(gateway, carlos)

    titles = [calendar(gateway.get(path, query=query)).entries[0]["summary"] for query in ({}, {"lang": "en-GB"})]

    assert titles == ["La Viruta", "Milonga at the Ballhaus"]


def test_a_new_address_ends_the_one_before(gateway: Gateway, carlos: UUID) -> None:
    before, after = opened(gateway, carlos), opened(gateway, carlos)

    refused = gateway.get(before)

    assert (refused.status, refused.headers["cache-control"]) == (404, "no-store")
    assert gateway.get(after).status == 200


def test_an_address_is_told_once_and_taken_back(gateway: Gateway, carlos: UUID) -> None:
    assert gateway.get(FEED, user=carlos).status == 404
    path = opened(gateway, carlos)

    shown = gateway.get(FEED, user=carlos)

    assert (shown.status, shown.json()["path"]) == (200, None)
    assert gateway.delete(FEED, user=carlos).status == 204
    assert gateway.delete(FEED, user=carlos).status == 204
    assert gateway.get(path).status == 404
    assert gateway.get(FEED, user=carlos).status == 404


def test_of_the_address_only_a_hash_is_kept_and_no_log_tells_it(
    gateway: Gateway, database: Database, carlos: UUID, log: Log
) -> None:
    token = opened(gateway, carlos).split("/")[3]
    gateway.get(f"/api/link/{token}/calendar.ics")
    gateway.get(f"/api/link/{token}/calender.ics")

    with database.transaction() as connection:
        kept = connection.execute("SELECT token_hash FROM calendar_feeds").fetchall()

    assert kept == [(token_hash(token),)]
    assert token not in str(log.lines)


def test_a_repeated_request_does_not_tell_the_address_again(gateway: Gateway, carlos: UUID) -> None:
    """Its answer would be kept for a day where others may read."""
    key = {"Idempotency-Key": "one"}
    first = gateway.post(FEED, user=carlos, headers=key)
    token = first.json()["path"].split("/")[3]

    again = gateway.post(FEED, user=carlos, headers=key)

    assert (again.status, again.json()["path"]) == (201, None)
    assert gateway.get(f"/api/link/{token}/calendar.ics").status == 200
    answers = gateway.platform.answers
    assert isinstance(answers, FakeAnswers)
    assert token not in str(vars(answers))


def test_who_has_no_profile_has_no_calendar(gateway: Gateway) -> None:
    assert gateway.post(FEED, user=ids.new_id()).problem == "profile-missing"
