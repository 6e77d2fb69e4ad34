"""Where to dance tonight: by the clocks of the place, in few bytes, and what is called off within a minute."""

import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.cache import FakeCache
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.test_events import announce

PLACES: dict[str, dict[str, Any]] = {
    "America/Argentina/Buenos_Aires": {
        "city": "Buenos Aires",
        "country": "AR",
        "latitude": -34.59,
        "longitude": -58.43,
    },
    "Europe/Berlin": {"city": "Berlin", "country": "DE", "latitude": 52.53, "longitude": 13.4},
    "America/Santiago": {"city": "Santiago", "country": "CL", "latitude": -33.44, "longitude": -70.65},
    "Pacific/Fiji": {"city": "Suva", "country": "FJ", "latitude": -18.14, "longitude": 178.44},
}
BERLIN = "Europe/Berlin"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def organiser(join: Callable[[str], UUID]) -> UUID:
    return join("malena")


@pytest.fixture
def clock(gateway: Gateway) -> FakeClock:
    clock = FakeClock()
    gateway.platform.clock, gateway.platform.cache = clock, FakeCache(clock)
    return clock


def set_clock(clock: FakeClock, zone: str, local: str) -> None:
    clock.advance(moment(zone, local) - clock.now())


def moment(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def milonga(gateway: Gateway, organiser: UUID, zone: str, starts: str, ends: str, **chosen: Any) -> dict[str, Any]:
    times = {"starts_at": moment(zone, starts).isoformat(), "ends_at": moment(zone, ends).isoformat()}
    said: dict[str, Any] = {"zone": zone, "venue_name": "Salón"}
    return announce(gateway, organiser, **said | PLACES[zone] | times | chosen)


def ask(gateway: Gateway, zone: str = BERLIN, /, **query: Any) -> Answer:
    place = PLACES[zone]
    here = {"latitude": place["latitude"], "longitude": place["longitude"]}
    answer = gateway.get("/api/public/events/tonight", query=query or here)
    assert answer.status == 200, answer.text
    return answer


def ids(answer: Answer) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("zone", "friday"),
    [
        pytest.param("America/Argentina/Buenos_Aires", "2026-12-04", id="no summer time"),
        pytest.param(BERLIN, "2027-03-26", id="Berlin"),
        pytest.param(BERLIN, "2027-03-27", id="Berlin, clocks go forward in that night"),
        pytest.param(BERLIN, "2027-10-30", id="Berlin, clocks go back in that night"),
        pytest.param("America/Santiago", "2027-04-03", id="Santiago, clocks go back at midnight"),
        pytest.param("America/Santiago", "2027-09-04", id="Santiago, midnight is leapt over"),
        pytest.param("Pacific/Fiji", "2026-12-04", id="beside the antimeridian"),
    ],
)
def test_a_night_ends_at_six(gateway: Gateway, organiser: UUID, clock: FakeClock, zone: str, friday: str) -> None:
    saturday = (datetime.fromisoformat(friday) + timedelta(days=1)).date().isoformat()
    set_clock(clock, zone, f"{friday}T12:00")
    late = milonga(gateway, organiser, zone, f"{friday}T22:30", f"{saturday}T07:00")
    next_one = milonga(gateway, organiser, zone, f"{saturday}T22:30", f"{saturday}T23:30")

    for at, found in (
        (f"{friday}T06:01", [late]), (f"{friday}T23:59", [late]), (f"{saturday}T02:30", [late]),
        (f"{saturday}T05:59", [late]), (f"{saturday}T06:00", [next_one]), (f"{saturday}T22:45", [next_one]),
        (f"{saturday}T23:31", []),
    ):  # fmt: skip
        set_clock(clock, zone, at)
        assert ids(ask(gateway, zone)) == [event["id"] for event in found], at
        assert ids(ask(gateway, city=PLACES[zone]["city"])) == [event["id"] for event in found], at


def test_what_goes_on_for_days_is_on_each_night(gateway: Gateway, organiser: UUID, clock: FakeClock) -> None:
    set_clock(clock, BERLIN, "2027-03-01T12:00")
    marathon = milonga(gateway, organiser, BERLIN, "2027-03-05T18:00", "2027-03-07T20:00", kind="marathon")

    for at, found in (("04T23:00", []), ("05T23:00", [marathon]), ("06T12:00", [marathon]), ("07T20:01", [])):
        set_clock(clock, BERLIN, f"2027-03-{at}")
        assert ids(ask(gateway)) == [event["id"] for event in found], at


