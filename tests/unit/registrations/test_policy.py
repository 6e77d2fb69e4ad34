from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import get_args
from uuid import UUID

import pytest

from mundotango.errors import Conflict, Invalid
from mundotango.registrations import policy
from mundotango.registrations.model import Dancer, Headcount, Limits, Registration, Settings, State, headcount
from tests.fakes.clock import A_MONDAY_EVENING as NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STARTS_AT = NOW + 10 * DAY
CHOSEN = Settings(Limits(capacity=100, tolerance=3), offered_for=2 * DAY)
A_LEADER, A_FOLLOWER = Dancer(UUID(int=1), "leader"), Dancer(UUID(int=2), "follower")
STATES: tuple[State, ...] = get_args(State)

given_up = partial(policy.given_up, chosen=CHOSEN, starts_at=STARTS_AT, now=NOW)


def offered(state: State) -> Registration:
    return Registration(UUID(int=3), (A_LEADER,), 1, state, NOW + HOUR if state == "offered" else None)


def waiting(*parties: Headcount) -> list[tuple[State, Headcount]]:
    return [("waiting", party) for party in parties]


def refusal_of(settings: Settings) -> str:
    with pytest.raises(Invalid) as refusal:
        policy.settings(settings)
    return refusal.value.fields[0].field


@pytest.mark.parametrize(
    ("step", "leads"),
    [
        (policy.approved, {"pending": "waiting"}),
        (policy.refused_by_organiser, dict.fromkeys(("pending", "waiting"), "refused")),
        (lambda state: policy.accepted(offered(state), NOW), {"offered": "accepted"}),
        (policy.declined, {"offered": "declined"}),
        (given_up, dict.fromkeys(("pending", "waiting", "offered", "accepted"), "cancelled")),
        (policy.cancelled, dict.fromkeys(("pending", "waiting", "offered", "accepted"), "cancelled")),
        (policy.attended, {"accepted": "attended"}),
    ],
    ids=["approve", "refuse", "accept", "decline", "give up", "cancel", "check in"],
)
def test_each_step_leads_from_its_own_states_and_is_refused_in_all_others(
    step: Callable[[State], State], leads: dict[State, State]
) -> None:
    for state in STATES:
        if state in leads:
            assert step(state) == leads[state]
        else:
            with pytest.raises(Conflict):
                step(state)


def test_an_offer_ends_at_its_moment() -> None:
    assert policy.accepted(offered("offered"), NOW + HOUR - timedelta(seconds=1)) == "accepted"
    with pytest.raises(Conflict):
        policy.accepted(offered("offered"), NOW + HOUR)


def test_an_offer_ends_when_the_event_begins_at_the_latest() -> None:
    assert policy.offered_until(CHOSEN, STARTS_AT, NOW) == NOW + 2 * DAY
    assert policy.offered_until(CHOSEN, STARTS_AT, STARTS_AT - HOUR) == STARTS_AT
    assert policy.moves_up(CHOSEN, STARTS_AT, STARTS_AT - HOUR)
    assert not policy.moves_up(CHOSEN, STARTS_AT, STARTS_AT)


def test_registration_opens_and_closes() -> None:
    chosen = replace(CHOSEN, opens_before=5 * DAY, closes_before=DAY)

    for closed in (STARTS_AT - 5 * DAY - HOUR, STARTS_AT - DAY, STARTS_AT, STARTS_AT + HOUR):
        with pytest.raises(Conflict):
            policy.registered(chosen, STARTS_AT, closed)
    for open_ in (STARTS_AT - 5 * DAY, STARTS_AT - DAY - HOUR):
        assert policy.registered(chosen, STARTS_AT, open_) == "waiting"
        assert policy.registered(replace(chosen, approval=True), STARTS_AT, open_) == "pending"
    assert policy.registered(CHOSEN, STARTS_AT, NOW - 300 * DAY) == "waiting"


