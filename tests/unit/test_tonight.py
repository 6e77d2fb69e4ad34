"""Where somebody asks for tonight: however they spell it, they ask for one of few places, and none is too small."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mundotango.errors import Invalid
from mundotango.tonight.model import Cell
from mundotango.tonight.policy import CELLS, TO_THE_CORNER, TO_THE_WIDE_CORNER, WIDE_CELLS, WIDE_FROM_KM, area

EARTH_METRES = 6378168  # as the database's earthdistance has it


def metres_between(latitude: float, longitude: float, cell: Cell) -> float:
    here, there = math.radians(latitude), math.radians(cell.latitude)
    across = math.radians(longitude - cell.longitude)
    half = math.sin((here - there) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(1, math.sqrt(half)))


@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), radius_km=st.floats(0.1, 100))
@example(latitude=90.0, longitude=180.0, radius_km=25.0)
@example(latitude=-90.0, longitude=-180.0, radius_km=25.0)
@example(latitude=0.0, longitude=179.99, radius_km=5.0)
@example(latitude=-0.0, longitude=0.0, radius_km=5.0)
def test_all_that_is_as_near_as_was_asked_is_found(latitude: float, longitude: float, radius_km: float) -> None:
    cell = area(latitude=latitude, longitude=longitude, radius_km=radius_km)

    assert isinstance(cell, Cell)
    assert metres_between(latitude, longitude, cell) + radius_km * 1000 <= cell.metres + 1e-3
    wide = cell.metres >= WIDE_FROM_KM * 1000
    assert cell.metres <= 100_000 + (TO_THE_WIDE_CORNER if wide else TO_THE_CORNER)
    cells = WIDE_CELLS if wide else CELLS
    assert cell.latitude * cells % 1 == pytest.approx(0.5)
    assert cell.longitude * cells % 1 == pytest.approx(0.5)


def test_neighbours_share_an_answer() -> None:
    assert area(latitude=-34.5889, longitude=-58.4260) == area(latitude=-34.4123, longitude=-58.5999, radius_km=24.0)
    near, beside = (area(latitude=-34.5, longitude=longitude, radius_km=10) for longitude in (-58.45, -58.55))
    assert near != beside


def test_the_antimeridian_has_two_names() -> None:
    assert area(latitude=-18.1, longitude=180) == area(latitude=-18.1, longitude=-180)


@pytest.mark.parametrize("spelt", ["São Paulo", "sao paulo", " SAO  PAULO "])
def test_a_city_is_its_letters(spelt: str) -> None:
    assert area(city=spelt) == "sao paulo"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param({}, "latitude", id="nowhere"),
        pytest.param({"latitude": 1}, "longitude", id="a parallel"),
        pytest.param({"latitude": 91, "longitude": 0}, "latitude", id="beyond the pole"),
        pytest.param({"latitude": 0, "longitude": math.nan}, "longitude", id="no number"),
        pytest.param({"latitude": 0, "longitude": 0, "radius_km": 0}, "radius_km", id="a point"),
        pytest.param({"latitude": 0, "longitude": 0, "radius_km": 101}, "radius_km", id="a country"),
        pytest.param({"city": "Rosario", "latitude": 0, "longitude": 0}, "city", id="two places"),
        pytest.param({"city": "\u0301"}, "city", id="no city"),
    ],
)
def test_what_is_no_place_is_refused(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        area(**asked)
    assert [each.field for each in refused.value.fields] == [field]
