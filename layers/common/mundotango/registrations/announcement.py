"""What people are told of registrations that changed: each of a party for themselves, and nobody who else comes.

Organisers are told nothing of each: they look at the list, and a marathon's would get hundreds a day.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from mundotango.commands.service import mail_sending
from mundotango.guests.telling import tell_guests
from mundotango.ids import new_id
from mundotango.mail.model import Mail
from mundotango.notifications.model import Listener
from mundotango.notifications.wording import offer_said
from mundotango.occurrences.model import brief_payload
from mundotango.ports import Clock
from mundotango.posts.model import moment_payload
from mundotango.realtime.model import Activity, user_channel
from mundotango.registrations.model import Door, Entry, State
from mundotango.work import UnitOfWork

By = Literal["me", "partner", "other"]
"""Whose step it was, as one of the party sees it. `other` is an organiser, or the line that moved."""


def announce(work: UnitOfWork, door: Door, changed: Sequence[Entry], actor_id: UUID | None, clock: Clock) -> None:
    """`changed` is whatever one step changed, also who moved up by it; `actor_id` took it, or nobody but time.

    An offer is mailed at once, as it may lapse before the next digest. Guests are told by mail alone.
    """
    tell_guests(work, door, changed, actor_id, clock)
    people = {person_id for entry in changed for person_id in entry.people - entry.guests}
    listeners = work.notification_preferences.listeners(people, "registration") if people else {}
    brief = work.occurrences.find_brief(door.occurrence_id) if listeners else None
    if brief is None:
        return
    told = []
    for entry in changed:
        for dancer in entry.party:
            listener = listeners.get(dancer.person_id)
            if listener is None:
                continue
            by = _by(entry, dancer.person_id, actor_id)
            payload = {
                "event": brief_payload(brief, listener.language, listener.zone),
                "notified": listener.app and _is_news(entry.state, by),
                **_registration_payload(entry, dancer.role, by),
            }
            told.append(_activity(listener.user_id, actor_id, payload, clock))
            if entry.state == "offered" and listener.email:
                told.append(mail_sending(_offer(entry, listener, payload, clock), clock))
    work.record_all(told)


def _by(entry: Entry, person_id: UUID, actor_id: UUID | None) -> By:
    if actor_id == person_id:
        return "me"
    # What nobody cancelled is of a couple of whom one left the platform.
    left = actor_id is None and entry.state == "cancelled"
    return "partner" if left or actor_id in entry.people else "other"


def _is_news(state: State, by: By) -> bool:
    """An offer is, also to an organiser who dances: it has to be answered. To be checked in is none at the door."""
    return state == "offered" or (by != "me" and state != "attended")


def _registration_payload(entry: Entry, role: str, by: By) -> dict[str, Any]:
    until = entry.registration.offered_until
    return {
        "registration_id": str(entry.id),
        "state": entry.state,
        "offered_until": None if until is None else moment_payload(until),
        "role": role,
        "by": by,
        "version": entry.version,
    }


def _activity(user_id: UUID, actor_id: UUID | None, payload: dict[str, Any], clock: Clock) -> Activity:
    return Activity(
        id=new_id(),
        kind="registration.updated",
        actor_id=actor_id,
        channel=user_channel(user_id),
        payload=payload,
        occurred_at=clock.now(),
    )


def _offer(entry: Entry, listener: Listener, payload: dict[str, Any], clock: Clock) -> Mail:
    subject = payload["event"] | {"offered_until": payload["offered_until"]}
    return Mail(
        id=new_id(),
        user_id=listener.user_id,
        template="offer",
        language=listener.language,
        values={
            "name": listener.name,
            "title": subject["title"],
            "said": offer_said(subject, listener.language),
            "path": f"/events/{entry.event_id}",
        },
        unsubscribe=None,
        written_at=clock.now(),
        until=entry.registration.offered_until,
    )
