"""Who moves up, against every way to dance and every choice of those who wait."""

from collections import Counter
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mundotango.registrations.model import Headcount, Limits
from mundotango.registrations.places import (
    BOTH,
    FOLLOWER,
    GROUPS,
    LEADER,
    MOST_OF_A_KIND,
    PARTIES,
    TWO_FOLLOWERS,
    TWO_LEADERS,
    Line,
    admissible,
    admitted_last,
    fits,
    imbalance,
    next_admitted,
)
from tests.unit.registrations import ways_to_dance

COUPLE = Headcount(leaders=1, followers=1)
NOBODY = Headcount()

numbers = st.integers(0, 7)
headcounts = st.builds(Headcount, numbers, numbers, numbers)
limits = st.builds(
    Limits,
    capacity=st.none() | st.integers(1, 24),
    leaders=st.none() | st.integers(0, 10),
    followers=st.none() | st.integers(0, 10),
    tolerance=st.none() | st.integers(0, 4),
)
queues = st.lists(st.sampled_from(PARTIES), max_size=9)


def line_of(queue: dict[int, Headcount]) -> Line:
    """As a store would tell it: no more of a kind than are asked for."""
    line: dict[Headcount, list[int]] = {}
    for position in sorted(queue):
        line.setdefault(queue[position], []).append(position)
    return {party: positions[:MOST_OF_A_KIND] for party, positions in line.items()}


def move_up(
    chosen: Limits, taken: Headcount, waiting: list[Headcount]
) -> tuple[list[tuple[int, ...]], list[Headcount]]:
    """The groups in their order, and who is left waiting."""
    queue = dict(enumerate(waiting, start=1))
    groups = []
    while group := next_admitted(chosen, taken, line_of(queue)):
        groups.append(group)
        taken = sum((queue.pop(position) for position in group), taken)
    return groups, list(queue.values())


# --- What is admissible ---


@given(limits, headcounts)
@example(Limits(leaders=3, followers=3), Headcount(3, 3, 1))
@example(Limits(leaders=2, tolerance=0), Headcount(1, 3, 3))
def test_fits_and_imbalance_are_those_of_the_best_way_to_dance(chosen: Limits, taken: Headcount) -> None:
    ways = ways_to_dance.differences(chosen, taken)

    assert fits(chosen, taken) == bool(ways)
    if ways:
        assert imbalance(chosen, taken) == min(ways)


@given(limits, headcounts, headcounts)
def test_admission_keeps_the_tolerance_or_goes_no_further_from_it(
    chosen: Limits, taken: Headcount, coming: Headcount
) -> None:
    if fits(chosen, taken):
        assert admissible(chosen, taken, coming) == ways_to_dance.admissible(chosen, taken, coming)


def test_whatever_set_is_admissible_contains_a_group_that_is() -> None:
    """Every set of up to four parties, beside up to three of each role, over the limits that matter to so few."""
    sets = Counter(
        (sum(chosen, NOBODY), sum(1 << bit for bit, group in enumerate(GROUPS) if group <= Counter(chosen)))
        for size in range(1, 5)
        for chosen in combinations_with_replacement(PARTIES, size)
    )
    alone = [sum(group.elements(), NOBODY) for group in GROUPS]
    several = [
        Limits(capacity, leaders, followers, tolerance)
        for capacity, (leaders, followers) in product((None, 6), ((None, None), (3, None), (3, 4)))
        for tolerance in (None, 0, 1, 2)
    ]
    for chosen, taken in product(several, map(Headcount, *zip(*product(range(4), repeat=3), strict=True))):
        if not ways_to_dance.differences(chosen, taken):
            continue
        groups = sum(1 << bit for bit, all_of_it in enumerate(alone) if admissible(chosen, taken, all_of_it))
        for coming, contained in sets:
            assert groups & contained or not admissible(chosen, taken, coming), (chosen, taken, coming)


@given(limits, headcounts, queues)
def test_nobody_admissible_is_left_waiting(chosen: Limits, taken: Headcount, waiting: list[Headcount]) -> None:
    if not fits(chosen, taken):
        return

    groups, left = move_up(chosen, taken, waiting)

    after = sum((waiting[position - 1] for group in groups for position in group), taken)
    assert not any(ways_to_dance.admissible(chosen, after, coming) for coming in ways_to_dance.choices(left))


