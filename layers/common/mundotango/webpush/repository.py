"""Devices in DynamoDB, in the table of inboxes.

owner          item           what
user#{id}      push#{device}  a device, in the partition of whose it is
user#{id}      wishes         what of their notifications is not pushed, and their language
device#{id}    owner          whose the device is, so that it is one person's at a time

The last one outlives the first by more than DynamoDB takes to sweep it: a browser that comes back under another name
after months is still known to have been somebody's.
"""

from datetime import datetime, timedelta
from itertools import islice
from typing import cast
from uuid import UUID

from pynamodb.attributes import (
    BinaryAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.transactions import TransactWrite

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, bind, transact, written
from mundotango.errors import Unavailable
from mundotango.languages import Language
from mundotango.notifications.model import NotificationKind
from mundotango.webpush.model import Device, Wishes
from mundotango.webpush.policy import DEVICE_LIFE

_DEVICE = "push#"
_WISHES = "wishes"
_SWEPT_WITHIN = timedelta(days=7)
_ATTEMPTS = 5


class DeviceRow(Replicated):
    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    endpoint = UnicodeAttribute(null=True)
    p256dh = BinaryAttribute(null=True, legacy_encoding=False)
    auth = BinaryAttribute(null=True, legacy_encoding=False)
    registered_at = UTCDateTimeAttribute(null=True)
    user_id = UnicodeAttribute(null=True)
    off = UnicodeSetAttribute(null=True)
    language = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    expires_at = TTLAttribute(null=True)


class DynamoDevices:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(DeviceRow, table_name, region)
        self._region = region

    def put(self, device: Device, *, limit: int) -> None:
        for _ in range(_ATTEMPTS):
            if self._put(device, limit):
                return
        raise Unavailable("others write the same rows; try again")

    def find(self, user_id: UUID, device_id: UUID) -> Device | None:
        row = self._find(_owner(user_id), f"{_DEVICE}{device_id}")
        return None if row is None else _device(row)

    def of_user(self, user_id: UUID) -> list[Device]:
        rows = self._row.query(_owner(user_id), self._row.item.startswith(_DEVICE), consistent_read=True)
        return [_device(row) for row in rows]

    def has_any(self, user_id: UUID) -> bool:
        rows = self._row.query(_owner(user_id), self._row.item.startswith(_DEVICE), page_size=1)
        return next(iter(rows), None) is not None

    def remove(self, user_id: UUID, device_id: UUID) -> bool:
        def add(transaction: TransactWrite) -> None:
            self._delete(transaction, user_id, device_id)

        return transact(self._region, add)

    def wishes(self, user_id: UUID) -> Wishes:
        row = self._find(_owner(user_id), _WISHES)
        if row is None:
            return Wishes()
        off = frozenset(cast(NotificationKind, kind) for kind in row.off or ())
        return Wishes(off=off, language=cast(Language, row.language))

    def apply(self, user_id: UUID, wishes: Wishes, *, version: int) -> None:
        row = self._row(
            _owner(user_id), _WISHES, off=set(wishes.off) or None, language=wishes.language, version=version
        )
        written(lambda: row.save(condition=self._row.owner.does_not_exist() | (self._row.version < version)))

    def _put(self, device: Device, limit: int) -> bool:
        """False when somebody else registered or removed one of them in between."""
        row, known = self._row, self._find(_place(device.id), "owner")
        others = [each for each in self.of_user(device.user_id) if each.id != device.id]
        others.sort(key=lambda each: each.registered_at, reverse=True)
        expires_at = device.registered_at + DEVICE_LIFE

        def add(transaction: TransactWrite) -> None:
            place = row(_place(device.id), "owner", user_id=str(device.user_id), expires_at=expires_at + _SWEPT_WITHIN)
            unchanged = row.owner.does_not_exist() if known is None else row.user_id == known.user_id
            transaction.save(place, condition=unchanged)
            transaction.save(self._row_of(device, expires_at))
            if known is not None and known.user_id != str(device.user_id):
                transaction.delete(row(f"user#{known.user_id}", f"{_DEVICE}{device.id}"))
            for beyond in islice(others, limit - 1, None):
                self._delete(transaction, beyond.user_id, beyond.id)

        return transact(self._region, add)

    def _delete(self, transaction: TransactWrite, user_id: UUID, device_id: UUID) -> None:
        row = self._row
        transaction.delete(row(_owner(user_id), f"{_DEVICE}{device_id}"), condition=row.owner.exists())
        theirs = row.owner.does_not_exist() | (row.user_id == str(user_id))
        transaction.delete(row(_place(device_id), "owner"), condition=theirs)

    def _row_of(self, device: Device, expires_at: datetime) -> DeviceRow:
        return self._row(
            _owner(device.user_id),
            f"{_DEVICE}{device.id}",
            endpoint=device.endpoint,
            p256dh=device.p256dh,
            auth=device.auth,
            registered_at=device.registered_at,
            expires_at=expires_at,
        )

    def _find(self, owner: str, item: str) -> DeviceRow | None:
        try:
            return self._row.get(owner, item, consistent_read=True)
        except self._row.DoesNotExist:
            return None


def _owner(user_id: UUID) -> str:
    return f"user#{user_id}"


def _place(device_id: UUID) -> str:
    return f"device#{device_id}"


def _device(row: DeviceRow) -> Device:
    return Device(
        user_id=UUID(row.owner.removeprefix("user#")),
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        registered_at=row.registered_at,
    )
