import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.api.caching import AHEAD, FRESH
from mundotango import ids, places
from mundotango.errors import FieldError, Invalid
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]
MILONGA: dict[str, Any] = {
    "title": "La Viruta",
    "description": "Clase a las ocho.",
    "kind": "milonga",
    "city": "Buenos Aires",
    "country": "AR",
    "venue_name": "La Viruta",
    "address": "Armenia 1366",
    "latitude": -34.5895,
    "longitude": -58.4286,
    "zone": "America/Argentina/Buenos_Aires",
    "starts_at": "2031-05-02T22:00:00-03:00",
    "ends_at": "2031-05-03T05:00:00-03:00",
}
# What is answered of an event that says no more than that.
BARE: dict[str, Any] = {
    "original_start": "2031-05-02T22:00:00",
    "first_start": "2031-05-02T22:00:00",
    "night": "2031-05-02",
    "language": "",
    "translations": [],
    "status": "published",
    "rule": "",
    "excluded": [],
    "added": [],
    "people": [],
    "price": None,
    "currency": "",
    "link": "",
    "tags": [],
    "media": [],
    "parent_id": None,
    "version": 1,
}


@pytest.fixture
def organiser(join: Join) -> UUID:
    return join("malena")


def announce(gateway: Gateway, organiser: UUID, **changes: Any) -> dict[str, Any]:
    answer = gateway.post("/api/events", user=organiser, json=MILONGA | changes)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_event_is_made_and_read_by_anybody(gateway: Gateway, organiser: UUID) -> None:
    made = gateway.post("/api/events", user=organiser, json=MILONGA)

    assert made.status == 201
    assert made.json() == MILONGA | BARE | {
        "id": made.json()["id"],
        "occurrence_id": made.json()["occurrence_id"],
        "venue_id": made.json()["venue_id"],
        "starts_at": "2031-05-03T01:00:00Z",
        "ends_at": "2031-05-03T08:00:00Z",
        "organiser_id": str(organiser),
        "created_at": made.json()["created_at"],
        "changed_at": made.json()["changed_at"],
    }
    read = gateway.get(made.headers["location"])
    assert read.json() == made.json() | {"json_ld": read.json()["json_ld"]}
    for path in ("/occurrences", "/sessions"):
        assert gateway.get(made.headers["location"] + path).headers["cache-control"] == FRESH


@pytest.mark.parametrize(
    ("until_it_starts", "keepers", "at_the_edge"),
    [
        pytest.param(timedelta(days=1, minutes=1), AHEAD, 3600, id="not before tomorrow"),
        pytest.param(timedelta(days=1), FRESH, 3600, id="within a day"),
        pytest.param(-timedelta(hours=6), FRESH, 3600, id="going on"),
        pytest.param(-timedelta(hours=6, minutes=50), FRESH, 600, id="soon over, when the next time is told"),
        pytest.param(-timedelta(hours=8), AHEAD, 3600, id="over"),
    ],
)
def test_browsers_keep_for_less_long_what_somebody_may_be_on_their_way_to(
    gateway: Gateway, organiser: UUID, until_it_starts: timedelta, keepers: str, at_the_edge: int
) -> None:
    """And the edge until it changes, an hour at most, or until it is over."""
    event = announce(gateway, organiser)
    gateway.platform.clock = FakeClock(datetime.fromisoformat(event["starts_at"]) - until_it_starts)

    said = gateway.get(f"/api/public/events/{event['id']}").headers["cache-control"]
    assert said == re.sub(r"s-maxage=\d+", f"s-maxage={at_the_edge}", keepers)


