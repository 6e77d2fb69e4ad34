"""Events that take place again and again, and one of their times that is unlike the others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.jobs import handler as jobs
from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.occurrences import service as occurrences
from mundotango.realtime.model import city_channel, event_channel
from tests.factories.traces_of_events import insert
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.test_events import MILONGA, announce

Join = Callable[[str], UUID]
WEEK = timedelta(weeks=1)
# Fridays, of which one is behind the change of clocks of 28 March 2027 in Berlin.
WEEKLY: dict[str, Any] = {
    "city": "Berlin", "country": "DE", "venue_name": "Ballhaus", "latitude": 52.53, "longitude": 13.4,
    "zone": "Europe/Berlin", "starts_at": "2027-03-19T22:00:00+01:00", "ends_at": "2027-03-20T04:00:00+01:00",
    "rule": "FREQ=WEEKLY;COUNT=3",
}  # fmt: skip


@pytest.fixture
def organiser(join: Join) -> UUID:
    return join("malena")


@pytest.fixture
def clock(gateway: Gateway) -> FakeClock:
    clock = FakeClock()
    gateway.platform.clock = clock
    return clock


def times(gateway: Gateway, event: dict[str, Any], *fields: str) -> list[Any]:
    found = gateway.get(f"/api/public/events/{event['id']}/occurrences", query={"limit": 50})
    assert found.status == 200, found.text
    return [
        item[fields[0]] if len(fields) == 1 else tuple(item[name] for name in fields) for item in found.json()["items"]
    ]


def edit(gateway: Gateway, user: UUID, event: dict[str, Any], **changes: Any) -> Answer:
    shown = {"If-Match": str(event["version"])}
    return gateway.patch(f"/api/events/{event['id']}", user=user, json=changes, headers=shown)


def change(gateway: Gateway, user: UUID, event: dict[str, Any], original: str, **changes: Any) -> Answer:
    shown = {"If-Match": str(event["version"])}
    return gateway.patch(f"/api/events/{event['id']}/occurrences/{original}", user=user, json=changes, headers=shown)


def test_a_series_takes_place_at_the_same_hour_in_summer_and_in_winter(
    gateway: Gateway, clock: FakeClock, organiser: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)

    assert times(gateway, event, "original_start", "starts_at", "ends_at", "night") == [
        ("2027-03-19T22:00:00", "2027-03-19T21:00:00Z", "2027-03-20T03:00:00Z", "2027-03-19"),
        ("2027-03-26T22:00:00", "2027-03-26T21:00:00Z", "2027-03-27T03:00:00Z", "2027-03-26"),
        ("2027-04-02T22:00:00", "2027-04-02T20:00:00Z", "2027-04-03T02:00:00Z", "2027-04-02"),
    ]
    listed = gateway.get("/api/public/events", query={"city": "berlin"}).json()["items"]
    assert [item["id"] for item in listed] == [event["id"]] * 3
    assert len({item["occurrence_id"] for item in listed}) == 3


@pytest.mark.parametrize(
    ("zone", "starts_at", "ends_at", "second"),
    [
        # 02:30 is skipped on 28 March: it is as if clocks had not been put forward yet.
        ("Europe/Berlin", "2027-03-21T02:30:00+01:00", "2027-03-21T03:15:00+01:00",
         ("2027-03-28T01:30:00Z", "2027-03-28T02:15:00Z")),
        # 02:30 comes twice on 31 October: the first is meant.
        ("Europe/Berlin", "2027-10-24T02:30:00+02:00", "2027-10-24T05:30:00+02:00",
         ("2027-10-31T00:30:00Z", "2027-10-31T04:30:00Z")),
        # In Chile clocks leap from 24:00 to 01:00 on 5 September.
        ("America/Santiago", "2027-08-29T00:30:00-04:00", "2027-08-29T04:00:00-04:00",
         ("2027-09-05T04:30:00Z", "2027-09-05T07:00:00Z")),
        ("America/Argentina/Buenos_Aires", "2027-03-21T00:30:00-03:00", "2027-03-21T04:00:00-03:00",
         ("2027-03-28T03:30:00Z", "2027-03-28T07:00:00Z")),
    ],
)  # fmt: skip
def test_the_hour_that_is_skipped_and_the_one_that_comes_twice(
    gateway: Gateway,
    clock: FakeClock,
    organiser: UUID,
    zone: str,
    starts_at: str,
    ends_at: str,
    second: tuple[str, str],
) -> None:
    event = announce(gateway, organiser, **WEEKLY | {"zone": zone, "starts_at": starts_at, "ends_at": ends_at})

    assert times(gateway, event, "starts_at", "ends_at")[1] == second


def test_a_series_is_made_a_year_ahead_and_kept_so(
    gateway: Gateway, clock: FakeClock, organiser: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    event = announce(gateway, organiser, **WEEKLY | {"rule": "FREQ=MONTHLY;BYDAY=3FR;COUNT=40"})
    weekly = announce(gateway, organiser, **WEEKLY)
    assert times(gateway, event, "original_start")[-1] == "2027-11-19T22:00:00"
    first = times(gateway, event, "occurrence_id", "changed_at")
    assert jobs.run({"job": "expand_series"}, lambda: 100.0) == {"done": True, "expanded": 0, "failed": 0}

    clock.advance(9 * WEEK)
    assert jobs.run({"job": "expand_series"}, lambda: 0.0) == {"done": False, "expanded": 0, "failed": 0}
    assert jobs.run({"job": "expand_series"}, lambda: 100.0) == {"done": True, "expanded": 2, "failed": 0}

    assert times(gateway, event, "original_start")[-1] == "2028-01-21T22:00:00"
    assert times(gateway, event, "occurrence_id", "changed_at")[: len(first)] == first
    assert len(times(gateway, weekly, "occurrence_id")) == 3
    assert jobs.run({"job": "expand_series"}, lambda: 100.0)["expanded"] == 0


def test_a_series_that_fails_holds_up_no_other(
    gateway: Gateway, clock: FakeClock, organiser: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    broken, whole = (announce(gateway, organiser, **WEEKLY | {"rule": "FREQ=MONTHLY;COUNT=40"}) for _ in range(2))
    made = occurrences._starts

    def starts(event: Any, now: Any) -> Any:
        if str(event.id) == broken["id"]:
            raise ValueError("no calendar")
        return made(event, now)

    monkeypatch.setattr(occurrences, "_starts", starts)
    clock.advance(9 * WEEK)

    assert jobs.run({"job": "expand_series"}, lambda: 100.0) == {"done": True, "expanded": 1, "failed": 1}
    assert len(times(gateway, whole, "id")) > len(times(gateway, broken, "id"))


def test_a_change_of_the_rule_keeps_the_times_that_still_are(
    gateway: Gateway, clock: FakeClock, organiser: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY | {"rule": "FREQ=WEEKLY;COUNT=5"})
    before = dict(times(gateway, event, "original_start", "occurrence_id"))

    edited = edit(
        gateway, organiser, event, rule="FREQ=WEEKLY;INTERVAL=2;COUNT=3", added=["2027-03-26T22:00:00"],
        excluded=["2027-04-02T22:00:00"],
    )  # fmt: skip

    assert edited.status == 200, edited.text
    after = dict(times(gateway, event, "original_start", "occurrence_id"))
    kept = ["2027-03-19T22:00:00", "2027-03-26T22:00:00", "2027-04-16T22:00:00"]
    assert after == {start: before[start] for start in kept}
    back = edit(gateway, organiser, edited.json(), rule="FREQ=WEEKLY;COUNT=5", added=[], excluded=[])
    assert back.status == 200
    assert dict(times(gateway, event, "original_start", "occurrence_id")) == before


def test_a_series_that_moves_to_another_hour_keeps_its_evenings(
    gateway: Gateway, clock: FakeClock, organiser: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    before = times(gateway, event, "occurrence_id")

    edited = edit(gateway, organiser, event, starts_at="2027-03-19T21:30:00+01:00", ends_at="2027-03-20T03:00:00+01:00")

    assert edited.status == 200, edited.text
    assert times(gateway, event, "occurrence_id") == before
    assert times(gateway, event, "original_start")[1] == "2027-03-26T21:30:00"
    # The hour that has become free may be taken on the same day.
    again = edit(gateway, organiser, edited.json(), added=["2027-03-26T22:00:00"])
    assert again.status == 200, again.text
    assert len(set(times(gateway, event, "occurrence_id"))) == 4


def coming(database: Database, user: UUID, *occurrence_ids: str) -> None:
    """This person said to come to these."""
    said = {"user_id": user, "answer": "going", "hidden": False, "answered_at": A_MONDAY_EVENING}
    with database.transaction() as connection:
        for occurrence_id in occurrence_ids:
            insert(connection, "rsvps", occurrence_id=occurrence_id, **said)


def test_a_time_that_somebody_comes_to_is_cancelled_and_not_removed_until_it_is_one_again(
    gateway: Gateway, clock: FakeClock, organiser: UUID, database: Database
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    before = times(gateway, event, "original_start", "occurrence_id", "status")
    coming(database, organiser, before[2][1])

    short = edit(gateway, organiser, event, rule="FREQ=WEEKLY;COUNT=2").json()

    assert times(gateway, event, "original_start", "status") == [
        ("2027-03-19T22:00:00", "published"),
        ("2027-03-26T22:00:00", "published"),
        ("2027-04-02T22:00:00", "cancelled"),
    ]
    reopened = change(gateway, organiser, short, "2027-04-02T22:00:00", status="published")
    assert (reopened.status, reopened.json()["status"]) == (200, "cancelled")
    back = edit(gateway, organiser, reopened.json(), rule="FREQ=WEEKLY;COUNT=3")
    assert back.status == 200
    assert times(gateway, event, "original_start", "occurrence_id", "status") == before


def test_a_series_that_ends_leaves_what_is_over_as_it_was(
    gateway: Gateway, clock: FakeClock, organiser: UUID, database: Database
) -> None:
    event = announce(gateway, organiser, **WEEKLY | {"rule": "FREQ=WEEKLY;COUNT=4"})
    made = times(gateway, event, "original_start", "occurrence_id")
    coming(database, organiser, *(occurrence_id for _, occurrence_id in made))
    clock.advance(timedelta(days=128))  # the 31st of March

    single = edit(
        gateway, organiser, event, rule="", starts_at="2027-04-03T22:00:00+02:00", ends_at="2027-04-04T04:00:00+02:00"
    )

    assert single.status == 200, single.text
    assert kept(database, event) == [
        ("2027-03-19T22:00:00", "published"),
        ("2027-03-26T22:00:00", "published"),
        ("2027-04-02T22:00:00", "cancelled"),
        ("2027-04-03T22:00:00", "published"),
        ("2027-04-09T22:00:00", "cancelled"),
    ]
    # What is left of it is itself wherever it moves.
    moved = edit(
        gateway, organiser, single.json(), starts_at="2027-05-01T22:00:00+02:00", ends_at="2027-05-02T04:00:00+02:00"
    )
    assert moved.json()["occurrence_id"] == single.json()["occurrence_id"]
    assert len(kept(database, event)) == 5


def test_a_change_of_the_rule_makes_no_times_that_would_be_over(
    gateway: Gateway, clock: FakeClock, organiser: UUID, database: Database
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    clock.advance(timedelta(days=128))

    edited = edit(
        gateway, organiser, event, rule="FREQ=WEEKLY;COUNT=4",
        starts_at="2027-03-18T22:00:00+01:00", ends_at="2027-03-19T04:00:00+01:00",
    )  # fmt: skip

    assert edited.status == 200, edited.text
    assert [start for start, _ in kept(database, event)] == [
        "2027-03-19T22:00:00", "2027-03-26T22:00:00", "2027-04-01T22:00:00", "2027-04-08T22:00:00",
    ]  # fmt: skip


def test_a_series_may_move_to_where_it_would_be_over(
    gateway: Gateway, clock: FakeClock, organiser: UUID, database: Database
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    past = {"starts_at": "2020-03-20T22:00:00+01:00", "ends_at": "2020-03-21T04:00:00+01:00"}

    assert edit(gateway, organiser, event, **past).status == 200
    assert len(kept(database, event)) == 3


def kept(database: Database, event: dict[str, Any]) -> list[tuple[str, str]]:
    """All its times, also what is over."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT original, status FROM occurrences WHERE event_id = %s ORDER BY original", (event["id"],)
        )
        return [(original.isoformat(), status) for original, status in rows]


