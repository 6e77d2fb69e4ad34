from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.realtime.model import city_channel, event_channel
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.test_events import MILONGA, announce

Join = Callable[[str], UUID]
CANNING: dict[str, Any] = {
    "name": "Salón Canning",
    "address": "Scalabrini Ortiz 1331",
    "city": "Buenos Aires",
    "country": "AR",
    "latitude": -34.5917,
    "longitude": -58.4273,
    "zone": "America/Argentina/Buenos_Aires",
}
# A degree of latitude is 111 km.
A_HUNDRED_METRES = 0.0009


@pytest.fixture
def malena(join: Join) -> UUID:
    return join("malena")


def tell(gateway: Gateway, user: UUID, **changes: Any) -> Answer:
    return gateway.post("/api/venues", user=user, json=CANNING | changes)


def edit(gateway: Gateway, user: UUID, venue: dict[str, Any], **changes: Any) -> Answer:
    shown = {"If-Match": str(venue["version"])}
    return gateway.patch(f"/api/venues/{venue['id']}", user=user, json=changes, headers=shown)


def found(gateway: Gateway, **query: Any) -> list[str]:
    answer = gateway.get("/api/public/venues", query=query)
    assert answer.status == 200, answer.text
    return [venue["name"] for venue in answer.json()["items"]]


def test_a_venue_is_told_of_and_read_by_anybody(gateway: Gateway, malena: UUID) -> None:
    made = tell(gateway, malena)

    assert made.status == 201
    told = made.json()
    assert told == CANNING | {"id": told["id"], "created_at": told["created_at"], "version": 1}
    assert gateway.get(made.headers["location"]).json() == told
    assert gateway.get(f"/api/public/venues/{ids.new_id()}").status == 404


def test_a_second_one_of_its_name_beside_it_is_refused_with_its_id(gateway: Gateway, malena: UUID) -> None:
    there = tell(gateway, malena).json()

    again = tell(gateway, malena, name="SALON CANNING ", latitude=CANNING["latitude"] + A_HUNDRED_METRES)

    assert (again.status, again.problem) == (409, "venue-exists")
    assert there["id"] in again.json()["detail"]
    assert tell(gateway, malena, name="Otro salón").status == 201
    assert tell(gateway, malena, latitude=CANNING["latitude"] + 2 * A_HUNDRED_METRES).status == 201


def test_a_venue_is_found_however_it_is_written(gateway: Gateway, malena: UUID) -> None:
    tell(gateway, malena)
    tell(gateway, malena, name="La Catedral", address="Sarmiento 4006")
    tell(gateway, malena, name="Canning Club", city="London", country="GB", zone="Europe/London", address="")

    assert found(gateway, q="salon canning")[0] == "Salón Canning"
    assert set(found(gateway, q="CANNING")) == {"Salón Canning", "Canning Club"}
    assert found(gateway, q="cannin", city="london") == ["Canning Club"]
    assert found(gateway, q="sarmiento") == ["La Catedral"]
    assert found(gateway, q="catedrl") == ["La Catedral"]
    assert found(gateway, city="buenos aires") == ["La Catedral", "Salón Canning"]
    assert gateway.get("/api/public/venues").refused_fields == {"q"}
    assert gateway.get("/api/public/venues", query={"q": "%"}).refused_fields == {"q"}


@pytest.mark.parametrize("query", [{"q": "salon"}, {"city": "Buenos Aires"}])
def test_venues_come_in_pages(gateway: Gateway, malena: UUID, query: dict[str, str]) -> None:
    names = [f"Salón {name}" for name in ("Uno", "Dos", "Tres", "Cuatro", "Cinco")]
    for name in names:
        tell(gateway, malena, name=name)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = gateway.get("/api/public/venues", query=query | {"limit": "2", "cursor": cursor}).json()
        seen += [venue["name"] for venue in page["items"]]
        cursor = page["next_cursor"]

    assert sorted(seen) == sorted(names)


def test_a_venue_that_is_corrected_takes_its_events_with_it(gateway: Gateway, join: Join, malena: UUID) -> None:
    event = announce(gateway, malena)
    venue = gateway.get(f"/api/public/venues/{event['venue_id']}").json()
    lists = [{"city": "buenos aires"}, {"city": "avellaneda"}]
    assert [len(gateway.get("/api/public/events", query=one).json()["items"]) for one in lists] == [1, 0]

    assert edit(gateway, join("carlos"), venue, city="Avellaneda").status == 403
    corrected = edit(gateway, malena, venue, city="Avellaneda", latitude=-34.6609)

    assert (corrected.status, corrected.json()["version"]) == (200, 2)
    assert [len(gateway.get("/api/public/events", query=one).json()["items"]) for one in lists] == [0, 1]
    moved = gateway.get(f"/api/public/events/{event['id']}").json()
    assert (moved["city"], moved["latitude"]) == ("Avellaneda", -34.6609)
    assert moved["changed_at"] > event["changed_at"]
    assert edit(gateway, malena, venue, city="Quilmes").status == 412


