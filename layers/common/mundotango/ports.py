"""What use cases ask of the world outside. Each port has a real adapter and a fake, held to one contract test.

Those of one feature alone stand in its own `ports.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # A function that uses one feature's ports does not import the models of the others.
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime
    from uuid import UUID

    from mundotango.commands.model import Command
    from mundotango.media.model import Bucket, Measures, Media, PresignedPost


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, in UTC, timezone-aware."""
        ...


class Cache(Protocol):
    """Derived values that may vanish at any moment. Only `ping` raises; a cache that is away finds nothing."""

    def get(self, key: str) -> Any | None:
        """The JSON value, or None when there is none or it cannot be had."""
        ...

    def set(self, key: str, value: Any, seconds: int) -> None: ...

    def delete(self, key: str) -> None:
        """To be called after the commit that makes the value outdated; what is being loaded then is not kept."""
        ...

    def recall(self, key: str, seconds: int, load: Callable[[], bytes], *, part: str | None = None) -> bytes:
        """What is kept under the key, else what `load` makes, which is kept then for so long.

        A key may have parts, which are deleted together, and end together, so long after the first was kept.

        Of many who ask at once one loads and the others wait for it, for less long than a statement may take. What
        `load` makes must not begin with a capital L; what it raises is not kept.
        """
        ...

    def holds(self, key: str) -> bool | None:
        """Whether there is something under the key; None when the cache cannot say."""
        ...

    def increment(self, key: str, seconds: int) -> int | None:
        """The count under the key, which begins at one and ends so long after; None when it cannot be had."""
        ...

    def ping(self) -> None:
        """Raises what keeps the cache from answering."""
        ...


class Answers(Protocol):
    """The first answers to requests that may be repeated under a key. Unavailable when it cannot be asked."""

    def begin(self, key: str, request: str) -> dict[str, Any] | None:
        """The first answer, or None where there is none: then this is the first, and under way from now on.

        Raises:
            InProgress: the first is under way.
            KeyReused: `request` is not the first one's.
        """
        ...

    def keep(self, key: str, request: str, answer: dict[str, Any]) -> None: ...

    def forget(self, key: str) -> None:
        """As if it had never begun."""
        ...


class Rates(Protocol):
    """Counts of requests while the cache is away."""

    def increment(self, key: str, ends_at: datetime) -> int:
        """The count under the key, which begins at one; Unavailable when it cannot be had."""
        ...


class ObjectStore(Protocol):
    """The two buckets: `uploads`, private, and `media`, which the edge serves."""

    def presign_post(
        self, key: str, *, content_type: str, max_bytes: int, sha256: str | None, now: datetime
    ) -> PresignedPost:
        """Allow one upload of exactly this key and type, 1 to `max_bytes` long, for five minutes; needs no network.

        With a `sha256`, in hexadecimal, of these bytes only.
        """
        ...

    def find(self, bucket: Bucket, key: str) -> bytes | None: ...

    def put(self, bucket: Bucket, key: str, data: bytes, *, content_type: str, cache_control: str) -> None: ...

    def delete(self, bucket: Bucket, key: str) -> None:
        """Deleting what is not there is no error."""
        ...

    def delete_many(self, bucket: Bucket, keys: Sequence[str]) -> None:
        """As `delete`, up to a thousand in one round trip; raises when one of them could not be."""
        ...

    def list_keys(self, bucket: Bucket, prefix: str, limit: int) -> list[str]:
        """The first `limit` keys that begin so, in their order."""
        ...

    def writing(self, bucket: Bucket, key: str, *, content_type: str) -> AbstractContextManager[Writer]:
        """An object written piece by piece, of any size; there when the block ends well, else not at all."""
        ...

    def presign_get(self, key: str, *, filename: str, seconds: int) -> str:
        """An address that opens this object of `uploads` for so long, for a download of that name; needs no network."""
        ...


class Writer(Protocol):
    """A file that is only written to, from its beginning to its end."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class MediaRepository(Protocol):
    def add(self, media: Media) -> None: ...

    def find(self, media_id: UUID) -> Media | None: ...

    def find_many(self, media_ids: Iterable[UUID]) -> dict[UUID, Media]:
        """Those of the pictures that exist, in one round trip."""
        ...

    def mark_received(self, media_id: UUID) -> bool:
        """From pending, once; False when it was not pending (any more), and then nothing changes."""
        ...

    def mark_ready(self, media_id: UUID, measures: Measures, review_on: date) -> bool:
        """From pending or received, once, as `mark_failed`; on that day it is to be looked at."""
        ...

    def mark_failed(self, media_id: UUID, reason: str) -> bool:
        """From pending or received, once; False when it was neither (any more), and then nothing changes."""
        ...

    def of_owner(self, owner_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        """A person's pictures, whatever became of them, in the order of their ids; the newest may be missing."""
        ...

    def newest_of_owner(self, owner_id: UUID, before: UUID | None, limit: int) -> list[UUID]:
        """The same from the other end: the newest first, or those before one of them."""
        ...

    def remove(self, media_id: UUID) -> None:
        """Removing what is not there is no error."""
        ...

    def list_due(self, day: date, after: UUID | None, limit: int) -> list[UUID]:
        """Pictures to be looked at on that day, in the order of their ids; one of the last second may be missing."""
        ...

    def review(self, media_id: UUID, day: date) -> None:
        """It is to be looked at on that day, and on no other. Of what does not exist nothing is written."""
        ...

    def keep(self, media_id: UUID, reviewed: date) -> None:
        """It is not to be looked at any more, unless that was put off to another day than `reviewed` meanwhile."""
        ...


class Commands(Protocol):
    """What is to be done outside the network, a row each."""

    def put(self, command: Command, expires_at: datetime) -> bool:
        """False, and nothing written, when the row under its key has this version or a higher one."""
        ...

    def find(self, key: str) -> Command | None: ...

    def forget(self, command: Command) -> None:
        """Delete its row, unless a later one stands there."""
        ...


class Identities(Protocol):
    """People's sign-ins, by the id that their profile has too. Whom the pool does not know is no error."""

    def delete(self, user_id: UUID) -> None: ...

    def find_address(self, user_id: UUID) -> str | None:
        """Where this person gets mail; None unless they confirmed the address and may sign in."""
        ...


class Edge(Protocol):
    """The copies that the edge has of what it serves."""

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """Have it forget these paths, of which each may end in a star. The same again, under the same reference, is the
        one invalidation. Raises also when too many are in progress: try again."""
        ...


class Traces(Protocol):
    """What X-Ray knows of requests that were picked to be traced."""

    def put(self, segments: Sequence[Mapping[str, Any]]) -> list[str]:
        """Why some were refused, of each a code; empty where all were taken. The same segment again replaces itself."""
        ...


class Erasures(Protocol):
    """The ledger of those who are being erased or were: ids and moments, where no restore of the rest reaches."""

    def note(self, user_id: UUID, now: datetime) -> datetime:
        """When this person was first noted; from now on that moment, if never before."""
        ...

    def noted(self, after: UUID | None, limit: int) -> list[UUID]:
        """All that were noted, in an order of the store's own that goes on from `after`."""
        ...
