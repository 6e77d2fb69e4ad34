"""One spelling of a question: the table of what is said otherwise, left out, and left alone."""

import json
import re
from collections.abc import Iterator

import pytest

from operations.edge import PUBLIC
from operations.edge_runtime import request
from operations.templates import ROOT
from tests.unit.edge.conftest import Running

EVENT = "/api/public/events/01890a5d-ac96-774b-bcce-b302099a8057"
LIST, TONIGHT, VENUES = "/api/public/events", "/api/public/events/tonight", "/api/public/venues"
DROPPED = [
    f"{LIST}?utm_source=mail&fbclid=1",
    f"{LIST}?city=&kind=&q=&near=&cursor=&sort=",
    f"{LIST}?limit=20",
    f"{LIST}?sort=START",
    f"{LIST}?lang=en",
    f"{LIST}?lang=fr",
    f"{LIST}?free=false",
    f"{LIST}?kind=class,concert,course,encuentro,festival,festivalito,marathon,milonga,practica,workshop",
    f"{EVENT}?city=Berlin&limit=5",
    f"{EVENT}?lang=es",
    f"{VENUES}?kind=milonga",
    "/api/public/users/malena?limit=5",
    "/api/public/no-such-route?city=Berlin",
]
SPELT = [
    (f"{LIST}?q=tango&city=Buenos+Aires", "city=buenos%20aires&q=tango"),
    (f"{LIST}?city=S%C3%A3o%20%20Paulo%20", "city=sao%20paulo"),
    (f"{LIST}?city=Berlin&city=Rosario", "city=rosario"),
    (f"{LIST}?kind=Milonga&kind=class,%20milonga", "kind=class%2Cmilonga"),
    (f"{LIST}?country=ar", "country=AR"),
    (f"{LIST}?near=-34.58921,-58.42861&radius_km=25.0", "near=-34.589%2C-58.429"),
    (f"{LIST}?longitude=180&latitude=0.0001&radius_km=10.04", "near=0%2C-180&radius_km=10"),
    (f"{LIST}?bbox=180,-35.0001,-180,-34", "bbox=-180%2C-35%2C180%2C-34"),
    (f"{LIST}?from=2031-05-01T00:00:41Z", "from=2031-05-01T00%3A00Z"),
    (f"{LIST}?to=2031-05-01t00:00:00.000001%2B02:00", "to=2031-04-30T22%3A01Z"),
    (f"{LIST}?to=2031-05-01T00:00:00.0000001Z", "to=2031-05-01T00%3A00Z"),
    (f"{LIST}?role=Leaders", "role=leader"),
    (f"{LIST}?price_max=0&currency=EUR", "free=true"),
    (f"{LIST}?free=YES&price_max=900&currency=eur", "free=true"),
    (f"{LIST}?price_max=900&currency=eur", "currency=EUR&price_max=900"),
    (f"{LIST}?q=Viruta%20MILONGA%20viruta", "q=milonga%20viruta"),
    (f"{LIST}?q=viruta&sort=rank", "q=viruta"),
    (f"{LIST}?q=viruta&sort=start", "q=viruta&sort=start"),
    (f"{LIST}?organiser=01890A5D-AC96-774B-BCCE-B302099A8057", "organiser=01890a5d-ac96-774b-bcce-b302099a8057"),
    (f"{LIST}?lang=ES-ar", "lang=es"),
    (f"{LIST}/facets?limit=5&sort=rank&city=Berlin", "city=berlin"),
    (f"{LIST}.geojson?cursor=x&city=Berlin", "city=berlin"),
    (f"{TONIGHT}?latitude=-34.5892&longitude=-58.4286", "latitude=-34.50&longitude=-58.50"),
    (f"{TONIGHT}?latitude=-34.5892&longitude=-58.4286&lang=es", "latitude=-34.50&longitude=-58.50"),
    (f"{TONIGHT}?latitude=-34.5892&longitude=-58.4286&radius_km=9", "latitude=-34.55&longitude=-58.45&radius_km=10"),
    (f"{TONIGHT}?city=Roma&lang=es", "city=roma"),
    (f"{LIST}?city=Roma&kind=Class&lang=es", "city=roma&kind=class"),
    (f"{EVENT}/sessions?lang=es", "lang=es"),
    (f"{TONIGHT}?latitude=90&longitude=180&radius_km=7", "latitude=89.95&longitude=-179.95&radius_km=10"),
    (f"{TONIGHT}?city=Z%C3%BCrich", "city=zurich"),
    (f"{VENUES}?q=%40Sal%C3%B3n%20%20Canning&city=BERLIN", "city=berlin&q=%40salon%20canning"),
]  # fmt: skip
# Refused, or not certain to mean what another spelling does.
LEFT = [
    f"{LIST}?city=berlin&lang=es&limit=51",
    f"{LIST}?city=%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0&lang=es",
    f"{LIST}?city=berlin&kind=opera&lang=es",
    f"{TONIGHT}?lang=es&latitude=1",
    f"{TONIGHT}?lang=es&latitude=1&longitude=1&radius_km=0",
    f"{VENUES}?city=berlin&lang=es",
    f"{LIST}?limit=",
    f"{LIST}?limit=51",
    f"{LIST}?city=%FF",
    f"{LIST}?city=%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0",
    f"{LIST}?kind=opera",
    f"{LIST}?kind=opera&kind=milonga&kind=class",
    f"{LIST}?near=me",
    f"{LIST}?near=90.0001%2C0",
    f"{LIST}?near=0.0625%2C0",
    f"{LIST}?latitude=1",
    f"{LIST}?latitude=1&longitude=1.5&near=1%2C1.5",
    f"{LIST}?radius_km=25",
    f"{LIST}?near=1%2C1&radius_km=0.05",
    f"{LIST}?bbox=1%2C90.0001%2C2%2C91",
    f"{LIST}?from=2031-04-31T00%3A00%3A00Z",
    f"{LIST}?from=2031-05-01",
    f"{LIST}?from=2031-05-01T10%3A00%3A50Z&to=2031-05-01T10%3A00%3A20Z",
    f"{LIST}?from=2000-01-01T00%3A00%3A00%2B14%3A00",
    f"{LIST}?sort=distance",
    f"{LIST}?currency=ARS",
    f"{TONIGHT}?city=berlin&latitude=1",
    f"{TONIGHT}?latitude=91&longitude=1",
]  # fmt: skip


