"""The registrations of one occurrence while they change: under its lock, one step and all that follows from it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mundotango.errors import NotFound
from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.registrations import places, policy
from mundotango.registrations.announcement import announce
from mundotango.registrations.model import (
    HOLDING,
    Chosen,
    Dancer,
    Door,
    Entry,
    Headcount,
    Registration,
    State,
    headcount,
)
from mundotango.work import UnitOfWork

# Whoever moves up is read so many of a kind at once: mostly one does, and after limits were raised hundreds may.
_READ_AT_ONCE = 20

NO_REGISTRATION = "no such registration"


class Desk:
    """Steps are taken one after the other; `close` then counts the places, and tells whom they concern."""

    def __init__(self, work: UnitOfWork, door: Door, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self.door = door
        self.now: datetime = clock.now()
        self._changed: dict[UUID, None] = {}

    @classmethod
    def of(cls, work: UnitOfWork, occurrence_id: UUID, clock: Clock) -> "Desk":
        """Nobody else changes what is registered for it until this transaction ends."""
        door = work.registrations.hold(occurrence_id)
        if door is None or door.status == "draft":
            raise NotFound("no such occurrence")
        return cls(work, door, clock)

    @property
    def chosen(self) -> Chosen:
        return policy.takes_registrations(self.door.chosen)

    @property
    def taken(self) -> Headcount:
        return self.door.taken

    @property
    def has_changed(self) -> bool:
        return bool(self._changed)

    def get(self, registration_id: UUID) -> Entry:
        """As it is under the lock."""
        entry = self._work.registrations.find(registration_id)
        if entry is None or entry.occurrence_id != self.door.occurrence_id:
            raise NotFound(NO_REGISTRATION)
        return entry

    def get_all(self, registration_ids: Collection[UUID]) -> list[Entry]:
        """In order of registration."""
        entries = self._work.registrations.list_by_id(registration_ids)
        if len(entries) < len(registration_ids) or {self.door.occurrence_id} != {
            each.occurrence_id for each in entries
        }:
            raise NotFound(NO_REGISTRATION)
        return entries

    def add(
        self,
        party: tuple[Dancer, ...],
        state: State,
        *,
        guests: Collection[UUID] = (),
        hidden: Collection[UUID] = (),
        answers: Sequence[str] = (),
    ) -> UUID:
        """At the end of the line."""
        self.door = replace(self.door, registered=self.door.registered + 1)
        entry = Entry(
            registration=Registration(new_id(), party, self.door.registered, state),
            occurrence_id=self.door.occurrence_id,
            event_id=self.door.event_id,
            answers=tuple(answers),
            hidden=frozenset(hidden),
            guests=frozenset(guests),
            registered_at=self.now,
            changed_at=self.now,
            version=1,
            counted=headcount(party),
        )
        self._work.registrations.add(entry)
        self._changed[entry.id] = None
        return entry.id

    def step(self, registration_id: UUID, step: Callable[[Registration], State]) -> None:
        entry = self.get(registration_id)
        self.put([entry], step(entry.registration))

    def put(self, entries: Sequence[Entry], state: State, offered_until: datetime | None = None) -> None:
        self._work.registrations.put([entry.id for entry in entries], state, self.now, offered_until)
        for entry in entries:
            self._take(entry, state)
            self._changed[entry.id] = None

    def admit(self, entries: Sequence[Entry], *, waited: bool) -> None:
        until = policy.offered_until(self.chosen.settings, self.door.starts_at, self.now) if waited else None
        self.put(entries, policy.admitted(waited=waited), until)

    def shorten_offers(self) -> None:
        """None outlasts the beginning, which may have come nearer."""
        beyond = self._work.registrations.list_offered_beyond(self.door.occurrence_id, self.door.starts_at)
        if beyond and self.door.status != "cancelled":
            self.put(beyond, "offered", self.door.starts_at)

    def move_up(self, here: UUID | None = None) -> None:
        """Whoever can have a place now gets one. `here` is who has just come, or was just approved."""
        door = self.door
        if door.chosen is None or door.status != "published":
            return
        if not policy.moves_up(door.chosen.settings, door.starts_at, self.now):
            return
        while positions := self._next(door.chosen):
            entries = self._work.registrations.list_at(door.occurrence_id, positions)
            self.admit([entry for entry in entries if entry.id == here], waited=False)
            self.admit([entry for entry in entries if entry.id != here], waited=True)

    def close(self, actor_id: UUID | None, *, announced: bool = True) -> list[Entry]:
        """Those that changed, as they are now, in order of registration."""
        self._work.registrations.count(self.door)
        changed = self._work.registrations.list_by_id(self._changed)
        if announced:
            announce(self._work, self.door, changed, actor_id, self._clock)
        return changed

    def close_of(self, registration_id: UUID, actor_id: UUID | None) -> Entry:
        """Likewise; of those that changed, this one."""
        return next(entry for entry in self.close(actor_id) if entry.id == registration_id)

    def _take(self, entry: Entry, state: State) -> None:
        taken = self.door.taken
        if state in HOLDING and entry.state not in HOLDING:
            taken = taken + entry.counted
        elif state not in HOLDING and entry.state in HOLDING:
            taken = taken - entry.counted
        self.door = replace(self.door, taken=taken)

    def _next(self, chosen: Chosen) -> list[int]:
        """The positions of those who move up, group by group, as far as what was read of the line says for sure."""
        limits, taken = chosen.settings.limits, self.door.taken
        line = self._work.registrations.line(self.door.occurrence_id, _READ_AT_ONCE)
        cut_off = {party for party, positions in line.items() if len(positions) == _READ_AT_ONCE}
        admitted: list[int] = []
        while all(len(line[party]) >= places.MOST_OF_A_KIND for party in cut_off):
            group = places.next_admitted(limits, taken, line)
            if not group:
                break
            for party, positions in line.items():
                kept = [position for position in positions if position not in group]
                taken = sum([party] * (len(positions) - len(kept)), taken)
                line[party] = kept
            admitted += group
        return admitted
