"""One question has one form, however it is spelt, and what cannot be asked is refused by name."""

from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any, get_args
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from functions.api.schemas.agenda import ListFilters
from mundotango.agenda import policy
from mundotango.agenda.model import Box, Near, Price, Query
from mundotango.errors import Invalid
from mundotango.events.model import EventKind

EXAMPLE = "01890a5d-ac96-774b-bcce-b302099a8057"


def asked(*pairs: tuple[str, object]) -> Query:
    """As a request brings them."""
    params = QueryParams(urlencode(pairs))
    values = {name: params.getlist(name) if name == "kind" else params[name] for name in params}
    return ListFilters.model_validate(values).query()


def test_nothing_asked_is_everything() -> None:
    assert policy.query() == Query()
    assert (
        asked(*((name, "") for name in ListFilters.model_fields if name not in {"from_", "kind", "limit"})) == Query()
    )


# Of each parameter, spellings that say the same.
SAME: dict[str, list[list[tuple[str, object]]]] = {
    "city": [[("city", name)] for name in ("Buenos Aires", "buenos aires", " BUENOS  AIRES ", "Buénos Airês")],
    "country": [[("country", name)] for name in ("AR", "ar", " Ar ")],
    "near": [
        [("near", "-34.6037,-58.3816")],
        [("near", " -34.60371 , -58.38158")],
        [("latitude", -34.6041), ("longitude", "-58.3819")],
        [("longitude", -58.3820001), ("latitude", "-34.604"), ("radius_km", 25)],
        [("near", "-34.6042,-58.3822"), ("radius_km", "25.04")],
    ],
    "bbox": [[("bbox", "170,-50,-170,-30")], [("bbox", "170.0001,-50.0,-170,-3e1")]],
    "when": [
        [("from", "2026-12-01T00:00:00+01:00"), ("to", "2026-12-03T23:00:00Z")],
        [("from", "2026-11-30T23:00:00Z"), ("to", "2026-12-03T22:59:30Z")],
        [("from", "2026-11-30t23:00:21.5z"), ("to", "2026-12-03T23:00Z")],
        [("from", "2026-12-01"), ("to", "2026-12-03"), ("zone", "Europe/Berlin")],
        [("from", "2026-12-01T00:00"), ("to", "2026-12-03"), ("zone", "Europe/Madrid")],
    ],
    "kind": [
        [("kind", "milonga"), ("kind", "practica")],
        [("kind", "practica,milonga")],
        [("kind", "Milonga"), ("kind", " practica ,milonga,")],
    ],
    "role": [[("role", "leader")], [("role", "Leaders")]],
    "price": [
        [("price_max", 1500), ("currency", "EUR")],
        [("price_max", "1500"), ("currency", "eur")],
    ],
    "q": [[("q", "Milonga en La Viruta")], [("q", "viruta, la MILONGA en")], [("q", "¡la  milonga en la viruta!")]],
    "organiser": [[("organiser", EXAMPLE)], [("organiser", EXAMPLE.upper())]],
    "sort": [[("sort", "start")], [("sort", " START")]],
}


@given(st.sets(st.sampled_from(sorted(SAME))), st.randoms(use_true_random=False))
def test_order_and_spelling_say_nothing(chosen: set[str], dice: Random) -> None:
    def spelt() -> Query:
        pairs = [pair for name in chosen for pair in dice.choice(SAME[name])]
        dice.shuffle(pairs)
        return asked(*pairs)

    first, second = spelt(), spelt()

    assert repr(first) == repr(second)
    assert first == second


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([("free", "true")], Query(price=Price(0, ""))),
        ([("price_max", 0), ("currency", "ARS")], Query(price=Price(0, ""))),
        ([("free", "false")], Query()),
        ([("kind", "milonga,MILONGA")], Query(kinds=("milonga",))),
        ([("near", "-0.0001,180")], Query(near=Near(0.0, -180.0, 25_000))),
        ([("near", "90,0"), ("radius_km", 0.1)], Query(near=Near(90.0, 0.0, 100))),
        ([("bbox", "180,-10,-170,10")], Query(box=Box(-180.0, -10.0, -170.0, 10.0))),
        ([("bbox", "170,-10,-180,10")], Query(box=Box(170.0, -10.0, 180.0, 10.0))),
        ([("bbox", "-180,-90,180,90")], Query(box=Box(-180.0, -90.0, 180.0, 90.0))),
        ([("q", "viruta")], Query(words=("viruta",), order="rank")),
        ([("q", "viruta"), ("sort", "start")], Query(words=("viruta",))),
    ],
)
def test_the_form_of_a_question(pairs: list[tuple[str, object]], wanted: Query) -> None:
    assert repr(asked(*pairs)) == repr(wanted)