def key(edge: Running, address: str) -> str:
    """What CloudFront takes for the address."""
    passed = edge("PublicRequests").run([request(address)])[0]
    query = passed["querystring"]
    return f"{passed['uri']}?{query}" if query else str(passed["uri"])


@pytest.mark.parametrize("address", DROPPED)
def test_what_says_nothing_is_left_out(edge: Running, address: str) -> None:
    assert key(edge, address) == address.partition("?")[0]


@pytest.mark.parametrize(("address", "query"), SPELT)
def test_what_means_the_same_is_spelt_the_same(edge: Running, address: str, query: str) -> None:
    assert key(edge, address) == f"{address.partition('?')[0]}?{query}"


@pytest.mark.parametrize("address", LEFT)
def test_what_is_not_certain_is_handed_on_as_it_came(edge: Running, address: str) -> None:
    assert key(edge, address) == address


@pytest.mark.parametrize("address", [spelt for spelt, _ in SPELT])
def test_the_one_spelling_stays(edge: Running, address: str) -> None:
    assert key(edge, key(edge, address)) == key(edge, address)


def test_a_path_has_one_spelling_too(edge: Running) -> None:
    assert key(edge, f"{EVENT.upper().replace('/API/PUBLIC/EVENTS', LIST)}/") == EVENT
    # Of a calendar's the name is told as it was asked for.
    assert key(edge, "/api/public/calendars/Buenos%20Aires.ics") == "/api/public/calendars/Buenos%20Aires.ics"


def test_no_two_questions_share_a_key(edge: Running) -> None:
    meant = {f"{address.partition('?')[0]}?{query}" for address, query in SPELT} | set(LEFT)
    assert {key(edge, address) for address in meant} == meant


def described() -> Iterator[tuple[str, set[str]]]:
    """Each public route that is read, and what it takes."""
    for path, operations in json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"].items():
        if path.startswith(PUBLIC) and "get" in operations:
            yield path, {one["name"] for one in operations["get"]["parameters"] if one["in"] == "query"}


@pytest.mark.parametrize(("path", "taken"), list(described()))
def test_a_route_is_asked_by_what_the_description_names(edge: Running, path: str, taken: set[str]) -> None:
    everything = sorted({name for _, names in described() for name in names} | {"other"})
    asked = re.sub(r"\{\w+\}", "x", path) + "?" + "&".join(f"{name}=es" for name in everything)

    passed = edge("PublicRequests").run([request(asked)])[0]["querystring"]

    assert {part.partition("=")[0] for part in passed.split("&")} == taken
