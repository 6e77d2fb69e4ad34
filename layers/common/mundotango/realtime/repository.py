"""Activities, tickets and grants in DynamoDB; the open sockets and the edges have modules of their own."""

from datetime import datetime
from itertools import islice
from typing import Any, cast
from uuid import UUID

from pynamodb.attributes import (
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from mundotango import ids, settings
from mundotango.adapters.dynamodb import Replicated, bind, take
from mundotango.observability import correlation_id
from mundotango.realtime.model import Activity, Appended, Grant, Kind, Ticket
from mundotango.realtime.policy import ACTIVITY_LIFE, moment_of


class ActivityRow(Replicated):
    channel = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)
    id = UnicodeAttribute()
    v = NumberAttribute()
    kind = UnicodeAttribute()
    actor_id = UnicodeAttribute(null=True)
    payload = JSONAttribute()
    occurred_at = UTCDateTimeAttribute()
    correlation_id = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class TicketRow(Model):
    """A ticket under its hash, or a grant under `grant#` and its hash, so that neither is ever taken for the other."""

    ticket_hash = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    token_ends_at = UTCDateTimeAttribute(null=True)
    channels = UnicodeSetAttribute(null=True)
    authors = JSONAttribute(null=True)
    expires_at = TTLAttribute()


def appended_from_image(image: dict[str, dict[str, Any]]) -> Appended:
    """A row as the table's stream carries it (`NewImage`)."""
    return _appended(ActivityRow.from_raw_data(image))


class DynamoActivities:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ActivityRow, table_name, region)

    def append(self, activity: Activity) -> Appended:
        if activity.channel is None:
            raise ValueError(f"{activity.kind} is told to nobody: it has no channel to stand in")
        appended = Appended(activity, activity.channel, ids.new_position())
        self._row(
            appended.channel,
            appended.position,
            id=str(activity.id),
            v=activity.v,
            kind=activity.kind,
            actor_id=None if activity.actor_id is None else str(activity.actor_id),
            payload=activity.payload,
            occurred_at=activity.occurred_at,
            correlation_id=activity.correlation_id or correlation_id(),
            expires_at=moment_of(appended.position) + ACTIVITY_LIFE,
        ).save()
        return appended

    def since(self, channel: str, position: str, limit: int) -> list[Appended]:
        later = self._row.query(channel, self._row.position > position, consistent_read=True, page_size=limit)
        return [_appended(row) for row in islice(later, limit)]

    def forget(self, channel: str, limit: int) -> int:
        rows = list(islice(self._row.query(channel, consistent_read=True, page_size=limit), limit))
        for row in rows:
            row.delete()
        return len(rows)


def _appended(row: ActivityRow) -> Appended:
    activity = Activity(
        id=UUID(row.id),
        kind=cast(Kind, row.kind),
        actor_id=UUID(row.actor_id) if row.actor_id else None,
        channel=row.channel,
        payload=row.payload,
        occurred_at=row.occurred_at,
        v=int(row.v),
        correlation_id=row.correlation_id,
    )
    return Appended(activity, row.channel, row.position)


class DynamoTickets:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(TicketRow, table_name, region)

    def put(self, ticket_hash: str, ticket: Ticket, expires_at: datetime) -> None:
        self._row(
            ticket_hash, user_id=str(ticket.user_id), token_ends_at=ticket.token_ends_at, expires_at=expires_at
        ).save()

    def take(self, ticket_hash: str, now: datetime) -> Ticket | None:
        row = take(self._row, ticket_hash, condition=self._row.expires_at > now)
        return None if row is None else Ticket(UUID(row.user_id), row.token_ends_at)


class DynamoGrants:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(TicketRow, table_name, region)

    def put(self, grant_hash: str, grant: Grant, expires_at: datetime) -> None:
        self._row(
            f"grant#{grant_hash}",
            user_id=str(grant.user_id),
            channels=set(grant.channels) or None,
            authors={channel: str(author_id) for channel, author_id in grant.authors.items()} or None,
            expires_at=expires_at,
        ).save()

    def find(self, grant_hash: str, now: datetime) -> Grant | None:
        try:
            row = self._row.get(f"grant#{grant_hash}", consistent_read=True)
        except self._row.DoesNotExist:
            return None
        if row.expires_at <= now:
            return None
        authors = {channel: UUID(author_id) for channel, author_id in (row.authors or {}).items()}
        return Grant(UUID(row.user_id), frozenset(row.channels or ()), authors)