def test_who_looks_at_what_takes_place_there_is_told_when_a_venue_changes(
    gateway: Gateway, malena: UUID, announced: FakeActivities
) -> None:
    milonga = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=3")
    venue = gateway.get(f"/api/public/venues/{milonga['venue_id']}").json()
    announce(gateway, malena, venue_id=venue["id"], status="draft")
    over = {"starts_at": "2020-05-02T22:00:00-03:00", "ends_at": "2020-05-03T05:00:00-03:00"}
    announce(gateway, malena, venue_id=venue["id"], **over)
    announce(gateway, malena, venue_name="Elsewhere")
    announced.appended.clear()

    venue = edit(gateway, malena, venue, city="Rosario").json()

    moved = gateway.get("/api/public/events", query={"city": "rosario"}).json()["items"][0]
    channels = [city_channel("buenos aires"), city_channel("rosario"), event_channel(milonga["id"])]
    assert [(each.activity.kind, each.channel, each.activity.payload) for each in announced.appended] == [
        ("event.updated", channel, moved) for channel in channels
    ]
    announced.appended.clear()
    assert edit(gateway, malena, venue).status == 200
    assert announced.appended == []


@pytest.mark.parametrize(
    "change",
    [{"name": "Other"}, {"city": "Rosario"}, {"latitude": -34.6}, {"zone": "Europe/Berlin"}, {"country": "UY"}],
)
def test_a_venue_becomes_no_other_under_the_events_of_others(
    gateway: Gateway, join: Join, malena: UUID, change: dict[str, Any]
) -> None:
    venue = tell(gateway, malena).json()
    announce(gateway, join("carlos"), venue_id=venue["id"])

    assert edit(gateway, malena, venue, **change).status == 409
    spelt = {"name": "SALON CANNING", "address": "1331", "latitude": CANNING["latitude"] + A_HUNDRED_METRES}
    venue = edit(gateway, malena, venue, **spelt).json()
    moderated = gateway.patch(
        f"/api/venues/{venue['id']}", user=malena, json=change, groups=("moderators",), headers={"If-Match": "2"}
    )
    assert moderated.status == 200


def test_a_venue_where_others_danced_may_move(gateway: Gateway, join: Join, malena: UUID) -> None:
    venue = tell(gateway, malena).json()
    over = {"starts_at": "2020-05-02T22:00:00-03:00", "ends_at": "2020-05-03T05:00:00-03:00"}
    announce(gateway, join("carlos"), venue_id=venue["id"], **over)
    announce(gateway, malena, venue_id=venue["id"])

    assert edit(gateway, malena, venue, city="Rosario").status == 200


def test_events_at_one_place_name_one_venue(gateway: Gateway, join: Join, malena: UUID) -> None:
    first = announce(gateway, malena)
    same = announce(gateway, join("carlos"), venue_name="la  viruta", longitude=MILONGA["longitude"] + 0.0005)
    named = announce(gateway, malena, venue_id=first["venue_id"], zone="")
    elsewhere = announce(gateway, malena, venue_name="La Viruta", latitude=-34.7)

    assert same["venue_id"] == named["venue_id"] == first["venue_id"] != elsewhere["venue_id"]
    assert named["zone"] == first["zone"]
    nowhere = gateway.post("/api/events", user=malena, json=MILONGA | {"venue_id": str(ids.new_id())})
    assert (nowhere.status, nowhere.refused_fields) == (404, {"venue_id"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "…"}, "name"),
        ({"name": ""}, "name"),
        ({"latitude": 91.0}, "latitude"),
        ({"longitude": -181.0}, "longitude"),
        ({"zone": "CET"}, "zone"),
        ({"country": "Argentina"}, "country"),
        ({"city": "\u0301"}, "city"),
        ({"capacity": 3}, "capacity"),
    ],
)
def test_a_venue_that_cannot_be_is_refused_by_field(
    gateway: Gateway, malena: UUID, change: dict[str, Any], field: str
) -> None:
    refused = tell(gateway, malena, **change)

    assert (refused.status, refused.refused_fields) == (422, {field})


def test_who_has_no_profile_tells_of_nothing(gateway: Gateway) -> None:
    assert tell(gateway, ids.new_id()).problem == "profile-missing"
