"""What guests are told: by mail, for they have nothing else here.

Each mail has a link of its own to the page of their registration. The same news of the same version of a registration
is the one mail, however often it is recorded (docs/decisions/0023).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.broadcasts.model import Change
from mundotango.commands.service import mail_sending
from mundotango.events.model import Dated
from mundotango.guests import policy
from mundotango.guests.model import Guest, News
from mundotango.guests.times import said_at
from mundotango.links import link_path, token_hash
from mundotango.mail.model import Mail
from mundotango.ports import Clock
from mundotango.realtime.model import Activity
from mundotango.registrations.model import Door, Entry
from mundotango.work import UnitOfWork

Told = tuple[Guest, News, Entry | None]


def tell_guests(work: UnitOfWork, door: Door, changed: Sequence[Entry], actor_id: UUID | None, clock: Clock) -> None:
    """Of their registrations that one step changed, as `announce` is given them."""
    concerned = {guest_id for entry in changed for guest_id in entry.guests}
    if not concerned:
        return
    guests, told = work.guests.find_many(concerned), list[Told]()
    for entry in changed:
        for guest_id in entry.guests & guests.keys():
            news = policy.news_of(entry, guest_id, actor_id)
            if news is not None:
                told.append((guests[guest_id], news, entry))
    dated = work.events.find_at(door.occurrence_id) if told else None
    if dated is not None:
        tell(work, dated, told, clock)


def note_changes(work: UnitOfWork, changed: Mapping[UUID, Collection[Change]]) -> None:
    """What changed of each occurrence that did: the job `sweep_guests` writes to whoever comes to it, within a minute
    and how it is by then. Nobody's edit waits for hundreds of mails."""
    if not changed:
        return
    work.guests.note_changed(changed)
    work.guests.remind_anew([each for each, what in changed.items() if "time" in what])


def note_move(work: UnitOfWork, venue_id: UUID, clock: Clock) -> None:
    """A venue is elsewhere, and what takes place there with it."""
    work.guests.note_moved(venue_id, clock.now())


def tell(work: UnitOfWork, dated: Dated, told: Sequence[Told], clock: Clock) -> None:
    now = clock.now()
    links, mails = list[tuple[str, UUID]](), list[Activity]()
    for guest, news, entry in told:
        token = ids.new_secret()
        links.append((token_hash(token), guest.id))
        mail = Mail(
            id=_mail_id(news, guest, entry, dated),
            address=guest.email,
            template="guest",
            language=guest.language,
            values=_values(dated, guest, news, entry, token),
            written_at=now,
            until=None if entry is None else entry.registration.offered_until,
        )
        mails.append(mail_sending(mail, clock))
    work.record_all(mails)
    work.guests.add_links(links, now)


def _mail_id(news: News, guest: Guest, entry: Entry | None, dated: Dated) -> UUID:
    """New for what may be told again as it is: a link that is asked for anew, a time that is changed back."""
    if entry is not None:
        return ids.derived_id("guest", news, str(guest.id), str(entry.id), str(entry.version))
    if news in {name for name, _ in policy.REMINDERS}:
        return ids.derived_id("guest", news, str(guest.id), dated.occurrence.starts_at.isoformat())
    return ids.new_id()


def _values(dated: Dated, guest: Guest, news: News, entry: Entry | None, token: str) -> dict[str, Any]:
    """Not the name: whoever asks for a link could write to others by it."""

    def said(moment: datetime | None) -> str:
        return "" if moment is None else said_at(moment, dated.event.zone, guest.language)

    venue = dated.venue
    return {
        "news": news,
        "title": dated.event.title,
        "when": said(dated.occurrence.starts_at),
        "place": ", ".join(part for part in (venue.name, venue.address, venue.city) if part),
        "until": said(entry.registration.offered_until) if entry is not None else "",
        "link": link_path(token, "registration"),
    }
