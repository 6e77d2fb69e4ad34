"""What a person is notified of, and how they want to be.

An inbox has one *item* for each *group* of things that happened: likes of a post are grouped by day, most other things
stand alone. Its *position* is given when it is written, and anew whenever somebody joins the group: what stands beyond
the position that was read up to is unread.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from mundotango.ids import derived_id
from mundotango.languages import Language
from mundotango.users.model import Person

NotificationKind = Literal[
    "mention",
    "reply",
    "share",
    "follow",
    "follow_request",
    "follow_accepted",
    "like",
    "moderation",
    "registration",
    "event_change",
    "reminder",
]
Way = Literal["app", "email", "push"]
Rhythm = Literal["never", "daily", "weekly"]

KINDS: tuple[NotificationKind, ...] = get_args(NotificationKind)
WAYS: tuple[Way, ...] = get_args(Way)
RHYTHMS: tuple[Rhythm, ...] = get_args(Rhythm)

# Of a group's people so many are named.
MOST_NAMED = 3
# So many are told apart: a count of this many says "at least".
MOST_COUNTED = 100

# Of these somebody is told for as long as they are so.
STANDING: frozenset[NotificationKind] = frozenset({"follow", "follow_request"})
# Of these nobody needs to be told any more once the event has begun.
DATED: frozenset[NotificationKind] = frozenset({"registration", "event_change", "reminder"})
# Fields of a subject.
_ABOUT = ("post_id", "repost_id", "comment_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One item of a person's inbox.

    `actors` are the people of it and `left` those who took it back, each with the number of the change that says so:
    the higher number wins. `version` counts the item's changes. Without `shown` nobody is left in it: it is in no list.
    """

    user_id: UUID
    group: str
    kind: NotificationKind
    subject: dict[str, Any]
    position: str
    at: datetime
    version: int
    shown: bool = True
    actors: Mapping[UUID, int] = field(default_factory=dict)
    left: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The same for as long as the group is known."""
        return derived_id("notification", str(self.user_id), self.group)

    @property
    def actor_ids(self) -> list[UUID]:
        """Newest first, the few that are named."""
        return sorted(self.actors, key=lambda actor: (self.actors[actor], actor), reverse=True)[:MOST_NAMED]

    @property
    def about(self) -> list[UUID]:
        """The posts and comments without which it says nothing."""
        return [UUID(self.subject[name]) for name in _ABOUT if self.subject.get(name)]

    @property
    def count(self) -> int:
        """Of people; at MOST_COUNTED there may be more."""
        return len(self.actors)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as its owner sees it: those it names whom they still see, and how many it speaks of without the rest."""

    notification: Notification
    actors: list[Person]
    count: int


@dataclass(frozen=True, slots=True)
class Read:
    """The position up to which a person has read, empty before the first time, and how many are unread."""

    up_to: str
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """What an activity says to a group: who joined it and who left it, each with the number of the change."""

    group: str
    kind: NotificationKind
    subject: dict[str, Any]
    at: datetime
    joined: Mapping[UUID, int] = field(default_factory=dict)
    left: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPreferences:
    """`off` is what this person does not want to be told, and in which way. What they are not told in the app is in no
    digest and on no device either: both tell of the inbox. `zone` is the IANA zone they live in."""

    off: frozenset[tuple[NotificationKind, Way]] = frozenset()
    digest: Rhythm = "weekly"
    language: Language = "en"
    zone: str = "UTC"

    def wants(self, kind: NotificationKind, way: Way) -> bool:
        return (kind, way) not in self.off


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Somebody who is to be told something of one kind: whether they want that in the app, and by e-mail too. `zone` is
    None of those who never said how they want to be told."""

    user_id: UUID
    name: str
    language: Language
    zone: str | None
    app: bool
    email: bool


def notification_payload(notification: Notification) -> dict[str, Any]:
    """As frames have it: ids of people, never their names."""
    return {
        "id": str(notification.id),
        "kind": notification.kind,
        "subject": notification.subject,
        "actor_ids": [str(actor) for actor in notification.actor_ids],
        "count": notification.count,
        "position": notification.position,
        "at": notification.at.isoformat().replace("+00:00", "Z"),
    }
