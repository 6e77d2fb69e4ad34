from collections.abc import Callable
from uuid import UUID

import pytest

from mundotango import ids
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]

PEOPLE = {
    "malena": ("Malena Ferreyra", "Buenos Aires"),
    "defne_ist": ("Defne Yıldız", "İstanbul"),
    "joao": ("João Conceição", "São Paulo"),
    "ines_mvd": ("Inés Cardozo", "Montevideo"),
    "soren": ("Søren Ægir", "Århus"),
    "jiwoo": ("김지우", "서울"),
    "marija": ("Мария Петрова", "Москва"),
    "teo_vals": ("Teo Álvarez", "Buenos Aires"),
    "percent": ("100 % tango", "Rome"),
    "malenita": ("Somebody Else", "Paris"),
}


@pytest.fixture
def reader(gateway: Gateway) -> UUID:
    for handle, (name, city) in PEOPLE.items():
        profile = {"handle": handle, "display_name": name, "city": city}
        assert gateway.post("/api/users", user=ids.new_id(), json=profile).status == 201
    return ids.new_id()


def found(gateway: Gateway, reader: UUID, **query: object) -> list[str]:
    answer = gateway.get("/api/users", user=reader, query=query)
    assert answer.status == 200, answer.text
    return [person["handle"] for person in answer.json()["items"]]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("malena", "malena"),
        ("MALENA", "malena"),
        ("ferreyra", "malena"),
        ("reyr", "malena"),
        ("malnea ferreyra", "malena"),
        ("fereyra", "malena"),
        ("ferrreira", "malena"),
        ("inés", "ines_mvd"),
        ("INES", "ines_mvd"),
        ("montevidео", None),  # with a Cyrillic е and о: near enough all the same
        ("yildiz", "defne_ist"),
        ("istanbul", "defne_ist"),
        ("conceicao", "joao"),
        ("sao paulo", "joao"),
        ("soren", "soren"),
        ("aegir", "soren"),
        ("지우", "jiwoo"),
        ("김", "jiwoo"),
        ("мария", "marija"),
        ("МОСКВА", "marija"),
        ("петрва", "marija"),
        ("teo alvarez buenos aires", "teo_vals"),
        ("defne_ist", "defne_ist"),
        ("100 %", "percent"),
    ],
)
def test_people_are_found_by_what_they_are_called(gateway: Gateway, reader: UUID, q: str, first: str | None) -> None:
    handles = found(gateway, reader, q=q)
    assert handles
    assert first is None or handles[0] == first


@pytest.mark.parametrize("q", ["zzzzzz", "x%%%x", "z_z", "\\q", "' OR 1=1 --"])
def test_nobody_is_called_so(gateway: Gateway, reader: UUID, q: str) -> None:
    assert found(gateway, reader, q=q) == []


@pytest.mark.parametrize("q", ["malena", "@malena", "＠Malena"])
def test_the_person_of_this_very_handle_comes_before_who_is_called_so(gateway: Gateway, reader: UUID, q: str) -> None:
    namesake = {"handle": "zoe", "display_name": "Malena"}
    assert gateway.post("/api/users", user=ids.new_id(), json=namesake).status == 201
    assert found(gateway, reader, q=q)[:2] == ["malena", "zoe"]


def test_who_fits_best_comes_first(gateway: Gateway, reader: UUID) -> None:
    assert found(gateway, reader, q="malena") == ["malena", "malenita"]


def test_pages_of_a_search_have_everybody_once(gateway: Gateway, join: Join, reader: UUID) -> None:
    for number in range(7):
        join(f"osvaldo_{number}")
    everybody = found(gateway, reader, q="osvaldo", limit=50)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = gateway.get("/api/users", user=reader, query={"q": "Osvaldo", "limit": 2, "cursor": cursor}).json()
        seen += [person["handle"] for person in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen == everybody
    assert len(set(seen)) == 7


def test_the_people_of_a_city(gateway: Gateway, reader: UUID) -> None:
    assert set(found(gateway, reader, city="BUENOS  AIRES")) == {"malena", "teo_vals"}
    assert found(gateway, reader, city="Sao Paulo") == ["joao"]
    first = gateway.get("/api/users", user=reader, query={"city": "Buenos Aires", "limit": 1}).json()
    cursor = first["next_cursor"]
    rest = found(gateway, reader, city="Buenos Aires", cursor=cursor)
    assert {first["items"][0]["handle"], *rest} == {"malena", "teo_vals"}
    for query in ({"city": "Rome"}, {"q": "malena"}):
        assert gateway.get("/api/users", user=reader, query=query | {"cursor": cursor}).problem == "bad-cursor"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "  "}, "q"),
        ({"q": "\u0301"}, "q"),
        ({"q": "x" * 101}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "%%%"}, "q"),
        ({"q": "___"}, "q"),
        ({"q": "💃"}, "q"),
        ({"q": "\u202eabc"}, "q"),
        ({"q": "a", "city": "Rome"}, "q"),
        ({"city": "\u0301"}, "city"),
        ({"city": "x" * 101}, "city"),
        ({"q": "a", "limit": 51}, "limit"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_field(gateway: Gateway, query: dict[str, object], field: str) -> None:
    answer = gateway.get("/api/users", user=ids.new_id(), query=query)
    assert (answer.status, answer.refused_fields) == (422, {field})


def test_whom_those_i_follow_follow_is_suggested_then_my_city(gateway: Gateway, join: Join) -> None:
    names = ("malena", "carlos", "teo", "ines", "nuria", "jonas", "muted", "asked", "hidden")
    people = {handle: join(handle) for handle in names}

    def act(handle: str, *others: str, verb: str = "follow") -> None:
        for other in others:
            assert gateway.put(f"/api/users/{other}/{verb}", user=people[handle]).status in (202, 204)

    gateway.patch("/api/users/me", user=people["nuria"], json={"city": "Paris"})
    gateway.patch("/api/users/me", user=people["asked"], json={"private": True})
    act("malena", "carlos", "teo", "asked")
    act("carlos", "malena", "teo", "ines", "nuria", "muted", "asked", "hidden")
    act("teo", "nuria")
    act("malena", "muted", verb="mute")
    act("hidden", "malena", verb="block")

    answer = gateway.get("/api/users/me/suggestions", user=people["malena"])
    assert [person["handle"] for person in answer.json()["items"]] == ["nuria", "ines", "jonas"]
    one = gateway.get("/api/users/me/suggestions", user=people["malena"], query={"limit": 1})
    assert [person["handle"] for person in one.json()["items"]] == ["nuria"]


def test_to_who_has_no_profile_nobody_is_suggested(gateway: Gateway, join: Join) -> None:
    join("malena")
    assert gateway.get("/api/users/me/suggestions", user=ids.new_id()).json() == {"items": []}
