"""Which views are one view, and how long a row that counts one is kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

MOST_VIEWS = 50
# A page of what somebody saw in a day that holds so many posts takes no more: with the largest report it then has less
# than 2 KB, and with reports of 20, as a page of the feed has, it stays within a write unit's one (a test).
FULL = 20
# Past the day it stands for, and past what the stream keeps; after that nothing asks for it any more.
VIEW_LIFE = timedelta(days=2)
# What was ended stays known for longer than the stream keeps a record, so that a late one finds it.
ENDED_LIFE = timedelta(days=2)


def told_on(at: datetime) -> str:
    """The day, by the clock of UTC, under which an author's notifications of reactions are grouped."""
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def seen_of(viewer_id: UUID, at: datetime) -> str:
    """The same for one viewer all day long, by the clock of UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d}#{viewer_id}"


def view_expires_at(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + VIEW_LIFE
