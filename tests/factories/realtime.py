"""Sockets and activities."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.ports import Clock
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


def make_activity(channel: str | None = None, *, kind: Kind = "post.created", **payload: Any) -> Activity:
    return Activity(
        id=ids.new_id(),
        kind=kind,
        actor_id=ids.new_id(),
        channel=channel or user_channel(ids.new_id()),
        payload={"body": "¿Quién está en La Viruta? 💃", "likes": 3} | payload,
        occurred_at=AT,
    )
