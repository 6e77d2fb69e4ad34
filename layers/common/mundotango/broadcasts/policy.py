"""Which changes people are told of, whom and when."""

from datetime import datetime, timedelta

from mundotango import text
from mundotango.broadcasts.model import Broadcast, Change, Topic
from mundotango.occurrences.model import Brief, Occurrence
from mundotango.registrations.model import OPEN, State
from mundotango.venues.model import Venue

# How long before the beginning people are reminded, and for how long one that could not be in time still is.
AHEAD: dict[Topic, timedelta] = {"24h": timedelta(hours=24), "2h": timedelta(hours=2)}
LATE: dict[Topic, timedelta] = {"24h": timedelta(hours=6), "2h": timedelta(hours=2)}

# So many hear of a change before the organiser has the answer, and the others of the next run's pages.
AT_ONCE = 100
PAGE = 100
# Longer than until what it reminds of is over.
DONE_LIFE = timedelta(days=7)

# A map's pin set right is no move: some 50 m.
_MOVED_DEGREES = 0.0005


def changed(before: Occurrence, after: Occurrence, now: datetime) -> tuple[Change, ...]:
    """What those who come are told of; nothing of what is over, or stays cancelled, or nobody was told of."""
    if "draft" in (before.status, after.status) or max(before.ends_at, after.ends_at) <= now:
        return ()
    if before.status == after.status == "cancelled":
        return ()
    found: list[Change] = []
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        found.append("time")
    if before.venue_id != after.venue_id:
        found.append("place")
    if before.status != after.status:
        found.append("status")
    return tuple(found)


def moved(before: Venue, after: Venue) -> bool:
    """Whether a venue is somewhere else than it was said to be; another name or spelling sends nobody astray."""
    said = [(text.key(venue.address), text.key(venue.city), venue.country) for venue in (before, after)]
    apart = max(abs(before.latitude - after.latitude), abs(before.longitude - after.longitude))
    return said[0] != said[1] or apart > _MOVED_DEGREES


def due(topic: Topic, now: datetime) -> tuple[datetime, datetime]:
    """Between which beginnings, the second included, people are reminded now."""
    return now + AHEAD[topic] - LATE[topic], now + AHEAD[topic]


def stands(broadcast: Broadcast, brief: Brief, now: datetime) -> bool:
    """Whether there is still something to say."""
    if broadcast.starts_at is None:
        return brief.ends_at > now
    return brief.status == "published" and brief.starts_at == broadcast.starts_at > now


def told(broadcast: Broadcast) -> tuple[frozenset[State], datetime | None]:
    """In which states of their registration people are told, and since when at the latest they must be in it. Who came
    later than the time of a reminder has just read when it begins."""
    if broadcast.starts_at is None:
        return OPEN, None
    return frozenset({"accepted"}), broadcast.starts_at - AHEAD[broadcast.topic]
