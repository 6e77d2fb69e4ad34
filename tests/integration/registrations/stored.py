"""Registrations of one occurrence as PostgreSQL keeps them, for whoever tries them step by step."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any, cast, get_args
from uuid import UUID

from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.ids import new_id
from mundotango.pagination import Keyring
from mundotango.ports import Clock
from mundotango.registrations import arriving, deciding, expiring, service
from mundotango.registrations.model import Chosen, Dancer, Limits, Registration, Settings, State
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.integration.test_posts_at_once import committed


def make_people(work: UnitOfWork, clock: Clock, people: Sequence[UUID]) -> UUID:
    """Who all follow each other, as partners do; and the organiser, who is answered."""
    for person_id in people:
        make_user(work, clock, user_id=person_id)
    for follower in people:
        for followee in people:
            if follower != followee:
                work.follows.add(follower, followee, clock.now(), len(people))
    return make_user(work, clock, user_id=new_id()).id


class StoredRegistrations:
    """What tests/unit/registrations/machine.py wants, each act a transaction."""

    def __init__(
        self, database: Database, organiser_id: UUID, settings: Settings, starts_at: datetime, clock: Clock
    ) -> None:
        self._database, self._organiser_id, self._clock = database, organiser_id, clock
        self._settings = settings
        dated = self._committed(lambda work: make_event(work, clock, organiser_id, starts_at=starts_at))
        self.event_id, self.occurrence_id = dated.event.id, dated.occurrence.id
        self.limit(settings.limits)

    @property
    def platform(self) -> Platform:
        return cast("Platform", _Platform(self._database, self._clock))

    def by(self, database: Database) -> "StoredRegistrations":
        """The same, by another connection."""
        other = copy(self)
        other._database = database
        return other

    def register(self, dancers: Sequence[Dancer]) -> UUID:
        return self._committed(
            lambda work: service.register(
                work, occurrence_id=self.occurrence_id, by=dancers[0].person_id, dancers=dancers, clock=self._clock
            )
        ).id

    def accept(self, registration_id: UUID) -> None:
        self._by_them(service.accept, registration_id)

    def decline(self, registration_id: UUID) -> None:
        self._by_them(service.decline, registration_id)

    def give_up(self, registration_id: UUID) -> None:
        self._by_them(service.give_up, registration_id)

    def approve(self, registration_id: UUID) -> None:
        self._by_organiser(deciding.approve, registration_id=registration_id)

    def refuse(self, registration_id: UUID) -> None:
        self._by_organiser(deciding.refuse, registration_id=registration_id)

    def cancel(self, registration_id: UUID) -> None:
        self._by_organiser(deciding.cancel, registration_id=registration_id)

    def check_in(self, registration_id: UUID) -> None:
        self._by_organiser(deciding.check_in, registration_id=registration_id)

    def undo_check_in(self, registration_id: UUID) -> None:
        self._by_organiser(arriving.undo_check_in, registration_id=registration_id)

    def choose(self, registration_ids: Sequence[UUID]) -> None:
        self._by_organiser(deciding.choose, occurrence_id=self.occurrence_id, registration_ids=registration_ids)

    def limit(self, limits: Limits) -> None:
        chosen = Chosen(replace(self._settings, limits=limits))
        self._by_organiser(deciding.change_settings, event_id=self.event_id, chosen=chosen)

    def expire(self) -> None:
        outcome = expiring.lapse_offers(self.platform, lambda: 60.0)
        assert outcome["done"]
        assert not outcome["failed"]

    def all(self) -> list[Registration]:
        entries = self._committed(
            lambda work: work.registrations.list_of(self.occurrence_id, get_args(State), after=0, limit=10_000)
        )
        return [entry.registration for entry in entries]

    def _by_them(self, act: Callable[..., object], registration_id: UUID) -> None:
        """By the last of the party, which may be the partner."""
        party = next((held.party for held in self.all() if held.id == registration_id), ())
        person_id = party[-1].person_id
        self._committed(lambda work: act(work, registration_id=registration_id, person_id=person_id, clock=self._clock))

    def _committed[T](self, act: Callable[[UnitOfWork], T]) -> T:
        return committed(self._database, act)

    def _by_organiser(self, act: Callable[..., object], **said: Any) -> None:
        self._committed(lambda work: act(work, editor_id=self._organiser_id, clock=self._clock, **said))


class _Platform:
    """Of a platform what a job of registrations asks for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self.clock = database, clock

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        with UnitOfWork(self._database, Keyring()) as work:
            yield work
            work.commit()
