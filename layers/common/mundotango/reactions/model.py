"""Reactions and their totals.

A *target* (a post) has sixteen *buckets*; a person always reacts in the same one, so no single key takes all the
writes of a target that everyone likes at once. Each bucket is counted by itself, and a total is their sum.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal
from uuid import UUID

BUCKETS = 16

ReactionKind = Literal["like"]


@dataclass(frozen=True, slots=True)
class Reaction:
    user_id: UUID
    kind: ReactionKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """One bucket as far as it is counted.

    `guard` is the stream's sequence number of the last reaction counted, `through` the latest moment of one; both
    are None before the first.
    """

    likes: int = 0
    guard: str | None = None
    through: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountChange:
    """What a batch of the stream adds to one bucket, valid only where the bucket's guard is still `guard_before`."""

    likes: int
    guard_before: str | None
    guard: str
    through: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """A target's total as one person sees it."""

    likes: int
    liked: bool


def bucket_of(user_id: UUID) -> int:
    """The same for a person on every machine and in every process, unlike Python's own hash."""
    return int.from_bytes(blake2b(user_id.bytes, digest_size=2).digest()) % BUCKETS


def bucket_key(target_id: UUID, bucket: int) -> str:
    return f"post#{target_id}#{bucket:02d}"


def bucket_keys(target_id: UUID) -> list[str]:
    return [bucket_key(target_id, bucket) for bucket in range(BUCKETS)]


def target_of(key: str) -> UUID:
    """The target a bucket key belongs to."""
    return UUID(key.split("#")[1])
