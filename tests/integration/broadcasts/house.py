"""An event that people come to, and what they are told of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from functions.jobs import handler as jobs
from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.events.model import Dated
from mundotango.events.service import edit_event
from mundotango.realtime.model import Activity, frame
from mundotango.registrations import deciding, service
from mundotango.registrations.model import Chosen, Dancer, Limits, Role, Settings
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.realtime import FakeActivities
from tests.protocol import check_frame

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OFTEN = ("event.changed", "registration.updated", "reminder.due")
PLENTY = Settings(Limits(), DAY)


def ample() -> float:
    return 100.0


@dataclass
class House:
    platform: Platform
    clock: FakeClock
    activities: FakeActivities
    commands: FakeCommands
    organiser_id: UUID
    people: list[UUID] = field(default_factory=list)

    # --- What is done ---

    def does[T](self, act: Callable[[UnitOfWork], T]) -> T:
        with self.platform.unit_of_work() as work:
            return act(work)

    def announces(self, settings: Settings | None = PLENTY, **chosen: Any) -> Dated:
        """In three days, unless it is said otherwise."""
        said = {"starts_at": self.clock.now() + 3 * DAY} | chosen
        dated = self.does(lambda work: make_event(work, self.clock, self.organiser_id, **said))
        if settings is not None:
            self.settles(dated, settings)
        return dated

    def settles(self, dated: Dated, settings: Settings) -> None:
        self.does(
            lambda work: deciding.change_settings(
                work, event_id=dated.event.id, editor_id=self.organiser_id, chosen=Chosen(settings), clock=self.clock
            )
        )

    def edits(self, dated: Dated, **changes: Any) -> None:
        def edit(work: UnitOfWork) -> None:
            event = work.events.find(dated.event.id)
            assert event is not None
            edit_event(
                work,
                event_id=event.id,
                editor_id=self.organiser_id,
                version=event.version,
                changes=changes,  # type: ignore[arg-type]
                measures={},
                clock=self.clock,
            )

        self.does(edit)

    def joins(self, number: int = 1) -> list[UUID]:
        """So many people with a profile."""
        found = self.does(lambda work: [make_user(work, self.clock).id for _ in range(number)])
        self.people += found
        return found

    def registers(self, dated: Dated, dancer: UUID, partner: UUID | None = None, role: Role = "leader") -> UUID:
        def register(work: UnitOfWork) -> UUID:
            dancers = [Dancer(dancer, role)]
            if partner is not None:
                if not work.follows.exists(partner, dancer):
                    work.follows.add(partner, dancer, self.clock.now(), 10)
                dancers.append(Dancer(partner, "follower"))
            occurrence_id = dated.occurrence.id
            return service.register(work, occurrence_id=occurrence_id, by=dancer, dancers=dancers, clock=self.clock).id

        return self.does(register)

    def comes(self, dated: Dated, number: int) -> list[UUID]:
        """So many who registered, at once as they are many."""
        people = self.joins(number)
        with self.platform.database.transaction() as connection, connection.cursor() as cursor:
            place = connection.execute(
                "SELECT registered FROM occurrences WHERE id = %s", (dated.occurrence.id,)
            ).fetchone()
            first = place[0] if place else 0
            entries = [(ids.new_id(), person, n) for n, person in enumerate(people, first + 1)]
            cursor.executemany(
                """
                INSERT INTO registrations (
                    id, occurrence_id, position, state, leaders, followers, both_roles, answers, registered_at,
                    changed_at
                ) VALUES (%s, %s, %s, 'accepted', 1, 0, 0, '{}', %s, %s)
                """,
                [(entry, dated.occurrence.id, n, self.clock.now(), self.clock.now()) for entry, _, n in entries],
            )
            cursor.executemany(
                """
                INSERT INTO registration_dancers (
                    registration_id, position, occurrence_id, user_id, person_id, role, hidden, is_open
                ) VALUES (%s, 0, %s, %s, %s, 'leader', false, true)
                """,
                [(entry, dated.occurrence.id, person, person) for entry, person, _ in entries],
            )
            connection.execute(
                "UPDATE occurrences SET registered = %s WHERE id = %s", (first + number, dated.occurrence.id)
            )
        return people

    def answers(self, dated: Dated, person: UUID, answer: str = "going") -> None:
        with self.platform.database.transaction() as connection:
            connection.execute(
                "INSERT INTO rsvps VALUES (%s, %s, %s, false, %s)",
                (dated.occurrence.id, person, answer, self.clock.now()),
            )

    def turns_off(self, person: UUID, kind: str, way: str = "app") -> None:
        with self.platform.database.transaction() as connection:
            connection.execute("INSERT INTO notifications_off VALUES (%s, %s, %s)", (person, kind, way))

    def runs(self, job: str, time_left: Callable[[], float] = ample) -> dict[str, object]:
        return jobs.run({"job": job}, time_left)

    # --- What became of it ---

    def told(self, kind: str) -> list[Activity]:
        """Each checked to be as docs/asyncapi.yaml says."""
        found = [each for each in self.activities.appended if each.activity.kind == kind]
        for each in found:
            check_frame(frame(each))
        return [each.activity for each in found]

    def told_to(self, person: UUID) -> list[tuple[str, dict[str, Any]]]:
        """Of registrations, changes and reminders: which, and what is said beside the event."""
        return [
            (each.activity.kind, each.activity.payload)
            for each in self.activities.appended
            if each.channel == f"user:{person}" and each.activity.kind in OFTEN
        ]

    def times_told(self, kind: str) -> Counter[UUID]:
        return Counter(UUID(str(each.channel).removeprefix("user:")) for each in self.told(kind))

    def mails(self) -> list[dict[str, Any]]:
        return [each.payload for each in self.commands.rows.values()]

    def forgets(self) -> None:
        """What was told so far."""
        self.activities.appended.clear()


def once(people: Sequence[UUID]) -> Counter[UUID]:
    return Counter(people)
