"""Reactions, and what else a post is counted by: comments, shares and views.

A *target* (a post) has sixteen *buckets*; a person, a comment or a share always stands in the same one, so no single
key takes all the writes of a target that everyone likes at once. What a person saw stands together, in one of three
*lanes* of all people's. Each bucket is counted by itself, so is each lane of a target, and a total is their sum.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Literal, get_args
from uuid import UUID

# Stored keys hold the number of a bucket. With another one people would react a second time, in a new bucket: it is
# changed only together with all keys, while nobody writes. 0015 in docs/decisions says how many writes this carries.
BUCKETS = 16
# Stored keys hold the number of a lane too. Each carries some 8 reports of views a second (0058), and costs a target
# that is seen a guard in its counts: with a fourth their row would be more than a kilobyte (a test).
LANES = 3

ReactionKind = Literal["like", "love", "bravo", "abrazo", "otra"]
EngagementKind = Literal["comment", "share"]
Total = Literal["like", "love", "bravo", "abrazo", "otra", "comments", "shares", "views"]
Totals = dict[Total, int]

REACTION_KINDS: tuple[ReactionKind, ...] = get_args(ReactionKind)
TOTALS: tuple[Total, ...] = get_args(Total)

ENDED = "9" * 40
"""The guard of a bucket whose target is gone: no sequence number is higher, so nothing is counted in it any more."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one person feels about a target, since `at`; and what they had felt before, since `was_at`.

    `region` is where it was written, and so where it is counted.
    """

    user_id: UUID
    kind: ReactionKind
    at: datetime
    was: ReactionKind | None = None
    was_at: datetime | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One bucket as far as a region has counted what was written in it.

    `guard` is the stream's sequence number of the last record counted, in digits, `through` the latest moment of a
    reaction in it; both are None before the first. `mark` is the recount's mark if that was the last record.
    """

    totals: Totals = field(default_factory=dict)
    guard: str | None = None
    through: datetime | None = None
    mark: str | None = None


Counts = dict[str, dict[str, Count]]
"""By the key of the bucket, then by region: what each counted. A total is the sum."""


@dataclass(frozen=True, slots=True)
class CountChange:
    """What a batch of the stream adds to one bucket, valid only where the bucket's guard is still `guard_before`."""

    adds: Totals
    guard_before: str | None
    guard: str
    through: datetime | None
    counted_at: datetime
    mark: str | None = None

    @property
    def is_news(self) -> bool:
        """Whether clients are told at once: views come with the next frame that is sent for another reason."""
        return any(name != "views" for name in self.adds)


@dataclass(frozen=True, slots=True)
class Told:
    """Whose was the last claim to tell a target's totals, and when; None before the first.

    `owed`: news was counted since, and nobody has claimed to tell it.
    """

    by: UUID | None = None
    at: datetime | None = None
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """To be the next to tell a target's totals, valid only where `last` is still the last.

    `by` names this claim and no other: a UUIDv7 of that moment, and so the position of what is told.
    """

    last: Told
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target stood at one read or write: what each region counted, and when it last claimed to tell it."""

    here: str
    counts: Counts = field(default_factory=dict)
    tellings: dict[str, Told] = field(default_factory=dict)

    @property
    def told(self) -> Told:
        """By `here`."""
        return self.tellings.get(self.here, Told())

    @property
    def claims(self) -> dict[UUID, datetime]:
        """The last one of each region, and when it was made."""
        return {told.by: told.at for told in self.tellings.values() if told.by is not None and told.at is not None}

    def own(self, key: str) -> Count:
        return self.counts.get(key, {}).get(self.here, Count())

    def after(self, later: "Standing") -> "Standing":
        """With what a later look found in the place of what it looked at."""
        found = {key: {**self.counts.get(key, {}), **counts} for key, counts in later.counts.items()}
        return Standing(self.here, {**self.counts, **found}, {**self.tellings, **later.tellings})


@dataclass(frozen=True, slots=True)
class Contents:
    """All that stands in a bucket, views left out: what it adds up to, and a fingerprint that any change of it changes.

    `through` is the latest moment of a reaction.
    """

    totals: Totals
    fingerprint: str
    through: datetime | None


@dataclass(frozen=True, slots=True)
class Pass:
    """How far a nightly recount has come.

    It looks at the buckets counted since `since` (None: at all) in the table's own order; the last it looked at is
    `after`. `done` when there are no more.
    """

    began: datetime
    since: datetime | None = None
    after: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """A target's totals as one person sees them, and what that person feels about it."""

    totals: Totals
    reaction: ReactionKind | None


def zeros() -> Totals:
    return dict.fromkeys(TOTALS, 0)


def bucket_of(id: UUID) -> int:
    """The same for a person on every machine and in every process, unlike Python's own hash."""
    return int.from_bytes(blake2b(id.bytes, digest_size=2).digest()) % BUCKETS


def bucket_key(target_id: UUID, bucket: int) -> str:
    return f"post#{target_id}#{bucket:02d}"


def bucket_keys(target_id: UUID) -> list[str]:
    return [bucket_key(target_id, bucket) for bucket in range(BUCKETS)]


def lane_of(viewer_id: UUID) -> int:
    return bucket_of(viewer_id) % LANES


def seen_key(target_id: UUID, lane: int) -> str:
    """What the people of a lane saw of a target, by which it is counted like a bucket."""
    return f"post#{target_id}#seen#{lane}"


def counted_keys(target_id: UUID) -> list[str]:
    """All that a target's total is the sum of."""
    return [*bucket_keys(target_id), *(seen_key(target_id, lane) for lane in range(LANES))]


def target_of(key: str) -> UUID:
    """The target a bucket key belongs to, or a lane's."""
    return UUID(key.split("#")[1])
