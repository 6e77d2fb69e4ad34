"""What one comes to, in the calendar of another program, by a link of one's own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import Connection

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.links import token_hash
from tests.factories.traces_of_events import insert
from tests.fakes.clock import FakeClock
from tests.fakes.requests import FakeAnswers
from tests.fixtures.gateway import Gateway, Log
from tests.integration.api.test_calendars import calendar
from tests.integration.api.test_events import announce
from tests.integration.api.test_series import WEEKLY, change

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
