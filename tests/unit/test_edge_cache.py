"""The simulated CloudFront keeps as RFC 9111 and RFC 5861 say, in layers; and it is asked the same each time."""

from urllib.parse import quote

import numpy as np
import pytest

from bench.edge_cache import FETCH_SECONDS, NEVER, CloudFront, Counted, Kept, kept_for, kept_throughout
from bench.edge_changes import forgettings
from bench.edge_trace import DAY, FROM, LONGEST_LIFE, PLACES, REQUESTS, SIGNED_IN, SIGNED_IN_PUBLIC, Days

BRIEFLY = Kept(fresh=20, stale=20)
# 13 places further the regional cache is the same one.
HERE, NEIGHBOUR, FAR = 0, 13, 1


def asked(*requests: tuple[float, int], kept: Kept = BRIEFLY, shielded: bool = False) -> tuple[int, int, int]:
    """How many were answered at the edge, how many of these stale, and how often the origin was asked."""
    counted, cache = Counted(), CloudFront(PLACES, shielded=shielded)
    for at, place in requests:
        cache.ask(at, place, 1, kept, counted)
    assert counted.requests == len(requests)
    return counted.at_edge, counted.stale, counted.asked_of_origin


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("public, max-age=300, stale-while-revalidate=60, stale-if-error=600", Kept(300, 60)),
        ("public, max-age=20, s-maxage=30, stale-while-revalidate=20", Kept(30, 20)),
        ("public, max-age=31536000, immutable", Kept(86_400, 0)),
        ("no-store", NEVER),
        ("private, no-cache", NEVER),
        ("", NEVER),
    ],
)
def test_how_long_a_header_lets_it_be_kept(header: str, kept: Kept) -> None:
    assert kept_for(header, 86_400) == kept


def test_what_is_fresh_is_answered_here() -> None:
    assert asked((0, HERE), (1, HERE), (19, HERE)) == (2, 0, 1)


def test_what_is_stale_is_answered_while_it_is_asked_for_anew() -> None:
    # The last finds what the one before it has set off, by way of the regional cache.
    assert asked((0, HERE), (25, HERE), (26, HERE), (27, HERE))[0] == 3
    assert asked((0, HERE), (25, HERE), (26, HERE))[2] == 2


def test_what_is_older_is_waited_for() -> None:
    assert asked((0, HERE), (41, HERE)) == (0, 0, 2)


def test_the_regional_cache_answers_its_places_and_its_age_counts() -> None:
    assert asked((0, HERE), (15, NEIGHBOUR), (19, NEIGHBOUR)) == (2, 0, 1)
    assert asked((0, HERE), (15, NEIGHBOUR), (41, NEIGHBOUR)) == (1, 0, 2)
    assert asked((0, HERE), (15, FAR)) == (0, 0, 2)


def test_behind_a_shield_one_place_answers_for_all_and_its_age_counts() -> None:
    assert asked((0, HERE), (15, FAR), (19, FAR), shielded=True) == (2, 0, 1)
    assert asked((0, HERE), (15, FAR), (41, FAR), shielded=True) == (1, 0, 2)


@pytest.mark.parametrize(("shielded", "asked_of_origin"), [(False, 1), (True, 0)])
def test_what_is_kept_throughout_is_asked_once_by_each_cache_that_asks_last(
    shielded: bool, asked_of_origin: int
) -> None:
    at, place, key = np.array([1.0, 11.0, 12.0, 13.0]), np.array([HERE, HERE, FAR, FAR]), np.array([5, 5, 5, 5])

    counted = kept_throughout(at, place, key, 10.0, shielded=shielded)

    assert (counted.requests, counted.at_edge, counted.asked_of_origin) == (3, 3 - asked_of_origin, asked_of_origin)


def test_of_those_who_ask_at_once_one_asks_the_origin() -> None:
    soon = FETCH_SECONDS / 2
    assert asked((0, HERE), (soon, HERE), (soon, NEIGHBOUR), kept=Kept(1, 0))[2] == 1


@pytest.mark.parametrize(("at", "at_the_edge", "stale"), [(899, 1, 0), (901, 1, 1), (936, 0, 0)])
def test_what_holds_to_the_next_quarter_is_stale_after_it(at: float, at_the_edge: int, stale: int) -> None:
    assert asked((890, HERE), (at, HERE), kept=Kept(900, 35, until=900))[:2] == (at_the_edge, stale)


@pytest.mark.parametrize("at", [10, 25])
def test_what_was_forgotten_is_asked_for_anew_by_everybody_and_not_served_stale(at: float) -> None:
    counted, cache = Counted(), CloudFront(PLACES, shielded=True)
    for place in (HERE, FAR):
        cache.ask(0, place, 1, BRIEFLY, counted)
    cache.forget([1])
    before = counted.at_edge
    cache.ask(at, HERE, 1, BRIEFLY, counted)

    assert counted.at_edge == before


def test_an_event_is_forgotten_by_itself_and_tonight_by_its_place() -> None:
    cities = Days(1_000).cities
    path = "/api/public/events/tonight"
    asked_for = [f"{path}?city={quote(cities[0].name.lower())}", f"{path}?latitude=80.05&longitude=0.05"]
    by_place = [each.keys for each in forgettings("tonight", asked_for, cities)]
    events = [f"/api/public/events/{number}?" for number in range(900)]
    one_each = [each.keys for each in forgettings("event_soon", events, cities)]

    assert set(by_place) == {frozenset(), frozenset({0})}  # nobody dances that far north
    assert 100 < len(one_each) < 400
    assert {len(keys) for keys in one_each} == {1}
    assert forgettings("events", asked_for, cities) == []  # lists are kept by age


def test_what_nobody_keeps_is_a_miss_each_time() -> None:
    assert asked((0, HERE), (0, HERE), kept=NEVER) == (0, 0, 2)


def test_the_days_are_the_same_each_time_and_in_order() -> None:
    first, again = (list(Days(1_000).public()) for _ in range(2))
    for (route, requests, questions), (_, same, alike) in zip(first, again, strict=True):
        assert questions == alike
        assert (requests.at == same.at).all()
        assert (requests.what == same.what).all()
        assert (np.diff(requests.at) >= 0).all(), route
        assert FROM - LONGEST_LIFE <= requests.at[0] <= requests.at[-1] <= FROM + DAY + 720


def test_seven_of_ten_ask_for_nothing_private_and_the_others_like() -> None:
    users, sessions = 10_000, 10_000 * 25 / 30
    days = Days(users)
    public = sum(int((requests.at >= FROM).sum()) for _, requests, _ in days.public())

    own = REQUESTS - SIGNED_IN_PUBLIC
    assert days.private() / sessions == pytest.approx(SIGNED_IN * (own + 8), rel=0.05)
    assert public / sessions == pytest.approx(REQUESTS - SIGNED_IN * own, rel=0.05)
