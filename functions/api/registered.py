"""Registrations as they are answered."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from functions.api.schemas.posts import AuthorBody
from functions.api.schemas.registrations import DancerBody, OccasionBody, RegisteredBody, RegistrationBody
from mundotango.attendance.model import Known, OwnRegistration, Registered
from mundotango.registrations.model import Entry


def own_body(own: OwnRegistration) -> RegistrationBody:
    return RegistrationBody(
        occasion=OccasionBody.model_validate(own.occasion), ahead=own.ahead, **_common(own.entry, own.known)
    )


def registered_body(registered: Registered) -> RegisteredBody:
    entry = registered.entry
    return RegisteredBody(
        event_id=entry.event_id,
        occurrence_id=entry.occurrence_id,
        position=entry.registration.position,
        **_common(entry, registered.known),
    )


def registered_bodies(registered: Sequence[Registered]) -> list[RegisteredBody]:
    return [registered_body(each) for each in registered]


def registered_path(entry: Entry) -> str:
    """Where organisers read it."""
    return f"/api/occurrences/{entry.occurrence_id}/registrations/{entry.id}"


def _common(entry: Entry, known: Mapping[UUID, Known]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "state": entry.state,
        "offered_until": entry.registration.offered_until,
        "party": _party(entry, known),
        "answers": list(entry.answers),
        "registered_at": entry.registered_at,
        "changed_at": entry.changed_at,
        "version": entry.version,
    }


def _party(entry: Entry, known: Mapping[UUID, Known]) -> list[DancerBody]:
    bodies = []
    for dancer in entry.party:
        person = known.get(dancer.person_id)
        profile = AuthorBody.model_validate(person.profile) if person and person.profile else None
        bodies.append(
            DancerBody(
                role=dancer.role,
                name=person.name if person else "",
                profile=profile,
                hidden=dancer.person_id in entry.hidden,
            )
        )
    return bodies
