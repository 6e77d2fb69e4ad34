"""Activities, the channels they stand in, and the frames they become.

An *activity* says that something happened; its id is made before the commit and never changes. It is appended to one
*channel* under a *position*, made when it is appended. A *frame* is what a socket carries.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

ACTIVITY_VERSION = 1
FRAME_VERSION = 1

Kind = Literal[
    "block.created",
    "block.removed",
    "command.close_sockets",
    "command.edge_forget",
    "command.identity_delete",
    "command.media_delete",
    "command.send_mail",
    "comment.created",
    "comment.removed",
    "conversation.joined",
    "conversation.left",
    "conversation.read",
    "conversation.updated",
    "event.cancelled",
    "event.changed",
    "event.created",
    "event.updated",
    "export.failed",
    "export.ready",
    "follow.accepted",
    "follow.created",
    "follow.removed",
    "follow.requested",
    "follower.added",
    "media.detached",
    "media.failed",
    "media.ready",
    "media.received",
    "mention.created",
    "message.created",
    "message.removed",
    "moderation.decided",
    "notification.removed",
    "notification.updated",
    "notifications.read",
    "post.created",
    "post.removed",
    "post.shared",
    "post.unshared",
    "post.updated",
    "post.withdrawn",
    "presence.hidden",
    "presence.shown",
    "reaction.changed",
    "reaction.received",
    "registration.updated",
    "reminder.due",
    "wishes.changed",
]


Relation = Literal["follow", "block", "member", "hidden"]
"""How one stands to another outside the database: the author and a follower, who blocked and whom, the conversation
and a member; whoever is hidden stands at both ends."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened. `channel` is where it is told, such as `author:{id}`; None tells nobody.

    `correlation_id` is that of the request it happened in, for the log; clients are not told.
    """

    id: UUID
    kind: Kind
    actor_id: UUID | None
    channel: str | None
    payload: dict[str, Any]
    occurred_at: datetime
    v: int = ACTIVITY_VERSION
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """An activity at its place in its channel; positions of one channel sort as they were appended."""

    activity: Activity
    channel: str
    position: str


@dataclass(frozen=True, slots=True)
class Socket:
    """An open connection, whose it is, and where the gateway takes frames for it: https://{domain}/{stage}."""

    connection_id: str
    user_id: UUID
    domain: str
    stage: str


Closing = Literal["ended", "flood", "replaced", "suspended", "token-expired"]
"""Why the server closes a socket: it lived as long as one may, its client sent too much, its person opened too many,
they may not have one, the token its ticket was asked with ended."""


Paced = Literal["presence", "resume", "typing"]
"""What a socket may ask for once in a while, as it costs others something, or much."""


@dataclass(frozen=True, slots=True)
class End:
    """When a socket ends, at the latest, and why then."""

    at: datetime
    code: Closing


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may open a socket, and when the token ends that they asked with."""

    user_id: UUID
    token_ends_at: datetime


NO_AUTHORS: Mapping[str, UUID] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may subscribe to which channels that are not public; `authors` has whose post a channel tells of."""

    user_id: UUID
    channels: frozenset[str]
    authors: Mapping[str, UUID] = NO_AUTHORS


@dataclass(frozen=True, slots=True)
class Delivery:
    """One frame, already JSON, on its way to one socket."""

    socket: Socket
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A frame, already JSON, on its way to some of the sockets it is told to.

    A socket is always in the same shard of its channel, and chunks of one shard are delivered in the order in which
    they were made.
    """

    activity_id: UUID
    channel: str
    shard: int
    text: str
    sockets: tuple[Socket, ...]
    position: str
    correlation_id: str | None = None

    @property
    def name(self) -> str:
        """The same for one activity told to the same sockets. An audience that is read again may come in another order,
        or without one who left, and then no socket may stand under a name that the queue knows and drops."""
        told = "|".join(sorted(socket.connection_id for socket in self.sockets))
        return f"{self.activity_id}-{self.shard}-{blake2b(told.encode(), digest_size=16).hexdigest()}"


Outcome = Literal["sent", "gone", "failed"]
"""`gone`: the gateway no longer knows the connection. `failed`: it hung, or was still refused after retries."""


def author_channel(user_id: UUID | str) -> str:
    """What an author does, told to those who follow; a follower sees all its authors as the one channel `home`."""
    return f"author:{user_id}"


def user_channel(user_id: UUID | str) -> str:
    return f"user:{user_id}"


def post_channel(post_id: UUID | str) -> str:
    return f"post:{post_id}"


def inbox_channel(user_id: UUID | str) -> str:
    """What feeds a person's notifications and is told to no socket."""
    return f"inbox:{user_id}"


def conversation_channel(conversation_id: UUID | str) -> str:
    return f"conversation:{conversation_id}"


def event_channel(event_id: UUID | str) -> str:
    return f"event:{event_id}"


def city_channel(city: str) -> str:
    """`city` as `text.key` makes it: the same for every way to write it."""
    return f"city:{city}"


HOME = "home"

# The gateway takes 32 KB in a frame and closes the socket over more; what stands around the payload is below 1 KB.
LARGEST_PAYLOAD = 31_000


def frame(appended: Appended, *, channel: str | None = None) -> dict[str, Any]:
    """The frame of an activity, as the receiver knows its channel (`home` for a followed author's)."""
    activity = appended.activity
    return {
        "v": FRAME_VERSION,
        "type": activity.kind,
        "id": str(activity.id),
        "channel": channel or appended.channel,
        "position": appended.position,
        "at": activity.occurred_at.isoformat().replace("+00:00", "Z"),
        "data": activity.payload,
    }


def encoded(frame: dict[str, Any]) -> str:
    """A frame as a socket carries it. Letters stand as they are: escaped, a long post is more than the gateway takes.

    Half a surrogate pair, which a client may send and be told again, is no letter and becomes a question mark.
    """
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode(errors="replace").decode()


def fits(payload: dict[str, Any]) -> bool:
    """Whether a frame can carry it."""
    return len(encoded(payload).encode()) <= LARGEST_PAYLOAD