def test_who_asks_nearby_or_otherwise_gets_the_same_bytes(gateway: Gateway, organiser: UUID, clock: FakeClock) -> None:
    set_clock(clock, BERLIN, "2027-03-05T20:00")
    milonga(gateway, organiser, BERLIN, "2027-03-05T22:00", "2027-03-06T03:00")
    first = ask(gateway)

    for query in (
        {"longitude": "13.40", "latitude": "52.53"}, {"latitude": "52.5999", "longitude": "13.5999", "radius_km": "25"},
        {"latitude": "52.41", "longitude": "1.345e1", "radius_km": "11", "city": ""},
    ):  # fmt: skip
        again = ask(gateway, **query)
        assert (again.text, again.headers["etag"]) == (first.text, first.headers["etag"])
    assert ask(gateway, city="BERLÍN").json() == first.json()
    assert first.headers["cache-control"] == (
        "public, max-age=20, s-maxage=900, stale-while-revalidate=35, stale-if-error=600"
    )


@pytest.mark.parametrize("change", ["cancelled", "elsewhere"])
def test_what_is_called_off_or_moved_is_seen_within_a_minute(
    gateway: Gateway, organiser: UUID, clock: FakeClock, change: str
) -> None:
    """The header lets the edge and a browser keep it for 55 s between them; the rest of the minute is the cache's."""
    set_clock(clock, BERLIN, "2027-03-05T20:00")
    event = milonga(gateway, organiser, BERLIN, "2027-03-05T22:00", "2027-03-06T03:00")
    before = ask(gateway).json()["items"]
    elsewhere = milonga(gateway, organiser, BERLIN, "2027-06-05T22:00", "2027-06-06T03:00", venue_name="Elsewhere")
    said = {"status": "cancelled"} if change == "cancelled" else {"venue_id": elsewhere["venue_id"]}

    changed = gateway.patch(
        f"/api/events/{event['id']}", user=organiser, json=said, headers={"If-Match": str(event["version"])}
    )
    assert changed.status == 200, changed.text
    clock.advance(A_MINUTE - timedelta(seconds=55))

    (after,) = ask(gateway).json()["items"]
    (of_city,) = ask(gateway, city="Berlin").json()["items"]
    assert after == of_city
    assert after["changed_at"] > before[0]["changed_at"] or after["changed_at"] == changed.json()["changed_at"]
    assert (after["status"], after["venue_name"]) == (
        ("cancelled", "Salón") if change == "cancelled" else ("published", "Elsewhere")
    )


def test_drafts_and_what_is_far_away_are_not_on(gateway: Gateway, organiser: UUID, clock: FakeClock) -> None:
    set_clock(clock, BERLIN, "2027-03-05T20:00")
    milonga(gateway, organiser, BERLIN, "2027-03-05T22:00", "2027-03-06T03:00", status="draft")
    # Potsdam is 27 km away, Leipzig 150.
    near = {"city": "Potsdam", "latitude": 52.39, "longitude": 13.06, "venue_name": "Potsdam"}
    far = {"city": "Leipzig", "latitude": 51.34, "longitude": 12.37, "venue_name": "Leipzig"}
    potsdam = milonga(gateway, organiser, BERLIN, "2027-03-05T22:00", "2027-03-06T03:00", **near)
    milonga(gateway, organiser, BERLIN, "2027-03-05T22:00", "2027-03-06T03:00", **far)
    asked: dict[str, Any] = {"latitude": 52.53, "longitude": 13.4}

    assert ids(ask(gateway, **asked, radius_km=50)) == [potsdam["id"]]
    assert ids(ask(gateway, **asked, radius_km=10)) == []


def test_a_full_answer_is_a_few_kilobytes(gateway: Gateway, organiser: UUID, clock: FakeClock) -> None:
    set_clock(clock, BERLIN, "2027-03-05T20:00")
    for number in range(41):
        milonga(
            gateway, organiser, BERLIN, "2027-03-05T22:00", "2027-03-06T03:00", title=f"Milonga {number} del Ballhaus"
        )  # fmt: skip

    answer = ask(gateway)

    assert (len(answer.json()["items"]), answer.json()["more"]) == (40, True)
    assert len(answer.text.encode()) <= 20_000
    assert len(zlib.compress(answer.text.encode())) <= 5_000


@pytest.mark.parametrize("query", [{}, {"latitude": 1}, {"latitude": "north", "longitude": 1}, {"city": "\u0301"}])
def test_what_is_no_place_is_refused(gateway: Gateway, query: dict[str, Any]) -> None:
    answer = gateway.get("/api/public/events/tonight", query=query)

    assert answer.status == 422, answer.text
    assert answer.json()["errors"]
