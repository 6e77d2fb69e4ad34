"""People register, answer, give up and come again in any order, and an organiser decides: what holds after each step.

The machine knows registrations by what they do (Registrations) and asks `ways_to_dance` what should have happened.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Protocol
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mundotango.errors import Conflict
from mundotango.ports import Clock
from mundotango.registrations.model import (
    HOLDING,
    OPEN,
    Dancer,
    Headcount,
    Limits,
    Registration,
    Role,
    Settings,
    State,
    headcount,
)
from tests.fakes.clock import FakeClock
from tests.fakes.registrations import FakeRegistrations
from tests.unit.registrations import ways_to_dance


class Registrations(Protocol):
    def register(self, dancers: Sequence[Dancer], /) -> UUID: ...
    def accept(self, registration_id: UUID, /) -> None: ...
    def decline(self, registration_id: UUID, /) -> None: ...
    def give_up(self, registration_id: UUID, /) -> None: ...
    def approve(self, registration_id: UUID, /) -> None: ...
    def refuse(self, registration_id: UUID, /) -> None: ...
    def choose(self, registration_ids: Sequence[UUID], /) -> None: ...
    def cancel(self, registration_id: UUID, /) -> None: ...
    def check_in(self, registration_id: UUID, /) -> None: ...
    def limit(self, limits: Limits, /) -> None: ...
    def expire(self) -> None: ...
    def all(self) -> list[Registration]: ...


PEOPLE = [UUID(int=number) for number in range(1, 10)]
STEPS: dict[State, set[State]] = {
    "pending": {"waiting", "accepted", "refused", "cancelled"},
    "waiting": {"offered", "refused", "cancelled"},
    "offered": {"accepted", "declined", "expired", "cancelled"},
    "accepted": {"attended", "cancelled"},
}
ROLES: list[Role] = ["leader", "leader", "follower", "both"]

limits = st.builds(
    Limits,
    capacity=st.sampled_from([1, 2, 2, 3, 4, None]),
    leaders=st.sampled_from([None, None, 1, 3]),
    followers=st.sampled_from([None, None, 0, 2]),
    tolerance=st.sampled_from([0, 1, 1, 2, None]),
)
settings = st.builds(
    Settings,
    limits,
    offered_for=st.sampled_from([timedelta(hours=1), timedelta(days=2)]),
    admission=st.sampled_from(["first_come", "first_come", "first_come", "organiser"]),
    approval=st.sampled_from([False, False, False, True]),
    closes_before=st.sampled_from([timedelta(0), timedelta(hours=6)]),
    given_back_before=st.sampled_from([timedelta(0), timedelta(days=1)]),
)
people = st.sampled_from(PEOPLE)
roles = st.sampled_from(ROLES)
one = st.integers(0, 99)


def some(*states: State) -> Callable[["Registering"], bool]:
    return lambda machine: machine._pick(0, *states) is not None


class Registering(RuleBasedStateMachine):
    made: ClassVar[Callable[[Settings, datetime, Clock], Registrations]] = FakeRegistrations

    @initialize(chosen=settings)
    def announce(self, chosen: Settings) -> None:
        self.clock, self.settings, self.limits = FakeClock(), chosen, chosen.limits
        self.starts_at = self.clock.now() + timedelta(days=14)
        self.registrations = type(self).made(chosen, self.starts_at, self.clock)

    # --- What people do ---

    @rule(which=one, role=roles)
    def register(self, which: int, role: Role) -> None:
        if free := self._free():
            self._register(Dancer(free[which % len(free)], role))

    @rule(couple=st.permutations(range(len(PEOPLE))), role=roles, partners=roles)
    def register_together(self, couple: list[int], role: Role, partners: Role) -> None:
        free = self._free()
        if len(free) >= 2:
            first, second = [number for number in couple if number < len(free)][:2]
            self._register(Dancer(free[first], role), Dancer(free[second], partners))

    @rule(person_id=people, role=roles)
    def register_again(self, person_id: UUID, role: Role) -> None:
        """Perhaps while they have a place."""
        self._register(Dancer(person_id, role))

    def _register(self, *party: Dancer) -> None:
        people = {dancer.person_id for dancer in party}
        earlier = {held.state for held in self._all() if people & {dancer.person_id for dancer in held.party}}
        closed = self.clock.now() >= self.starts_at - self.settings.closes_before
        before = {held.id for held in self._all()}

        refused = self._act(lambda: self.registrations.register(party))

        assert refused == (closed or bool(earlier & {*OPEN, "refused"}))
        new = [held for held in self._all() if held.id not in before]
        assert [(held.party, held.position) for held in new] == ([] if refused else [(party, len(before) + 1)])
        allowed = {"pending"} if self.settings.approval else {"waiting", "accepted"}
        assert {held.state for held in new} <= allowed

    @precondition(some("offered"))
    @rule(which=one)
    def accept(self, which: int) -> None:
        if held := self._pick(which, "offered"):
            assert held.offered_until is not None
            refused = self._act(lambda: self.registrations.accept(held.id))
            assert refused == (self.clock.now() >= held.offered_until)

    @precondition(some("offered"))
    @rule(which=one)
    def decline(self, which: int) -> None:
        if held := self._pick(which, "offered"):
            assert not self._act(lambda: self.registrations.decline(held.id))

    @precondition(some("pending", "waiting", "offered", "accepted"))
    @rule(which=one)
    def give_up(self, which: int) -> None:
        if held := self._pick(which, "pending", "waiting", "offered", "accepted"):
            late = self.clock.now() >= self.starts_at - self.settings.given_back_before
            assert self._act(lambda: self.registrations.give_up(held.id)) == (held.state == "accepted" and late)

    @rule(which=one, act=st.sampled_from(["accept", "decline", "give_up", "approve", "refuse", "cancel", "check_in"]))
    def do_what_may_not_be(self, which: int, act: str) -> None:
        """Whatever it is: _act looks at what it changed."""
        if held := self._pick(which, *STEPS, "refused", "declined", "expired", "cancelled", "attended"):
            self._act(lambda: getattr(self.registrations, act)(held.id))

    # --- What the organiser does ---

    @precondition(some("pending"))
    @rule(which=one, act=st.sampled_from(["approve", "approve", "refuse"]))
    def look_at(self, which: int, act: str) -> None:
        if held := self._pick(which, "pending"):
            assert not self._act(lambda: getattr(self.registrations, act)(held.id))

    @precondition(some("waiting"))
    @rule(several=st.sets(one, min_size=1, max_size=4))
    def choose(self, several: set[int]) -> None:
        chosen = list({held.id: held for number in several if (held := self._pick(number, "waiting"))}.values())
        if chosen:
            coming = sum((headcount(held.party) for held in chosen), Headcount())
            possible = ways_to_dance.admissible(self.limits, self._taken(), coming)
            refused = self._act(lambda: self.registrations.choose([held.id for held in chosen]))
            assert refused == (self.settings.admission != "organiser" or not possible)

    @precondition(some("accepted"))
    @rule(which=one)
    def check_in(self, which: int) -> None:
        if held := self._pick(which, "accepted"):
            assert not self._act(lambda: self.registrations.check_in(held.id))

    @rule(changed=limits)
    def limit(self, changed: Limits) -> None:
        enough = bool(ways_to_dance.differences(changed, self._taken()))
        before, self.limits = self.limits, changed
        refused = self._act(lambda: self.registrations.limit(changed))
        assert refused != enough
        if refused:
            self.limits = before

    # --- What time does ---

    @rule(hours=st.sampled_from([1, 6, 48]))
    def wait(self, hours: int) -> None:
        """Offers end; nobody has noticed yet."""
        self.clock.advance(timedelta(hours=hours))

    @precondition(some("offered"))
    @rule()
    def expire(self) -> None:
        now = self.clock.now()
        lapsed = {held.id for held in self._all() if held.offered_until and held.offered_until <= now}

        assert not self._act(self.registrations.expire)

        assert {held.state for held in self._all() if held.id in lapsed} <= {"expired"}

    # --- What holds ---

    @invariant()
    def nobody_comes_twice(self) -> None:
        people = [dancer.person_id for held in self._all() if held.state in OPEN for dancer in held.party]
        assert len(people) == len(set(people))

    @invariant()
    def there_is_a_place_for_each(self) -> None:
        assert ways_to_dance.differences(self.limits, self._taken())

    @invariant()
    def nobody_admissible_is_left_waiting(self) -> None:
        waiting = [headcount(held.party) for held in self._all() if held.state == "waiting"]
        if self.settings.admission == "first_come" and self.clock.now() < self.starts_at:
            taken = self._taken()
            assert not any(
                ways_to_dance.admissible(self.limits, taken, coming) for coming in ways_to_dance.choices(waiting)
            )

    @invariant()
    def an_offer_has_an_end(self) -> None:
        for held in self._all():
            assert (held.state == "offered") == (held.offered_until is not None)
            assert held.offered_until is None or held.offered_until <= self.starts_at

    def _act(self, act: Callable[[], object]) -> bool:
        """Whether it was refused, which changes nothing. What it changed else must be allowed, in the right order."""
        before = {held.id: held for held in self._all()}
        try:
            act()
        except Conflict:
            assert self._all() == list(before.values())
            return True
        after = self._all()
        assert before.keys() <= {held.id for held in after}
        for held in after:
            if (known := before.get(held.id)) and known.state != held.state:
                assert held.state in STEPS.get(known.state, set())
                assert (held.party, held.position) == (known.party, known.position)
        self._balance_is_no_worse(before, after)
        self._equals_keep_their_order(before, after)
        return False

    def _balance_is_no_worse(self, before: dict[UUID, Registration], after: list[Registration]) -> None:
        """Than it would be had nobody been admitted, or than the tolerance."""
        staying = [held for held in after if held.id in before and before[held.id].state in HOLDING]
        stayed = ways_to_dance.differences(self.limits, _taken_by(staying))
        now = ways_to_dance.differences(self.limits, _taken_by(after))
        assert stayed
        assert now
        assert self.limits.tolerance is None or min(now) <= max(self.limits.tolerance, min(stayed))

    def _equals_keep_their_order(self, before: dict[UUID, Registration], after: list[Registration]) -> None:
        waiting = [held for held in after if held.state == "waiting"]
        for held in after:
            admitted = held.state in HOLDING and (held.id not in before or before[held.id].state not in HOLDING)
            if admitted and self.settings.admission == "first_come":
                alike = [other for other in waiting if headcount(other.party) == headcount(held.party)]
                assert all(other.position > held.position for other in alike)

    def _all(self) -> list[Registration]:
        return self.registrations.all()

    def _pick(self, which: int, *states: State) -> Registration | None:
        found = [held for held in self._all() if held.state in states]
        return found[which % len(found)] if found else None

    def _free(self) -> list[UUID]:
        there = {dancer.person_id for held in self._all() if held.state in OPEN for dancer in held.party}
        return [person_id for person_id in PEOPLE if person_id not in there]

    def _taken(self) -> Headcount:
        return _taken_by(self._all())


def _taken_by(registrations: list[Registration]) -> Headcount:
    return sum((headcount(held.party) for held in registrations if held.state in HOLDING), Headcount())