def test_one_time_is_cancelled_and_told(
    gateway: Gateway, clock: FakeClock, organiser: UUID, announced: FakeActivities
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    cached = {"city": "berlin"}
    assert {item["status"] for item in gateway.get("/api/public/events", query=cached).json()["items"]} == {"published"}
    announced.appended.clear()
    clock.advance(timedelta(hours=1))

    answer = change(gateway, organiser, event, "2027-03-26T22:00:00", status="cancelled")

    assert answer.status == 200, answer.text
    told = answer.json()
    assert (told["status"], told["original_start"], told["version"]) == ("cancelled", "2027-03-26T22:00:00", 2)
    assert [(each.activity.kind, each.channel, each.activity.payload) for each in announced.appended] == [
        ("event.cancelled", city_channel("berlin"), told),
        ("event.cancelled", event_channel(event["id"]), told),
    ]
    statuses = ["published", "cancelled", "published"]
    assert times(gateway, event, "status") == statuses
    assert [item["status"] for item in gateway.get("/api/public/events", query=cached).json()["items"]] == statuses
    changed = times(gateway, event, "changed_at")
    assert changed[1] == told["changed_at"] == max(changed)


def test_one_time_is_elsewhere_at_another_hour_and_as_in_the_series_again(
    gateway: Gateway, clock: FakeClock, organiser: UUID
) -> None:
    event = announce(gateway, organiser, **WEEKLY)
    paris = announce(gateway, organiser, city="Paris", country="FR", zone="Europe/Paris")
    own = {
        "venue_id": paris["venue_id"], "starts_at": "2027-03-27T00:30:00+01:00", "ends_at": "2027-03-27T05:00:00+01:00",
    }  # fmt: skip

    moved = change(gateway, organiser, event, "2027-03-26T22:00:00", **own).json()

    assert (moved["city"], moved["starts_at"], moved["night"]) == ("Paris", "2027-03-26T23:30:00Z", "2027-03-26")
    in_paris = gateway.get("/api/public/events", query={"city": "paris", "to": "2028-01-01T00:00:00Z"}).json()["items"]
    assert [item["occurrence_id"] for item in in_paris] == [moved["occurrence_id"]]
    # What is its own stays through a change of the series.
    edited = edit(gateway, organiser, moved, title="Otra", rule="FREQ=WEEKLY;COUNT=2").json()
    assert times(gateway, event, "city") == ["Berlin", "Paris"]

    nothing = dict.fromkeys(own)
    assert change(gateway, organiser, edited, "2027-03-26T22:00:00", **nothing).json()["city"] == "Berlin"
    assert times(gateway, event, "starts_at")[1] == "2027-03-26T21:00:00Z"


def test_a_time_is_changed_by_its_organisers_to_the_version_they_saw(
    gateway: Gateway, clock: FakeClock, organiser: UUID, join: Join
) -> None:
    event, once = announce(gateway, organiser, **WEEKLY), announce(gateway, organiser)
    first = "2027-03-19T22:00:00"
    path = f"/api/events/{event['id']}/occurrences/{first}"

    assert gateway.patch(path, user=organiser, json={"status": "cancelled"}).status == 428
    assert change(gateway, organiser, event | {"version": 2}, first, status="cancelled").status == 412
    assert change(gateway, join("carlos"), event, first, status="cancelled").status == 403
    assert change(gateway, organiser, event, "2027-03-20T22:00:00", status="cancelled").status == 404
    assert change(gateway, organiser, event | {"id": ids.new_id()}, first, status="cancelled").status == 404
    assert change(gateway, organiser, once, once["original_start"], status="cancelled").status == 409
    for changes, field in (
        ({"status": "draft"}, "status"),
        ({"starts_at": "2027-03-19T23:00:00+01:00"}, "ends_at"),
        ({"starts_at": "2027-03-19T23:00:00+01:00", "ends_at": "2027-03-19T22:00:00+01:00"}, "ends_at"),
        ({"venue_id": str(ids.new_id())}, "venue_id"),
        ({"title": "x"}, "title"),
    ):
        assert change(gateway, organiser, event, first, **changes).refused_fields == {field}
    assert gateway.get(f"/api/events/{event['id']}", user=organiser).json()["version"] == 1


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        # On 31 October clocks show the hour from two twice, and what is kept is the first.
        ("2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"),
        ("2027-10-31T00:45:00Z", "2027-10-31T01:15:00Z"),
        ("2027-10-30T20:00:00.2Z", "2027-10-30T20:00:00.7Z"),
    ],
)
def test_a_time_that_has_no_length_by_the_clocks_is_refused(
    gateway: Gateway, clock: FakeClock, organiser: UUID, starts_at: str, ends_at: str
) -> None:
    event = announce(gateway, organiser, **WEEKLY)

    refused = change(gateway, organiser, event, "2027-03-26T22:00:00", starts_at=starts_at, ends_at=ends_at)

    assert (refused.status, refused.refused_fields) == (422, {"ends_at"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "FREQ=WEEKLY"}, "rule"),
        ({"rule": "FREQ=DAILY;COUNT=100000"}, "rule"),
        ({"rule": "FREQ=SECONDLY;COUNT=3"}, "rule"),
        ({"rule": "every Friday"}, "rule"),
        ({"rule": "FREQ=WEEKLY;BYDAY=SA;COUNT=3"}, "rule"),
        ({"excluded": ["2027-03-19T22:00:00+01:00"]}, "excluded.0"),
        ({"rule": "", "excluded": ["2027-03-19T22:00:00"]}, "excluded"),
        ({"added": ["2027-03-18T22:00:00"]}, "added"),
    ],
)
def test_a_series_that_cannot_be_is_refused_and_nothing_is_made(
    gateway: Gateway, clock: FakeClock, organiser: UUID, database: Database, changes: dict[str, Any], field: str
) -> None:
    refused = gateway.post("/api/events", user=organiser, json=MILONGA | WEEKLY | changes)

    assert (refused.status, refused.refused_fields) == (422, {field})
    with database.transaction() as connection:
        assert connection.execute("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM venues)").fetchone() == (
            0,
            0,
        )