def test_late_an_accepted_place_is_given_back_by_the_organiser_alone() -> None:
    chosen = replace(CHOSEN, given_back_before=DAY)
    late = STARTS_AT - DAY

    assert policy.given_up("accepted", chosen, STARTS_AT, late - HOUR) == "cancelled"
    with pytest.raises(Conflict):
        policy.given_up("accepted", chosen, STARTS_AT, late)
    assert policy.given_up("waiting", chosen, STARTS_AT, late) == "cancelled"
    assert policy.given_up("offered", chosen, STARTS_AT, late) == "cancelled"
    assert policy.cancelled("accepted") == "cancelled"


def test_a_party_is_one_person_or_two() -> None:
    assert headcount(policy.party([A_LEADER, A_FOLLOWER])) == Headcount(leaders=1, followers=1)
    assert headcount(policy.party([Dancer(UUID(int=1), "both")])) == Headcount(both=1)
    for nonsense in ([], [A_LEADER, A_LEADER], [A_LEADER, A_FOLLOWER, Dancer(UUID(int=4), "both")]):
        with pytest.raises(Invalid):
            policy.party(nonsense)


@pytest.mark.parametrize("earlier", [[], ["cancelled"], ["declined", "expired"]])
def test_who_has_no_registration_any_more_may_register_again(earlier: list[State]) -> None:
    policy.once(earlier)


@pytest.mark.parametrize(
    "earlier",
    [["pending"], ["waiting"], ["offered"], ["accepted"], ["attended"], ["refused"], ["cancelled", "waiting"]],
)
def test_nobody_registers_twice_or_after_a_refusal(earlier: list[State]) -> None:
    with pytest.raises(Conflict):
        policy.once(earlier)


def test_the_organiser_chooses_what_is_in_balance_as_a_whole() -> None:
    chosen = replace(CHOSEN, limits=Limits(capacity=6, tolerance=0), admission="organiser")
    leader, follower = Headcount(leaders=1), Headcount(followers=1)
    evening = waiting(leader, leader, leader, follower, follower, follower)

    assert policy.chosen_by_organiser(chosen, Headcount(), evening) == "offered"
    for nonsense in (evening[:5], evening + waiting(leader, follower), [*evening[:5], ("pending", follower)]):
        with pytest.raises(Conflict):
            policy.chosen_by_organiser(chosen, Headcount(), nonsense)
    with pytest.raises(Conflict):
        policy.chosen_by_organiser(replace(chosen, admission="first_come"), Headcount(), evening)


def test_limits_leave_their_places_to_those_who_have_one() -> None:
    taken = Headcount(leaders=3, followers=5, both=1)

    policy.enough_for(Limits(capacity=9, leaders=3, tolerance=0), taken)
    for less in (Limits(capacity=8), Limits(leaders=2), Limits(leaders=3, followers=5)):
        with pytest.raises(Conflict):
            policy.enough_for(less, taken)


def test_settings_that_cannot_be_name_their_field() -> None:
    assert policy.settings(CHOSEN) == CHOSEN
    assert refusal_of(replace(CHOSEN, limits=Limits(capacity=0))) == "capacity"
    assert refusal_of(replace(CHOSEN, limits=Limits(leaders=-1))) == "leaders"
    assert refusal_of(replace(CHOSEN, limits=Limits(followers=10_001))) == "followers"
    assert refusal_of(replace(CHOSEN, limits=Limits(tolerance=-1))) == "tolerance"
    assert refusal_of(replace(CHOSEN, offered_for=timedelta(minutes=59))) == "offered_for_hours"
    assert refusal_of(replace(CHOSEN, offered_for=15 * DAY)) == "offered_for_hours"
    assert refusal_of(replace(CHOSEN, closes_before=-HOUR)) == "closes_before_minutes"
    assert refusal_of(replace(CHOSEN, given_back_before=400 * DAY)) == "given_back_before_minutes"
    assert refusal_of(replace(CHOSEN, opens_before=timedelta.max)) == "opens_before_minutes"
    assert refusal_of(replace(CHOSEN, opens_before=DAY, closes_before=DAY)) == "opens_before_minutes"
