from typing import Any
from uuid import UUID

from mundotango.registrations.model import Chosen, Dancer, Entry, Headcount, Limits, Registration, Settings


def entry_from(row: dict[str, Any]) -> Entry:
    """`party` is a list of person, role, whether hidden, whether a guest; who left the platform is not among it."""
    party = [(UUID(person_id), role, hidden, guest) for person_id, role, hidden, guest in row["party"] or ()]
    return Entry(
        registration=Registration(
            id=row["id"],
            party=tuple(Dancer(person_id, role) for person_id, role, _, _ in party),
            position=row["position"],
            state=row["state"],
            offered_until=row["offered_until"],
        ),
        occurrence_id=row["occurrence_id"],
        event_id=row["event_id"],
        answers=tuple(row["answers"]),
        hidden=frozenset(person_id for person_id, _, hidden, _ in party if hidden),
        guests=frozenset(person_id for person_id, _, _, guest in party if guest),
        registered_at=row["registered_at"],
        changed_at=row["changed_at"],
        version=row["version"],
        counted=Headcount(row["leaders"], row["followers"], row["both_roles"]),
    )


def chosen_from(row: dict[str, Any]) -> Chosen:
    limits = Limits(row["capacity"], row["leaders"], row["followers"], row["tolerance"])
    return Chosen(
        Settings(
            limits=limits,
            offered_for=row["offered_for"],
            admission=row["admission"],
            approval=row["approval"],
            opens_before=row["opens_before"],
            closes_before=row["closes_before"],
            given_back_before=row["given_back_before"],
        ),
        tuple(row["questions"]),
    )
