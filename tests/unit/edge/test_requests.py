"""Who is where and speaks what, and which address a thing has; whatever a viewer sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from functions.api.language import preferred
from operations.edge_runtime import request
from tests.unit.edge.conftest import Running

HERE = {"CloudFront-Viewer-Latitude": "-34.61150", "CloudFront-Viewer-Longitude": "-58.37450"}
NAMED = {"CloudFront-Viewer-City": "S%C3%A3o Paulo", "CloudFront-Viewer-Country": "BR"}
TONIGHT = "/api/public/events/tonight"
WEIGHTS = ["", ";q=1", ";q=0", ";q=0.5", "; q = 0.8", ";q=.3", ";q=2", ";q=much", ";q=", ";level=1", ";q=0.5;x=1"]
TAGS = ["es", "es-AR", "EN", "en-GB", "de", "*", "", "estonian"]


@pytest.mark.parametrize(
    ("address", "told", "place"),
    [
        (f"{TONIGHT}?near=me", HERE, f"{TONIGHT}?latitude=-34.65&longitude=-58.35"),
        (f"{TONIGHT}?near=me", HERE | NAMED, f"{TONIGHT}?latitude=-34.65&longitude=-58.35"),
        (f"{TONIGHT}?near=me", NAMED, f"{TONIGHT}?city=S%C3%A3o%20Paulo"),
        ("/api/public/events?near=me", NAMED, "/api/public/events?city=S%C3%A3o%20Paulo"),
        ("/api/public/events?near=me", {"CloudFront-Viewer-Country": "BR"}, "/api/public/events?country=BR"),
        (
            "/api/public/events.geojson?kind=milonga&kind=class&near=me",
            HERE,
            "/api/public/events.geojson?kind=milonga&kind=class&latitude=-34.65&longitude=-58.35",
        ),
    ],
)
def test_near_me_is_an_address_that_says_where(edge: Running, address: str, told: dict[str, str], place: str) -> None:
    answer = edge("PublicRequests").run([request(address, told)])[0]
    assert answer["statusCode"] == 307
    assert answer["headers"]["location"]["value"] == place
    assert answer["headers"]["cache-control"]["value"] == "no-store"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"{TONIGHT}?near=me", {}),
        (f"{TONIGHT}?near=me", {"CloudFront-Viewer-Country": "BR"}),
        (f"{TONIGHT}?near=me", {"CloudFront-Viewer-Latitude": "1"}),
        (f"{TONIGHT}?near=1,2", HERE),
        (f"{TONIGHT}?near=me&latitude=1&longitude=2", HERE),
        ("/api/public/venues?near=me", HERE),
    ],
)
def test_nobody_else_is_sent_anywhere(edge: Running, address: str, told: dict[str, str]) -> None:
    assert "statusCode" not in edge("PublicRequests").run([request(address, told)])[0]


def test_where_a_viewer_is_changes_no_key(edge: Running) -> None:
    """Forged or told: without `near=me` nothing of it reaches the query, and with it only a cell does."""
    asked = "/api/public/events?city=Berlin"
    keys = {
        str(edge("PublicRequests").run([request(asked, headers)])[0]["querystring"]) for headers in ({}, HERE, NAMED)
    }
    assert keys == {"city=berlin"}
    forged = {"CloudFront-Viewer-Latitude": "1\r\nSet-Cookie: a=b", "CloudFront-Viewer-City": "x\r\nSet-Cookie: a=b"}
    answer = edge("PublicRequests").run([request(f"{TONIGHT}?near=me", forged)])[0]
    assert answer["headers"]["location"]["value"] == f"{TONIGHT}?city=x%0D%0ASet-Cookie%3A%20a%3Db"


@pytest.mark.parametrize("name", ["PublicRequests", "GuestRequests"])
@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "es-AR,es;q=0.9,en;q=0.5", "es"),
        ("?lang=en", "es", ""),
        ("?lang=es", "en", "es"),
        ("?lang=", "es", "es"),
        ("?lang=es&lang=", "en", "es"),
        ("?lang=fr", "es", ""),
        ("", "fr", ""),
    ],
)
def test_the_language_is_in_the_address(edge: Running, name: str, query: str, accepted: str, language: str) -> None:
    asked = request(f"/api/public/guests{query}", {"Accept-Language": accepted})
    found = edge(name).run([asked])[0]["querystring"]
    if isinstance(found, str):
        assert found == (f"lang={language}" if language else "")
    else:
        assert found == ({"lang": {"value": language}} if language else {})


@given(some.lists(some.tuples(some.sampled_from(TAGS), some.sampled_from(WEIGHTS)), max_size=4))
def test_browsers_are_understood_as_the_api_understands_them(edge: Running, parts: list[tuple[str, str]]) -> None:
    accepted = ",".join(tag + weight for tag, weight in parts)
    passed = edge("PublicRequests").run([request("/api/public/events", {"Accept-Language": accepted})])[0]
    assert (passed["querystring"].removeprefix("lang=") or "en") == preferred(accepted)


@pytest.mark.parametrize("name", ["ApiRequests", "SiteRequests"])
@pytest.mark.parametrize(
    ("host", "address", "sent_to"),
    [
        ("mundotango.example", "/api/users/malena/", "/api/users/malena"),
        ("mundotango.example", "/api/users//?a=1&b=%20&a=2", "/api/users?a=1&a=2&b=%20"),
        ("www.mundotango.example", "/api/feed?limit=5", "https://mundotango.example/api/feed?limit=5"),
        ("mundotango.example", "//evil.example/", "/evil.example"),
        ("mundotango.example", "/\\evil.example/", "/evil.example"),
        ("www.mundotango.example", "//evil.example", "https://mundotango.example/evil.example"),
    ],
)
def test_a_thing_has_one_address(edge: Running, name: str, host: str, address: str, sent_to: str) -> None:
    asked = request(address, {"Host": host})
    asked["uri"] = address.partition("?")[0]
    answer = edge(name).run([asked])[0]
    assert answer["statusCode"] == 301
    assert answer["headers"]["location"]["value"] == sent_to


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_what_is_sent_is_not_sent_on(edge: Running, method: str) -> None:
    assert "statusCode" not in edge("ApiRequests").run([request("/api/posts/", {"Host": "www.m.example"}, method)])[0]


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "/index.html"),
        ("/tonight/berlin", "/index.html"),
        ("/events/1.5/x", "/index.html"),
        ("/robots.txt", "/robots.txt"),
        ("/.well-known/assetlinks.json", "/.well-known/assetlinks.json"),
        ("/api", "/api"),
        ("/media", "/media"),
        ("/apiary", "/index.html"),
    ],
)
def test_addresses_of_the_web_client_are_one_page(edge: Running, path: str, page: str) -> None:
    assert edge("SiteRequests").run([request(path)])[0]["uri"] == page


def test_the_edge_tells_the_host_whatever_the_viewer_says(edge: Running) -> None:
    passed = edge("ViewerHost").run([request("/ws", {"x-viewer-host": "evil.example"})])[0]
    assert passed["headers"]["x-viewer-host"] == passed["headers"]["host"] == {"value": "mundotango.example"}
