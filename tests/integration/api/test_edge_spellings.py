"""What the edge makes of a question is the same question: the API answers both alike, byte by byte, refusals too.

So two questions that share a key have one answer, and two that have not never share one.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from operations.edge_runtime import Edge, request
from tests.factories.people import make_event
from tests.fixtures.gateway import Answer
from tests.integration.api.scene import Scene

EXAMPLES = 100  # of each path
LISTS = ("events", "events/facets", "events.geojson")
PATHS = (*LISTS, "events/tonight", "venues")
# Right ones in many spellings, ones at a border, and wrong ones.
DEGREES = some.one_of(
    some.decimals(-200, 200, places=3).map(str),
    some.decimals(-91, 91, places=6).map(str),
    some.sampled_from(
        ["-34.59", "0.0625", "-0.0625", "33.1875", "0.0005", "90", "-90", "90.0001", "180", "-180", "179.9996"]
    ),
    some.sampled_from(["-0", "1e1", "inf", "1_0", " 5", "+5", "05", "5.", ".5", "x", "-34.589500000000001"]),
)
SPACED = some.sampled_from(["{}", " {} ", "{}\t", "\u00a0{}", "\ufeff{}", "\x1c{}"])
TEXTS = [
    "Buenos Aires", "buenos  aires", "B\u00faenos A\u00edres", "Bu\u0301enos Aires", "S\u00e3o Paulo", "stra\u00dfe",
    "\u0130stanbul", "\u212aiel", "L\u00f8ten", "\u00e6", "M\u0000", "\u202e", "", "---", "a_b @c", "@sal\u00f3n",
    "A" * 101,
    " ".join("abcdefghijk"), "La Viruta", "viruta LA la", "Milonga", "d'Arienzo, 1935",
    "\u041c\u043e\u0441\u043a\u0432\u0430",
]  # fmt: skip
MOMENTS = [
    "2031-05-01T00:00:00Z", "2031-05-01T00:00:59.999999Z", "2031-05-01T00:00:00.0000001Z", "2031-05-01t02:00+02:00",
    "2031-05-01 00:00:30z", "2031-05-01T00:00:61Z", "2031-04-31T00:00:00Z", "2031-05-01T24:00:00Z", "2031-05-01",
    "2031-05-01T00:00:00", "2000-01-01T00:00:00+14:00", "2000-01-01T00:00:00-14:00", "2031-05-01T00:00:00+23:59",
    "2031-05-01T00:00:30.5-00:30", "2031-05-01T00:30:10Z", "2031-05-01T00:30:20Z", "soon", "1999-12-31T23:59:59Z",
]  # fmt: skip
KINDS = ["milonga", "Milonga", " class ", "milonga,class", "class,,milonga,class", "opera", ",", "class," * 80]
VALUES: dict[str, Any] = {
    "city": some.sampled_from(TEXTS),
    "q": some.sampled_from(TEXTS),
    "country": some.builds(str.format, SPACED, some.sampled_from(["ar", "AR", "De", "\u212ar", "arg", ""])),
    "near": some.builds("{},{}".format, DEGREES, DEGREES),
    "latitude": DEGREES,
    "longitude": DEGREES,
    "radius_km": some.sampled_from(
        ["25", "25.0", "25.04", "25.05", "0.1", "0.05", "500", "500.01", "7", "100", "101", "10.25", "-5", "x", "025"]
    ),
    "bbox": some.builds("{},{},{},{}".format, DEGREES, DEGREES, DEGREES, DEGREES)
    | some.sampled_from(["-60,-35,-58,-34", "180,-35,-180,-34", "-60.0,-35.0001,-58,-34", "1,2,3"]),
    "from": some.sampled_from(MOMENTS),
    "to": some.sampled_from(MOMENTS),
    "zone": some.sampled_from(["Europe/Berlin", "America/Argentina/Buenos_Aires", "CET", ""]),
    "kind": some.sampled_from(KINDS),
    "role": some.builds(str.format, SPACED, some.sampled_from(["leader", "Followers", "both"])),
    "price_max": some.sampled_from(["0", "900", "00", "-1", "x", "99999999999999", "1.5"]),
    "currency": some.sampled_from(["ars", "ARS", "XXX", " eur", "pesos", ""]),
    "free": some.sampled_from(["true", "YES", "1", "no", "0", "off", "maybe", "", "T"]),
    "organiser": some.sampled_from(["01890A5D-AC96-774B-BCCE-B302099A8057", "01890a5dac96774bbcceb302099a8057", "x"]),
    "sort": some.builds(str.format, SPACED, some.sampled_from(["start", "Rank", "DISTANCE", "price"])),
    "limit": some.sampled_from(["20", "5", "05", "0", "51", "", "x"]),
    "cursor": some.sampled_from(["", "x"]),
    "lang": some.sampled_from(["es", "en", "ES-ar", "fr", "", "es-419"]),
    "utm_source": some.just("mail"),
}
# What is read together is asked together; and few at a time, or hardly any question would be a right one.
TOGETHER = [
    ("latitude", "longitude"), ("latitude", "longitude", "radius_km"), ("near", "radius_km"), ("near", "sort"),
    ("from", "to"), ("from", "to", "zone"), ("kind", "kind"), ("price_max", "currency"),
    ("free", "price_max", "currency"),
    ("q", "sort"), ("city", "city"), ("city", "latitude"),
    *((name,) for name in VALUES),
]  # fmt: skip
GROUP = some.sampled_from(TOGETHER).flatmap(
    lambda names: some.tuples(*(VALUES[name].map(lambda value, name=name: f"{name}={quote(value)}") for name in names))
)
QUESTIONS = some.lists(GROUP, max_size=2).map(lambda groups: "&".join(part for group in groups for part in group))


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with Edge("PublicRequests") as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def on(scene: Scene) -> None:
    """What takes place, so that an answer is not always that nothing does."""
    with scene.platform.unit_of_work() as work:
        for city, latitude in (("Buenos Aires", -34.59), ("S\u00e3o Paulo", -23.55), ("\u0130stanbul", 41.01)):
            make_event(
                work, scene.platform.clock, scene.people.owner.id, title=f"La Viruta de {city}", city=city,
                venue_name=f"Sal\u00f3n de {city}", latitude=latitude, longitude=5.0,
            )  # fmt: skip


def answered(scene: Scene, path: str, query: str) -> tuple[object, ...]:
    """With what was looked up in the cache: the question as the API itself understood it, if it did."""
    understood: list[object] = []
    cache = scene.platform.cache
    recall = type(cache).recall

    def spied(key: str, *args: Any, **named: Any) -> bytes:
        understood.append((key, named.get("part")))
        return recall(cache, key, *args, **named)

    cache.recall = spied  # type: ignore[method-assign]
    answer: Answer = scene.gateway.get(path, query=parse_qsl(query, keep_blank_values=True))
    return understood, answer.status, answer.text, answer.headers.get("etag"), answer.headers["cache-control"]


@pytest.mark.parametrize("path", PATHS)
def test_the_edge_asks_what_the_viewer_asked(scene: Scene, edge: Edge, path: str) -> None:
    @settings(suppress_health_check=list(HealthCheck), derandomize=True, max_examples=EXAMPLES)
    @given(QUESTIONS)
    def holds(question: str) -> None:
        passed = edge.run([request(f"/api/public/{path}?{question}")])[0]
        assert answered(scene, passed["uri"], passed["querystring"]) == answered(scene, f"/api/public/{path}", question)

    holds()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "questions",
    [
        ("city=Buenos%20Aires", "city=buenos+AIRES&utm_source=x", "kind=&city=B%C3%BAenos%20aires&limit=20"),
        ("latitude=-34.59&longitude=5", "near=-34.5900001,5.0&radius_km=25"),
        ("q=la%20viruta&free=no", "q=VIRUTA%20la"),
    ],
)
def test_spellings_share_a_key_and_an_answer(scene: Scene, edge: Edge, path: str, questions: tuple[str, ...]) -> None:
    passed = edge.run([request(f"/api/public/{path}?{question}") for question in questions])
    assert len({each["querystring"] for each in passed}) == 1
    answers = [answered(scene, f"/api/public/{path}", question) for question in questions]
    assert all(answer == answers[0] for answer in answers)
    assert "Viruta" in str(answers) or path == "events/facets"