def test_all_kinds_are_no_restriction() -> None:
    assert asked(("kind", ",".join(get_args(EventKind)))) == Query()


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours long
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours long
        ("America/Argentina/Buenos_Aires", "2026-10-25", "2026-10-25T03:00", "2026-10-26T03:00"),
        # Clocks leap over midnight: the day begins at one, and ends at a midnight three hours before UTC's.
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00", "2026-09-07T03:00"),
        # Midnight comes twice: the evening before is an hour longer.
        ("America/Santiago", "2026-04-04", "2026-04-04T03:00", "2026-04-05T04:00"),
    ],
)
def test_a_day_is_as_long_as_clocks_have_it(zone: str, day: str, begins: str, ends: str) -> None:
    query = policy.query(from_=day, to=day, zone=zone)

    assert query.from_ == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert query.to == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_of_an_hour_that_comes_twice_the_first_is_meant_and_one_that_is_skipped_is_later() -> None:
    twice = policy.query(from_="2026-10-25T02:30", zone="Europe/Berlin")
    skipped = policy.query(from_="2026-03-29T02:30:00", zone="Europe/Berlin")

    assert twice.from_ == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert skipped.from_ == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"near": "91,0"}, "latitude"),
        ({"near": "0,-180.5"}, "longitude"),
        ({"near": "nan,0"}, "latitude"),
        ({"near": "inf,0"}, "latitude"),
        ({"near": "here"}, "near"),
        ({"near": "1,2,3"}, "near"),
        ({"near": "1,2", "latitude": 1.0}, "near"),
        ({"latitude": 1.0}, "longitude"),
        ({"longitude": 1.0}, "latitude"),
        ({"radius_km": 5.0}, "radius_km"),
        ({"near": "1,2", "radius_km": 0.0}, "radius_km"),
        ({"near": "1,2", "radius_km": -1.0}, "radius_km"),
        ({"near": "1,2", "radius_km": 500.1}, "radius_km"),
        ({"near": "1,2", "radius_km": float("nan")}, "radius_km"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "0,10,1,-10"}, "bbox"),
        ({"bbox": "0,10,1,10"}, "bbox"),
        ({"bbox": "5,0,5,10"}, "bbox"),
        ({"bbox": "0,0,181,10"}, "bbox"),
        ({"bbox": "0,-91,1,10"}, "bbox"),
        ({"bbox": "0,0,nan,10"}, "bbox"),
        ({"bbox": "a,b,c,d"}, "bbox"),
        ({"from_": "2026-12-02T00:00:00Z", "to": "2026-12-01T00:00:00Z"}, "to"),
        ({"from_": "2026-12-02", "to": "2026-12-01", "zone": "Europe/Berlin"}, "to"),
        ({"from_": "2026-12-02"}, "from"),
        ({"from_": "2026-12-02T10:00"}, "from"),
        ({"from_": "2026-02-30", "zone": "Europe/Berlin"}, "from"),
        ({"from_": "2026-12-02T25:00:00Z"}, "from"),
        ({"from_": "yesterday", "zone": "Europe/Berlin"}, "from"),
        ({"from_": "0001-01-01", "zone": "Asia/Tokyo"}, "from"),
        ({"to": "9999-12-31", "zone": "America/Lima"}, "to"),
        ({"to": "2026-12-02T10:00:00+99:00"}, "to"),
        ({"from_": "1999-12-31T23:00:00Z"}, "from"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "CET"}, "zone"),
        ({"country": "ARG"}, "country"),
        ({"country": "A1"}, "country"),
        ({"city": "\u0301"}, "city"),
        ({"kind": ["rave"]}, "kind"),
        ({"kind": ["milonga,rave"]}, "kind"),
        ({"role": "both"}, "role"),
        ({"price_max": -1, "currency": "EUR"}, "price_max"),
        ({"price_max": 10**12, "currency": "EUR"}, "price_max"),
        ({"price_max": 5}, "currency"),
        ({"price_max": 5, "currency": "XXX"}, "currency"),
        ({"currency": "EUR"}, "currency"),
        ({"q": "…"}, "q"),
        ({"q": "x" * 101}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "a b c d e f g h i j k"}, "q"),
        ({"sort": "price"}, "sort"),
        ({"sort": "distance"}, "sort"),
        ({"sort": "rank"}, "sort"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        policy.query(**said)

    assert [error.field for error in refused.value.fields] == [field]


@given(
    st.dictionaries(
        st.sampled_from(["city", "country", "near", "bbox", "from_", "to", "zone", "role", "currency", "q", "sort"]),
        st.text(max_size=60) | st.sampled_from(["0,0", "-1e999,0", "2026-12-01", "Europe/Berlin", "١٢,٣"]),
    )
)
def test_whatever_is_said_is_understood_or_refused(said: dict[str, Any]) -> None:
    with suppress(Invalid):
        policy.query(**said)
