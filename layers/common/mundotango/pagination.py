"""Keyset pages and their cursors: where a page ended, signed, so that a client can only hand it back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from mundotango.errors import BadCursor, FieldError, Said
from mundotango.text import refused

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Page[T]:
    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in a list ordered by time, then id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where an item stands in a list ordered by how well it fits, then id."""

    rank: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands in a list ordered by how far or how fitting it is, then by time, then id.

    `as_of` is when the list was first asked for, where the order is that of a moment.
    """

    by: float
    at: datetime
    id: UUID
    as_of: datetime


class Keyring:
    """The keys that sign cursors, as this process last read them, oldest first.

    The newest signs and all verify. A key is rotated by adding a newer one, and retired a day later, when every
    process has met a cursor it could not verify, read the keys anew, and signs with the newer one.
    """

    def __init__(self) -> None:
        self._secrets: Sequence[bytes] = ()

    def sign(self, name: str, place: Place | Ranked | Standing, load: Callable[[], Sequence[bytes]]) -> str:
        """`name` is the list's: a cursor of one list is refused by another."""
        self._secrets = self._secrets or load()
        return str(self._serializer(name).dumps([*_order_of(place), place.id.hex]))

    def read(self, name: str, cursor: str, load: Callable[[], Sequence[bytes]]) -> Place:
        at, item_id = self._read(name, cursor, load)
        return Place(datetime.fromisoformat(at), UUID(hex=item_id))

    def read_ranked(self, name: str, cursor: str, load: Callable[[], Sequence[bytes]]) -> Ranked:
        rank, item_id = self._read(name, cursor, load)
        return Ranked(rank, UUID(hex=item_id))

    def read_standing(self, name: str, cursor: str, load: Callable[[], Sequence[bytes]]) -> Standing:
        by, at, as_of, item_id = self._read(name, cursor, load)
        return Standing(by, datetime.fromisoformat(at), UUID(hex=item_id), datetime.fromisoformat(as_of))

    def _read(self, name: str, cursor: str, load: Callable[[], Sequence[bytes]]) -> Any:
        """Keys that are unknown yet are loaded once before the cursor is refused."""
        known = self._secrets
        value = self._verified(name, cursor) if known else None
        if value is None:
            self._secrets = load()
            value = self._verified(name, cursor) if self._secrets != known else None
        if value is None:
            raise BadCursor("this cursor is not one of this list's", FieldError("cursor", "is not one of this list's"))
        return value

    def _verified(self, name: str, cursor: str) -> Any | None:
        try:
            return self._serializer(name).loads(cursor)
        except (BadData, UnicodeError):
            return None

    def _serializer(self, name: str) -> URLSafeSerializer:
        return URLSafeSerializer(list(self._secrets), salt=f"cursor:{name}")


def _order_of(place: Place | Ranked | Standing) -> list[Any]:
    if isinstance(place, Standing):
        return [place.by, place.at.isoformat(), place.as_of.isoformat()]
    return [place.at.isoformat() if isinstance(place, Place) else place.rank]


def checked_limit(limit: int) -> int:
    if not 1 <= limit <= LARGEST_LIMIT:
        raise refused("limit", Said("must be from 1 to {largest}", largest=LARGEST_LIMIT))
    return limit


def page_of[T](found: list[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """Of one item more than a page holds: the page, and a cursor if there is more."""
    items = found[:limit]
    return Page(items, cursor_of(items[-1]) if len(found) > limit else None)
