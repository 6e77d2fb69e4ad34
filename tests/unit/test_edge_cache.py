"""The simulated CloudFront keeps as RFC 9111 and RFC 5861 say, in two layers; and the day it is asked is one day."""

from itertools import islice

import pytest

from bench.edge_cache import FETCH_SECONDS, NEVER, CloudFront, Counted, Kept, kept_for
from bench.edge_trace import PLACES, Day

BRIEFLY = Kept(fresh=20, stale=20)
# 13 places further the regional cache is the same one.
HERE, NEIGHBOUR, FAR = 0, 13, 1


def asked(*requests: tuple[float, int], kept: Kept = BRIEFLY) -> tuple[int, int, int]:
    """How many were answered at the edge, how many of these stale, and how often the origin was asked."""
    counted, cache = Counted(), CloudFront(PLACES)
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


def test_of_those_who_ask_at_once_one_asks_the_origin() -> None:
    soon = FETCH_SECONDS / 2
    assert asked((0, HERE), (soon, HERE), (soon, NEIGHBOUR), kept=Kept(1, 0))[2] == 1


def test_what_nobody_keeps_is_a_miss_each_time() -> None:
    assert asked((0, HERE), (0, HERE), kept=NEVER) == (0, 0, 2)


def test_a_day_is_the_same_each_time_and_in_order() -> None:
    first, again = (list(islice(Day(1_000).requests(), 5_000)) for _ in range(2))
    assert first == again
    assert [each.at for each in first] == sorted(each.at for each in first)
    assert {each.route for each in first} == {"tonight", "events", "event", "public_post", "private", "picture"}
