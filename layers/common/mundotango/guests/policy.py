"""For how long guests are kept, who is asked once too often, and what they are told."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from mundotango.errors import Conflict
from mundotango.events.model import EventStatus
from mundotango.guests.model import Guest, News
from mundotango.registrations.model import OPEN, Entry, State

LONGEST_NAME = 80
# Of an address that nobody confirmed: it may be of somebody who never heard of the event.
UNCONFIRMED_LIFE = timedelta(days=7)
# For the organiser to settle what is left to settle.
KEPT_AFTER = timedelta(days=30)
# Before it begins; who registers later than that is reminded by the next one.
REMINDERS: tuple[tuple[News, timedelta], ...] = (
    ("day_ahead", timedelta(hours=24)),
    ("hours_ahead", timedelta(hours=2)),
)

_TOLD: dict[State, News] = {
    "waiting": "waiting",
    "offered": "offered",
    "accepted": "accepted",
    "refused": "refused",
    "expired": "expired",
    "cancelled": "cancelled",
}


def takes_guests(status: EventStatus, opens_at: datetime | None, ends_at: datetime, now: datetime) -> None:
    """Whether a link is mailed at all. It says nothing of who asks, so that nobody learns who is known; who is may
    still ask for theirs when others cannot register any more."""
    if status == "cancelled":
        raise Conflict("this was cancelled")
    if now >= ends_at:
        raise Conflict("this is over")
    if opens_at is not None and now < opens_at:
        raise Conflict("registration has not opened yet")


def kept_until(confirmed: bool, ends_at: datetime, now: datetime) -> datetime:
    return ends_at + KEPT_AFTER if confirmed else now + UNCONFIRMED_LIFE


def is_open(guest: Guest, now: datetime) -> bool:
    """Whether their links still open anything."""
    return now < guest.kept_until


def may_register(entry: Entry | None) -> bool:
    """Whether the page asks them to: who was refused is not asked again."""
    return entry is None or (entry.state not in OPEN and entry.state != "refused")


def news_of(entry: Entry, guest_id: UUID, actor_id: UUID | None) -> News | None:
    """What a guest is mailed of their registration; of what they did themselves, the page told them."""
    return None if actor_id == guest_id else _TOLD.get(entry.state)


def change_of(status: EventStatus) -> News:
    """What is said of an event that changed, as it is now."""
    if status == "published":
        return "changed"
    return "called_off" if status == "cancelled" else "postponed"


def mailbox(email: str) -> str:
    """What spellings of one mailbox have in common, to count mails by: many ignore dots, and what follows a plus."""
    local, _, domain = email.lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def viewer(address: str) -> str:
    """Whom requests are counted by: an address, or of IPv6 the network that one household has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(int(found) >> 64) if isinstance(found, IPv6Address) and found.ipv4_mapped is None else str(found)
