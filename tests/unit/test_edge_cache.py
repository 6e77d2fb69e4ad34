"""The simulated CloudFront keeps as RFC 9111 and RFC 5861 say, in layers; and it is asked the same each time."""

import numpy as np
import pytest

from bench.edge_cache import FETCH_SECONDS, NEVER, CloudFront, Counted, Kept, kept_for, kept_throughout
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
