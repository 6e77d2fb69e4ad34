"""What people, posts and events may say."""

import math
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from mundotango import places
from mundotango.errors import Invalid
from mundotango.events import policy as events
from mundotango.ids import new_id
from mundotango.posts import policy as posts
from mundotango.users import policy as users
from mundotango.venues import policy as venues

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.mark.parametrize("handle", ["abc", "a" * 30, "malena_9", " Malena ", "___"])
def test_handles(handle: str) -> None:
    assert users.chosen_handle(handle) == handle.strip().lower()


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "ab",
        "a" * 31,
        "señora",
        "a b",
        "a-b",
        "a.b",
        "abc\n\n;",
        "ＡＢＣ",
        "İstanbul",
        "\u212aevin",
        "\x00abc",
        "٣٣٣",
    ],
)
def test_handles_that_cannot_be(handle: str) -> None:
    with pytest.raises(Invalid, match="handle must be"):
        users.chosen_handle(handle)


@pytest.mark.parametrize("handle", ["me", "Admin", "api", "mundotango"])
def test_reserved_handles(handle: str) -> None:
    with pytest.raises(Invalid):
        users.chosen_handle(handle)


def test_reserved_words_are_ones_somebody_could_ask_for() -> None:
    assert {word for word in users.RESERVED if len(word) > 2} == {
        word for word in users.RESERVED if users.normal_handle(word)
    }


@pytest.mark.parametrize("name", ["\u200b", "\u2060\u200e", "ana\u202egnp", "\u0301"])
def test_nobody_and_nothing_is_named_what_cannot_be_seen(name: str) -> None:
    for rule in (users.display_name, events.title, places.city, partial(venues.name, "name")):
        with pytest.raises(Invalid):
            rule(name)


def test_pictures() -> None:
    first, second = new_id(), new_id()
    assert posts.pictures([(first, " a "), (second, "")]) == [(first, "a"), (second, "")]
    with pytest.raises(Invalid, match="twice"):
        posts.pictures([(first, ""), (first, "")])
    with pytest.raises(Invalid, match="at most 10"):
        posts.pictures([(new_id(), "") for _ in range(11)])
    with pytest.raises(Invalid) as refused:
        posts.pictures([(first, ""), (second, "x" * 1001)])
    assert refused.value.fields[0].field == "media.1.alt"


@pytest.mark.parametrize("zone", ["America/Argentina/Buenos_Aires", "Europe/Berlin", "UTC", "America/Port-au-Prince"])
def test_zones(zone: str) -> None:
    assert places.zone(zone) == zone


@pytest.mark.parametrize(
    "zone",
    ["", "Berlin", "CET", "GMT+1", "+01:00", "Europe", "Europe/", "Europe/Atlantis", "../etc/passwd", "/etc/passwd",
     "Europe/../Europe/Berlin", "europe/berlin", "Europe/Berlin\n", "Europe/Berlin\x00", "x" * 5000],
)  # fmt: skip
def test_zones_that_are_none(zone: str) -> None:
    with pytest.raises(Invalid, match="zone must be"):
        places.zone(zone)


@pytest.mark.parametrize("value", [90.01, -90.01, math.nan, math.inf])
def test_latitudes_that_are_none(value: float) -> None:
    with pytest.raises(Invalid):
        places.latitude(value)


def test_coordinates() -> None:
    assert (places.latitude(-90), places.longitude(180)) == (-90, 180)
    with pytest.raises(Invalid):
        places.longitude(180.5)


@pytest.mark.parametrize("country", ["", "A", "ARG", "A1", "ÄÖ", "ſs", "ar", "AR\n"])
def test_countries_that_are_none(country: str) -> None:
    with pytest.raises(Invalid):
        places.country(country)


def test_kinds() -> None:
    assert events.kind("milonga") == "milonga"
    with pytest.raises(Invalid, match="milonga"):
        events.kind("rave")


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "field"),
    [
        (NOW, NOW, "ends_at"),
        (NOW, NOW - timedelta(hours=1), "ends_at"),
        (NOW, NOW + timedelta(days=32), "ends_at"),
        (NOW.replace(tzinfo=None), NOW, "starts_at"),
        (NOW, NOW.replace(tzinfo=None), "ends_at"),
        (NOW.replace(year=1999), NOW, "starts_at"),
        (datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), "starts_at"),
    ],
)
def test_times_that_cannot_be(starts_at: datetime, ends_at: datetime, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        events.times(starts_at, ends_at)
    assert refused.value.fields[0].field == field


def test_an_event_may_last_a_month() -> None:
    events.times(NOW, NOW + timedelta(days=31))
