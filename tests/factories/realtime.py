"""Sockets and activities."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.ports import Clock
from mundotango.reactions.model import zeros
from mundotango.realtime.model import Activity, End, Kind, Socket, Ticket, user_channel

AT = datetime(2026, 11, 23, 20, 0, 0, 123000, tzinfo=UTC)


def make_socket(user_id: UUID | None = None, connection_id: str | None = None) -> Socket:
    """A connection id as the gateway makes them: Base64, so with characters that a path has to escape."""
    return Socket(
        connection_id or f"{ids.new_secret()[:14]}/=",
        user_id or ids.new_id(),
        "abcdef0123.execute-api.us-east-1.amazonaws.com",
        "ws",
    )


def make_end(clock: Clock) -> End:
    """Of a socket that opens now, with a token of half an hour."""
    return End(clock.now() + timedelta(minutes=30), "token-expired")


def make_ticket(user_id: UUID, clock: Clock) -> Ticket:
    """Asked for with such a token."""
    return Ticket(user_id, make_end(clock).at)


def make_activity(channel: str | None = None, *, kind: Kind | None = None, **payload: Any) -> Activity:
    """With what docs/asyncapi.yaml says of its kind; without one, of a kind that is told in such a channel."""
    told_in = channel or user_channel(ids.new_id())
    chosen = kind or _TOLD_IN.get(told_in.partition(":")[0], "post.created")
    return Activity(
        id=ids.new_id(),
        kind=chosen,
        actor_id=ids.new_id(),
        channel=told_in,
        payload=_PAYLOADS.get(chosen, {}) | payload,
        occurred_at=AT,
    )


_TOLD_IN: dict[str, Kind] = {
    "post": "reaction.changed",
    "city": "event.created",
    "conversation": "conversation.read",
}
_ID, _OTHER_ID = "01a209f0-b660-7abc-8def-0123456789ab", "01a209f0-b660-7abc-8def-0123456789ac"
_MOMENT = "2026-11-23T20:00:00Z"
_AUTHOR = {"id": _OTHER_ID, "handle": "ana", "display_name": "Ana", "avatar": None}
_POST: dict[str, Any] = {
    "id": _ID, "author": _AUTHOR, "body": "¿Quién está en La Viruta? 💃", "entities": [], "city": "", "language": "es",
    "visibility": "public", "event_id": None, "created_at": _MOMENT, "edited_at": None, "version": 1, "pinned": False,
    "media": [], "original": None,
}  # fmt: skip
_EVENT: dict[str, Any] = {
    "id": _ID, "title": "La Viruta", "description": "", "kind": "milonga", "city": "Buenos Aires", "country": "AR",
    "venue_name": "La Viruta", "address": "Armenia 1366", "latitude": -34.5889, "longitude": -58.4303,
    "zone": "America/Argentina/Buenos_Aires", "starts_at": _MOMENT, "ends_at": _MOMENT, "organiser_id": _OTHER_ID,
    "status": "published", "created_at": _MOMENT,
    "occurrence_id": _OTHER_ID, "original_start": "2026-11-23T17:00:00", "first_start": "2026-11-23T17:00:00",
    "night": "2026-11-23", "language": "", "translations": [], "venue_id": _OTHER_ID, "rule": "", "excluded": [],
    "added": [], "people": [], "price": None, "currency": "", "link": "", "tags": [], "media": [], "parent_id": None,
    "version": 1, "changed_at": _MOMENT,
}  # fmt: skip
_PAYLOADS: dict[Kind, dict[str, Any]] = {
    "conversation.read": {"conversation_id": _ID, "user_id": _OTHER_ID, "message_id": _ID},
    "event.created": _EVENT,
    "post.created": _POST,
    "post.removed": {"post_id": _ID},
    "post.updated": _POST,
    "post.withdrawn": {"post_id": _ID},
    "reaction.changed": {"post_id": _ID, "totals": zeros()},
}