# --- In which order ---


@given(limits, headcounts, queues)
def test_each_step_admits_a_whole_group_and_of_a_kind_those_who_came_first(
    chosen: Limits, taken: Headcount, waiting: list[Headcount]
) -> None:
    if not fits(chosen, taken):
        return

    queue = dict(enumerate(waiting, start=1))
    for group in move_up(chosen, taken, waiting)[0]:
        parties = [queue.pop(position) for position in group]
        coming = sum(parties, NOBODY)
        assert ways_to_dance.admissible(chosen, taken, coming)
        assert not any(ways_to_dance.admissible(chosen, taken, part) for part in ways_to_dance.choices(parties)
                       if part != coming)  # fmt: skip
        for position, party in queue.items():
            if position < min(group):  # who is passed over could not have come
                assert not ways_to_dance.admissible(chosen, taken, party)
            assert all(position > other for other, alike in zip(group, parties, strict=True) if alike == party)
        taken += coming


@given(limits, headcounts, st.sampled_from([LEADER, FOLLOWER]))
def test_who_dances_both_roles_is_admissible_wherever_who_dances_one_is(
    chosen: Limits, taken: Headcount, of_one_role: Headcount
) -> None:
    if fits(chosen, taken) and admissible(chosen, taken, of_one_role):
        assert admissible(chosen, taken, BOTH)


@pytest.mark.parametrize(
    ("chosen", "taken", "waiting", "groups"),
    [
        pytest.param(Limits(2), NOBODY, [LEADER] * 3, [(1,), (2,)], id="first come, up to the capacity"),
        pytest.param(Limits(1), NOBODY, [COUPLE, LEADER], [(2,)], id="a couple needs two places"),
        pytest.param(Limits(tolerance=1), LEADER, [LEADER, FOLLOWER], [(2,), (1,)], id="a follower makes room for one"),
        pytest.param(Limits(tolerance=0), NOBODY, [LEADER, COUPLE, FOLLOWER], [(1, 3), (2,)], id="pairs form"),
        pytest.param(Limits(tolerance=0), NOBODY, [BOTH], [], id="nobody is half of a pair"),
        pytest.param(Limits(tolerance=0), LEADER + BOTH, [LEADER] * 2, [], id="of two, one follows already"),
        pytest.param(Limits(tolerance=0), BOTH + BOTH, [LEADER] * 2, [(1, 2)], id="whoever led follows now"),
        pytest.param(Limits(tolerance=0), NOBODY, [TWO_LEADERS, FOLLOWER, FOLLOWER], [(1, 2, 3)], id="with a couple"),
        pytest.param(Limits(tolerance=1), NOBODY, [TWO_LEADERS, TWO_FOLLOWERS], [(1, 2)], id="two couples"),
        pytest.param(Limits(leaders=1), LEADER, [LEADER, BOTH], [(2,)], id="leaders have their own limit"),
        pytest.param(Limits(leaders=1), BOTH, [LEADER, LEADER], [(1,)], id="both roles leave it to who has one"),
        pytest.param(Limits(tolerance=1), Headcount(1, 4), [FOLLOWER, COUPLE, BOTH, LEADER], [(2,), (3,), (4,)],
                     id="after some left, no further from balance"),
    ],
)  # fmt: skip
def test_the_waiting_move_up(
    chosen: Limits, taken: Headcount, waiting: list[Headcount], groups: list[tuple[int, ...]]
) -> None:
    assert move_up(chosen, taken, waiting)[0] == groups


@given(limits, headcounts, queues, st.sampled_from(PARTIES))
def test_who_comes_last_is_told_truly_whether_there_is_a_place(
    chosen: Limits, taken: Headcount, waiting: list[Headcount], party: Headcount
) -> None:
    if not fits(chosen, taken):
        return
    groups, left = move_up(chosen, taken, waiting)
    queue = dict(enumerate(waiting, start=1))
    taken = sum((queue[position] for group in groups for position in group), taken)

    told = admitted_last(chosen, taken, line_of(dict(enumerate(left, start=1))), party)

    _, after = move_up(chosen, taken, [*left, party])
    assert told == (sum(after, NOBODY) != sum([*left, party], NOBODY))