def test_the_list_is_by_city_and_time_and_kept_at_the_edge(gateway: Gateway, organiser: UUID) -> None:
    here = announce(gateway, organiser)
    announce(gateway, organiser, city="Paris", country="FR", zone="Europe/Paris")
    announce(gateway, organiser, starts_at="2031-06-02T22:00:00Z", ends_at="2031-06-02T23:00:00Z")
    asked = {"city": "buenos aires", "from": "2031-05-01T00:00:00Z", "to": "2031-05-31T00:00:00Z"}

    answer = gateway.get("/api/public/events", query=asked)

    assert answer.json() == {"items": [here], "next_cursor": None}
    assert answer.headers["cache-control"] == AHEAD
    again = gateway.get("/api/public/events", query=asked, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert again.headers["cache-control"] == answer.headers["cache-control"]


def test_the_list_answers_the_same_bytes_to_everybody(gateway: Gateway, organiser: UUID) -> None:
    announce(gateway, organiser)

    anonymous = gateway.get("/api/public/events")
    known = gateway.get("/api/public/events", user=organiser, headers={"Accept-Language": "es"})

    assert (anonymous.text, anonymous.headers["etag"]) == (known.text, known.headers["etag"])
    assert "vary" not in known.headers


def test_the_list_comes_in_pages_by_time(gateway: Gateway, organiser: UUID) -> None:
    start = datetime(2031, 5, 1, tzinfo=UTC)
    made = [
        announce(
            gateway,
            organiser,
            starts_at=(start + timedelta(days=n)).isoformat(),
            ends_at=(start + timedelta(days=n, hours=4)).isoformat(),
        )["id"]
        for n in (3, 0, 4, 1, 2)
    ]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = gateway.get("/api/public/events", query={"city": "", "limit": 2, "cursor": cursor}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seen == [made[i] for i in (1, 3, 4, 0, 2)]


def test_a_list_is_read_from_the_cache_until_an_event_is_announced_in_its_city(
    gateway: Gateway, organiser: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = [{}, {"limit": 3}, {"city": "cordoba"}, {"city": "Rosario"}]
    begun: list[str] = []
    begin = gateway.platform.database.transaction

    def transaction() -> Any:
        begun.append("a transaction")
        return begin()

    def loaded(query: Mapping[str, object]) -> bool:
        begun.clear()
        assert gateway.get("/api/public/events", query=query).status == 200
        return bool(begun)

    monkeypatch.setattr(gateway.platform.database, "transaction", transaction)

    announce(gateway, organiser, city="Córdoba")
    assert [loaded(query) for query in asked] == [True, True, True, True]
    asked.append({"city": " CORDOBA "})
    assert [loaded(query) for query in asked] == [False] * 5

    announce(gateway, organiser, city="Cordoba")
    assert [loaded(query) for query in asked] == [True, True, True, False, False]
    assert len(gateway.get("/api/public/events", query={"city": "cordoba"}).json()["items"]) == 2


def test_an_answer_from_the_cache_is_the_same_to_the_byte(gateway: Gateway, organiser: UUID) -> None:
    announce(gateway, organiser)
    first, second = gateway.get("/api/public/events"), gateway.get("/api/public/events")

    assert (second.text, second.headers) == (first.text, first.headers)
    assert second.headers["cache-control"] == AHEAD
    known = {"If-None-Match": first.headers["etag"]}
    assert gateway.get("/api/public/events", headers=known).status == 304


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2031-05-01"}, "from"),
        ({"from": "1777777777"}, "from"),
        ({"from": "2031-05-01T00:00:00"}, "from"),
        ({"to": "2031-13-01T00:00:00Z"}, "to"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"city": "a\x00b"}, "city"),
        ({"city": "x" * 500}, "city"),
        ({"limit": "51"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
    ],
)
def test_a_list_that_cannot_be_is_refused_and_not_kept(gateway: Gateway, query: dict[str, str], field: str) -> None:
    answer = gateway.get("/api/public/events", query=query)

    assert 400 <= answer.status < 500
    assert answer.refused_fields == {field}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "rave"}, "kind"),
        ({"country": "Argentina"}, "country"),
        ({"country": "AR\n"}, "country"),
        ({"country": "ar"}, "country"),
        ({"country": 54}, "country"),
        ({"latitude": 91}, "latitude"),
        ({"latitude": -90.5}, "latitude"),
        ({"latitude": True}, "latitude"),
        ({"latitude": 10**400}, "latitude"),
        ({"longitude": 180.5}, "longitude"),
        ({"longitude": "-58"}, "longitude"),
        ({"latitude": float("nan")}, "latitude"),
        ({"longitude": float("inf")}, "longitude"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"starts_at": 1777777777}, "starts_at"),
        ({"starts_at": "2031-05-02T22:00:00"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at"),
        ({"ends_at": "2031-05-02T21:00:00-03:00"}, "ends_at"),
        ({"title": " "}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"organiser_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "organiser_id"),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_field(
    gateway: Gateway, organiser: UUID, change: dict[str, Any], field: str
) -> None:
    answer = gateway.post("/api/events", user=organiser, json=MILONGA | change)

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == {field}


@pytest.mark.parametrize(
    ("rule", "value"), [(places.country, "ar"), (places.latitude, 90.5), (places.longitude, -181.0)]
)
def test_where_an_event_may_be_is_said_by_the_policy_alone(
    gateway: Gateway, organiser: UUID, rule: Callable[[Any], object], value: object
) -> None:
    with pytest.raises(Invalid) as refused:
        rule(value)

    answer = gateway.post("/api/events", user=organiser, json=MILONGA | {rule.__name__: value})

    assert [FieldError(**error) for error in answer.json()["errors"]] == list(refused.value.fields)


def test_what_is_not_there_is_not_found_and_not_kept(gateway: Gateway) -> None:
    answer = gateway.get(f"/api/public/events/{ids.new_id()}")

    assert (answer.status, answer.problem) == (404, "not-found")
    assert answer.headers["cache-control"] == "no-store"


def test_who_has_no_profile_organises_nothing(gateway: Gateway) -> None:
    assert gateway.post("/api/events", user=ids.new_id(), json=MILONGA).problem == "profile-missing"
