"""Where tonight's answers are looked for by the edge, and for how long they hold though nobody does anything."""

from datetime import UTC, datetime, timedelta
from math import asin, cos, degrees, radians, sin
from random import Random

import pytest

from functions.api.caching import MOST_TAGS
from mundotango import ids
from mundotango.forgetting.policy import city_tag, square_tag, tags_of_tonight, tonight_lasts
from mundotango.tonight.model import Cell, Listed
from mundotango.tonight.policy import area

METRES_OF_EARTH = 6_378_168
NOW = datetime(2026, 11, 29, 20, 4, tzinfo=UTC)


def at(cell: Cell, metres: float, bearing: float) -> tuple[float, float]:
    """The point so far from the middle of the cell."""
    angle, south = metres / METRES_OF_EARTH, radians(cell.latitude)
    latitude = asin(sin(south) * cos(angle) + cos(south) * sin(angle) * cos(bearing))
    east = asin(max(-1.0, min(1.0, sin(bearing) * sin(angle) / cos(latitude))))
    return degrees(latitude), (cell.longitude + degrees(east) + 180) % 360 - 180


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_within_the_radius_is_in_a_square_of_the_answer(seed: int) -> None:
    dice = Random(seed)
    asked = area(
        latitude=dice.uniform(-75, 75), longitude=dice.uniform(-180, 180), radius_km=dice.choice((5, 10, 25, 50, 100))
    )
    assert isinstance(asked, Cell)
    tags = tags_of_tonight(asked)

    for _ in range(50):
        venue = at(asked, dice.random() * asked.metres, dice.uniform(0, 6.283))
        assert square_tag(*venue) in tags


@pytest.mark.parametrize("longitude", [-180, 179.99, 0])
@pytest.mark.parametrize("latitude", [-34.6, 0, 60.17, 70])
def test_where_people_live_the_edge_takes_all_tags(latitude: float, longitude: float) -> None:
    assert len(tags_of_tonight(area(latitude=latitude, longitude=longitude, radius_km=100))) <= MOST_TAGS


def test_a_city_is_one_whatever_its_script() -> None:
    (tag,) = tags_of_tonight("北京, 朝阳")

    assert tag == city_tag("北京, 朝阳")
    assert tag.isascii()
    assert not set(tag) & {",", " "}


def test_both_ends_of_the_world_are_squares_that_meet() -> None:
    assert square_tag(10, 180) == square_tag(10, -180)
    assert square_tag(90, 0) == square_tag(89.9, 0)


def listed(ends_at: datetime) -> Listed:
    return Listed(
        id=ids.new_id(), event_id=ids.new_id(), title="", kind="milonga", status="published",
        starts_at=ends_at - timedelta(hours=1), ends_at=ends_at, zone="UTC", venue_name="", address="", latitude=0,
        longitude=0, price=None, currency="", changed_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "minutes"),
    [([], 11), ([NOW + timedelta(hours=5)], 11), ([NOW + timedelta(hours=5), NOW + timedelta(minutes=3)], 3)],
)
def test_it_holds_until_something_ends_or_a_night_may(ends: list[datetime], minutes: int) -> None:
    assert tonight_lasts([listed(each) for each in ends], NOW) == timedelta(minutes=minutes)
