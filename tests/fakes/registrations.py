"""Registrations of one occurrence in memory, by the rules alone: what a store of them has to do."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mundotango.errors import NotFound
from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.registrations import places, policy
from mundotango.registrations.model import (
    HOLDING,
    Dancer,
    Headcount,
    Limits,
    Registration,
    Settings,
    State,
    headcount,
)


class FakeRegistrations:
    def __init__(self, settings: Settings, starts_at: datetime, clock: Clock) -> None:
        self._settings = policy.settings(settings)
        self._starts_at = starts_at
        self._clock = clock
        self._held: dict[UUID, Registration] = {}

    # --- By those who dance ---

    def register(self, dancers: Sequence[Dancer]) -> UUID:
        state = policy.registered(self._settings, self._starts_at, self._clock.now())
        party = policy.party(dancers)
        for dancer in party:
            policy.once([earlier.state for earlier in self._of(dancer.person_id)])
        registration = Registration(new_id(), party, len(self._held) + 1, state)
        self._held[registration.id] = registration
        self._move_up(here=registration.id)
        return registration.id

    def accept(self, registration_id: UUID) -> None:
        self._step(registration_id, lambda held: policy.accepted(held, self._clock.now()))

    def decline(self, registration_id: UUID) -> None:
        self._step(registration_id, lambda held: policy.declined(held.state))

    def give_up(self, registration_id: UUID) -> None:
        now = self._clock.now()
        self._step(
            registration_id, lambda held: policy.given_up(held.state, self._settings, self._starts_at, now)
        )  # fmt: skip

    # --- By the organiser ---

    def approve(self, registration_id: UUID) -> None:
        self._step(registration_id, lambda held: policy.approved(held.state))

    def refuse(self, registration_id: UUID) -> None:
        self._step(registration_id, lambda held: policy.refused_by_organiser(held.state))

    def choose(self, registration_ids: Sequence[UUID]) -> None:
        chosen = [self.get(registration_id) for registration_id in registration_ids]
        waiting = [(held.state, headcount(held.party)) for held in chosen]
        policy.chosen_by_organiser(self._settings, self.taken(), waiting)
        for held in chosen:
            self._admit(held, waited=True)

    def cancel(self, registration_id: UUID) -> None:
        self._step(registration_id, lambda held: policy.cancelled(held.state))

    def check_in(self, registration_id: UUID) -> None:
        self._step(registration_id, lambda held: policy.attended(held.state))

    def limit(self, limits: Limits) -> None:
        changed = policy.settings(replace(self._settings, limits=limits))
        policy.enough_for(limits, self.taken())
        self._settings = changed
        self._move_up()

    # --- By the clock ---

    def expire(self) -> None:
        """Offers that nobody answered in time."""
        for held in self.all():
            if policy.lapsed(held, self._clock.now()):
                self._put(held, "expired")
        self._move_up()

    # --- What is there ---

    def get(self, registration_id: UUID) -> Registration:
        if registration_id not in self._held:
            raise NotFound("no such registration")
        return self._held[registration_id]

    def all(self) -> list[Registration]:
        return list(self._held.values())

    def taken(self) -> Headcount:
        return sum((headcount(held.party) for held in self.all() if held.state in HOLDING), Headcount())

    def _of(self, person_id: UUID) -> list[Registration]:
        return [held for held in self.all() if any(dancer.person_id == person_id for dancer in held.party)]

    # --- How it goes ---

    def _step(self, registration_id: UUID, step: Callable[[Registration], State]) -> None:
        held = self.get(registration_id)
        self._put(held, step(held))
        self._move_up(here=registration_id)

    def _put(self, held: Registration, state: State, offered_until: datetime | None = None) -> None:
        self._held[held.id] = replace(held, state=state, offered_until=offered_until)

    def _admit(self, held: Registration, *, waited: bool) -> None:
        state = policy.admitted(waited=waited)
        until = policy.offered_until(self._settings, self._starts_at, self._clock.now()) if waited else None
        self._put(held, state, until)

    def _move_up(self, here: UUID | None = None) -> None:
        """`here` is whoever has just come, or was just approved."""
        if not policy.moves_up(self._settings, self._starts_at, self._clock.now()):
            return
        while group := places.next_admitted(self._settings.limits, self.taken(), self._line()):
            for held in [held for held in self.all() if held.position in group]:
                self._admit(held, waited=held.id != here)

    def _line(self) -> places.Line:
        line: dict[Headcount, list[int]] = {}
        for held in self.all():
            if held.state == "waiting":
                line.setdefault(headcount(held.party), []).append(held.position)
        return {party: positions[: places.MOST_OF_A_KIND] for party, positions in line.items()}
