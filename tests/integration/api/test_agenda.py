"""The agenda over HTTP: one answer however it is asked for, a map, facets, and refusals that name the parameter."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from functions.api.caching import AHEAD
from tests.fixtures.gateway import Gateway
from tests.integration.api.test_events import announce

Join = Callable[[str], UUID]
LIST, FACETS, MAP = "/api/public/events", "/api/public/events/facets", "/api/public/events.geojson"
# Of one question each.
SPELLINGS: list[list[str]] = [
    ["city=Buenos%20Aires&kind=milonga&kind=class", "kind=class,milonga&city=BUENOS+AIRES"],
    ["city=buenos%20aires&sort=start", "kind=&city=B%C3%BAenos%20aires"],
    ["near=-34.5892,-58.4286&radius_km=10", "radius_km=10.0&longitude=-58.42861&latitude=-34.58921"],
    ["from=2031-05-01&to=2031-05-31&zone=Europe/Berlin", "to=2031-05-31T22:00:00Z&from=2031-04-30T22:00:41Z&city="],
    ["q=viruta%20milonga&bbox=-60,-35,-58,-34", "bbox=-60.0,-35.0001,-58,-34&q=Milonga%20VIRUTA"],
]  # fmt: skip


def said(query: str) -> dict[str, list[str]]:
    return parse_qs(query, keep_blank_values=True)


@pytest.fixture
def organiser(join: Join) -> UUID:
    return join("malena")


@pytest.mark.parametrize("path", [LIST, FACETS, MAP])
@pytest.mark.parametrize("spellings", SPELLINGS)
def test_the_answer_does_not_depend_on_how_it_is_asked_for(
    gateway: Gateway, organiser: UUID, path: str, spellings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(gateway, organiser)
    first = gateway.get(path, query=said(spellings[0]))
    assert first.status == 200, first.text
    assert first.headers["cache-control"] == AHEAD
    monkeypatch.setattr(gateway.platform.database, "transaction", lambda: pytest.fail("it was not in the cache"))

    others = [gateway.get(path, query=said(spelling)) for spelling in spellings[1:]]

    assert {(answer.text, answer.headers["etag"]) for answer in others} == {(first.text, first.headers["etag"])}
    assert "La Viruta" in first.text or path == FACETS


def test_a_map_of_what_takes_place(gateway: Gateway, organiser: UUID) -> None:
    here = announce(gateway, organiser)

    answer = gateway.get(MAP, query={"bbox": "-60,-35,-58,-34", "kind": "milonga"})

    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json() == {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": here["occurrence_id"],
                "geometry": {"type": "Point", "coordinates": [-58.4286, -34.5895]},
                "properties": {
                    "event_id": here["id"],
                    **{
                        name: here[name]
                        for name in ("title", "kind", "status", "starts_at", "ends_at", "zone", "venue_name", "city")
                    },
                },
            }
        ],
        "more": False,
    }
    shown = {"If-None-Match": answer.headers["etag"]}
    assert gateway.get(MAP, query=said("kind=milonga&bbox=-60,-35,-58,-34"), headers=shown).status == 304


def test_facets_of_what_takes_place(gateway: Gateway, organiser: UUID) -> None:
    announce(gateway, organiser, price=0)
    announce(gateway, organiser, kind="class", title="Clase")

    assert gateway.get(FACETS, query={"country": "ar"}).json() == {
        "total": 2,
        "more": False,
        "free": 1,
        "kinds": [{"value": "class", "count": 1}, {"value": "milonga", "count": 1}],
        "countries": [{"value": "AR", "count": 2}],
        "cities": [{"city": "Buenos Aires", "country": "AR", "count": 2}],
    }
    assert gateway.get(FACETS, query={"q": "clase"}).json()["total"] == 2  # of one it is the description
    assert gateway.get(FACETS, query={"q": "clase", "free": "1"}).json()["total"] == 1


def test_what_is_announced_is_found_at_once_whatever_was_asked(gateway: Gateway, organiser: UUID) -> None:
    questions: list[dict[str, Any]] = [
        {"q": "nochero"}, {"near": "-34.59,-58.43"}, {"city": "Buenos Aires", "q": "nochero"},
        {"organiser": str(organiser)},
    ]  # fmt: skip
    assert [gateway.get(LIST, query=query).json()["items"] for query in questions] == [[]] * 4

    made = announce(gateway, organiser, title="Nochero soy")

    assert [gateway.get(LIST, query=query).json()["items"] for query in questions] == [[made]] * 4


@pytest.mark.parametrize("path", [LIST, FACETS, MAP])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("near=91,0", "latitude"),
        ("near=0", "near"),
        ("latitude=1", "longitude"),
        ("latitude=x&longitude=1", "latitude"),
        ("near=0,0&radius_km=0", "radius_km"),
        ("near=0,0&radius_km=1e9", "radius_km"),
        ("near=0,0&radius_km=nan", "radius_km"),
        ("bbox=0,10,10,0", "bbox"),
        ("bbox=0,0,10", "bbox"),
        ("from=2031-05-02&to=2031-05-01&zone=Europe/Berlin", "to"),
        ("from=2031-05-02", "from"),
        ("zone=Mars/Olympus", "zone"),
        ("kind=rave", "kind"),
        ("role=spectator", "role"),
        ("price_max=10", "currency"),
        ("price_max=ten&currency=EUR", "price_max"),
        ("free=perhaps", "free"),
        ("q=%00", "q"),
        ("q=!", "q"),
        ("organiser=malena", "organiser"),
        ("country=Argentina", "country"),
    ],
)
def test_what_cannot_be_asked_is_refused(gateway: Gateway, path: str, query: str, field: str) -> None:
    answer = gateway.get(path, query=said(query))

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == {field}
    assert answer.headers["cache-control"] == "no-store"


def test_a_cursor_is_of_one_question(gateway: Gateway, organiser: UUID) -> None:
    for number in range(2):
        announce(gateway, organiser, title=f"La Viruta {number}")
    cursor = gateway.get(LIST, query={"q": "viruta", "limit": 1}).json()["next_cursor"]

    assert gateway.get(LIST, query={"q": "VIRUTA", "limit": 5, "cursor": cursor}).status == 200
    other = gateway.get(LIST, query={"q": "viruta", "sort": "start", "cursor": cursor})
    assert (other.status, other.problem) == (400, "bad-cursor")
    assert gateway.get(LIST, query={"sort": "distance"}).refused_fields == {"sort"}
