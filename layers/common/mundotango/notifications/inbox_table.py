"""Inboxes in DynamoDB, one partition a person: a row for each item, and one that says up to where they read.

The index has the items that are shown, by their positions. It is a local one, for only such an index is read as of the
last write: an unread count must not lag behind the frame that brings it. It has nothing but keys, so that to count a
hundred items is to read some 15 KB.
"""

import json
from collections.abc import Mapping
from itertools import islice, takewhile
from typing import Any, cast
from uuid import UUID

from pynamodb.attributes import (
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import KeysOnlyProjection, LocalSecondaryIndex

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, batch_get, bind, written
from mundotango.notifications.model import Notification, NotificationKind
from mundotango.notifications.policy import INBOX_LIFE, expires_at
from mundotango.realtime.policy import moment_of

READ = "read"
_ITEM = "item#"


class ByPosition(LocalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_position"
        projection = KeysOnlyProjection()

    owner = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)


class NotificationRow(Replicated):
    """`position` is missing where nobody is left, which keeps the row out of the index."""

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    position = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    subject = JSONAttribute(null=True)
    at = UTCDateTimeAttribute(null=True)
    version = NumberAttribute(null=True)
    # Text, for a sequence number has more digits than a number of DynamoDB.
    actors = UnicodeAttribute(null=True)
    left = UnicodeAttribute(null=True)
    up_to = UnicodeAttribute(null=True)
    expires_at = TTLAttribute(null=True)
    by_position = ByPosition()


class DynamoInbox:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(NotificationRow, table_name, region)

    def find(self, user_id: UUID, group: str) -> Notification | None:
        found = self._find(user_id, _ITEM + group)
        return None if found is None else _notification(found)

    def look(self, user_id: UUID, group: str) -> tuple[Notification | None, str]:
        keys = [(_owner(user_id), _ITEM + group), (_owner(user_id), READ)]
        rows = {row.item: row for row in batch_get(self._row, keys, consistent_read=True)}
        found, read = rows.get(_ITEM + group), rows.get(READ)
        return _notification(found) if found else None, read.up_to if read else ""

    def put(self, notification: Notification) -> bool:
        row = self._row(
            _owner(notification.user_id),
            _ITEM + notification.group,
            position=notification.position if notification.shown else None,
            kind=notification.kind,
            subject=notification.subject,
            at=notification.at,
            version=notification.version,
            actors=_text(notification.actors),
            left=_text(notification.left),
            expires_at=expires_at(notification),
        )
        first = notification.version == 1
        before = self._row.item.does_not_exist() if first else self._row.version == notification.version - 1
        return written(lambda: row.save(condition=before))

    def newest(self, user_id: UUID, *, since: str, before: str | None, limit: int) -> list[Notification]:
        below = None if before is None else self._row.position < before
        places = self._row.by_position.query(
            _owner(user_id), below, scan_index_forward=False, consistent_read=True, page_size=limit
        )
        keys = [(row.owner, row.item) for row in takewhile(lambda row: row.position > since, islice(places, limit))]
        found = [_notification(row) for row in batch_get(self._row, keys, consistent_read=True)]
        return sorted((each for each in found if each.shown), key=lambda each: each.position, reverse=True)

    def count(self, user_id: UUID, *, since: str, limit: int) -> int:
        # Not pynamodb's own count: its limit is that of a page, and it counts them all.
        places = self._row.by_position.query(
            _owner(user_id), self._row.position > since, consistent_read=True, page_size=limit
        )
        return sum(1 for _ in islice(places, limit))

    def read_up_to(self, user_id: UUID) -> str:
        found = self._find(user_id, READ)
        return found.up_to if found is not None else ""

    def mark_read(self, user_id: UUID, position: str) -> bool:
        row = self._row
        return written(
            lambda: row(_owner(user_id), READ).update(
                [row.up_to.set(position), row.expires_at.set(moment_of(position) + INBOX_LIFE)],
                condition=row.item.does_not_exist() | (row.up_to < position),
            )
        )

    def of_user(self, user_id: UUID, *, after: str | None, limit: int) -> list[Notification]:
        beyond = self._row.item > _ITEM + after if after is not None else self._row.item.startswith(_ITEM)
        rows = self._row.query(_owner(user_id), beyond, consistent_read=True, page_size=limit)
        return [_notification(row) for row in takewhile(lambda row: row.item.startswith(_ITEM), islice(rows, limit))]

    def forget(self, user_id: UUID, limit: int) -> int:
        rows = list(islice(self._row.query(_owner(user_id), consistent_read=True, page_size=limit), limit))
        for row in rows:
            row.delete()
        return len(rows)

    def _find(self, user_id: UUID, item: str) -> NotificationRow | None:
        try:
            return self._row.get(_owner(user_id), item, consistent_read=True)
        except self._row.DoesNotExist:
            return None


def _owner(user_id: UUID) -> str:
    return f"user#{user_id}"


def _text(numbers: Mapping[UUID, int]) -> str:
    return json.dumps({str(actor): number for actor, number in numbers.items()}, separators=(",", ":"))


def _numbers(text: str) -> dict[UUID, int]:
    return {UUID(actor): number for actor, number in json.loads(text).items()}


def _notification(row: NotificationRow) -> Notification:
    return Notification(
        user_id=UUID(row.owner.removeprefix("user#")),
        group=row.item.removeprefix(_ITEM),
        kind=cast(NotificationKind, row.kind),
        subject=row.subject,
        position=row.position or "",
        at=row.at,
        version=int(row.version),
        shown=row.position is not None,
        actors=_numbers(row.actors),
        left=_numbers(row.left),
    )
