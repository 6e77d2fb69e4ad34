"""The ports of reactions and counts in memory, which keep to what DynamoDB promises and to nothing more.

A write holds its condition or changes nothing, and each change of a row is one record with the next sequence number.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from threading import RLock
from uuid import UUID

from mundotango.reactions.counting import RowChange
from mundotango.reactions.model import (
    ENDED,
    TOTALS,
    Claim,
    Contents,
    Count,
    CountChange,
    Counts,
    EngagementKind,
    Pass,
    Reaction,
    ReactionKind,
    Standing,
    Told,
    Total,
    bucket_key,
    bucket_keys,
    bucket_of,
    counted_keys,
    lane_of,
    seen_key,
    target_of,
    zeros,
)
from mundotango.reactions.policy import FULL, seen_of, told_on
from mundotango.reactions.telling import News


@dataclass(frozen=True, slots=True)
class Row:
    counts_as: Total | None
    reaction: Reaction | None = None
    version: int | None = None
    mark: str | None = None
    told: tuple[UUID, str] | None = None
    posts: frozenset[UUID] = frozenset()


class FakeTable:
    """The reactions table: its rows by bucket and sort key, and what its stream will bring, oldest first."""

    def __init__(self, region: str = "") -> None:
        self.region = region
        self.rows: dict[tuple[str, str], Row] = {}
        self.stream: list[RowChange] = []
        self.told: list[News] = []
        self.sort_keys: list[str] = []
        self._records = 0
        self._lock = RLock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A condition and its write are one step."""
        with self._lock:
            yield

    def write(self, bucket: str, sort: str, row: Row | None) -> None:
        with self._lock:
            self._write(bucket, sort, row)

    def _write(self, bucket: str, sort: str, row: Row | None) -> None:
        before = self.rows.get((bucket, sort))
        if before == row:
            return
        if row is None:
            del self.rows[bucket, sort]
        else:
            self.rows[bucket, sort] = row
        sequence = 9 + self._records * 7  # crosses powers of ten, where text and number sort differently
        self._records += 1
        if bucket.startswith("seen#"):
            new = sorted((row.posts if row else frozenset()) - (before.posts if before else frozenset()))
            lane = int(bucket.removeprefix("seen#"))
            self.stream += [RowChange(sequence, seen_key(post_id, lane), None, "views") for post_id in new]
            self.sort_keys += [sort] * len(new)
            return
        self.sort_keys.append(sort)
        self._tell(sequence, bucket, sort, before.told if before else None, row.told if row else None)
        self.stream.append(
            RowChange(
                sequence=sequence,
                bucket=bucket,
                before=before.counts_as if before is not None else None,
                after=row.counts_as if row is not None else None,
                at=row.reaction.at if row is not None and row.reaction is not None else None,
                mark=row.mark if row is not None else None,
            )
        )

    def _tell(
        self, sequence: int, bucket: str, sort: str, before: tuple[UUID, str] | None, after: tuple[UUID, str] | None
    ) -> None:
        for told in (before, after) if before != after else ():
            if told is not None:
                self.told.append(News(sequence, told[0], target_of(bucket), UUID(sort), told[1], told == after))

    def of_bucket(self, key: str) -> list[tuple[str, Row]]:
        return [(sort, row) for (bucket, sort), row in self.rows.items() if bucket == key]


class FakeReactions:
    def __init__(self, table: FakeTable | None = None) -> None:
        self.table = table or FakeTable()

    def put(
        self, target_id: UUID, user_id: UUID, kind: ReactionKind, at: datetime, *, told: UUID | None = None
    ) -> bool:
        key = bucket_key(target_id, bucket_of(user_id)), str(user_id)
        with self.table.alone():
            known = self.table.rows.get(key)
            if not self._may_put(known, kind):
                return False
            before = known.reaction if known else None
            was, was_at = (before.kind, before.at) if before else (None, None)
            reaction = Reaction(user_id, kind, at, was, was_at, self.table.region)
            first = (known.told if known else None) or ((told, told_on(at)) if told else None)
            self.table.write(*key, Row(kind, reaction, told=first))
            return True

    def _may_put(self, known: Row | None, kind: ReactionKind) -> bool:
        return known is None or known.counts_as != kind

    def remove(self, target_id: UUID, user_id: UUID) -> Reaction | None:
        key = bucket_key(target_id, bucket_of(user_id)), str(user_id)
        with self.table.alone():
            known = self.table.rows.get(key)
            self.table.write(*key, None)
            return known.reaction if known else None

    def mine(self, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Reaction]:
        bucket = bucket_of(user_id)
        found = {id: self.table.rows.get((bucket_key(id, bucket), str(user_id))) for id in target_ids}
        return {id: row.reaction for id, row in found.items() if row is not None and row.reaction is not None}

    def of_user(self, user_id: UUID, *, after: UUID | None = None, limit: int) -> list[tuple[UUID, Reaction]]:
        found = [
            (target_of(bucket), row.reaction)
            for (bucket, sort), row in self.table.rows.items()
            if row.reaction is not None and sort == str(user_id)
        ]
        return sorted(each for each in found if after is None or str(each[0]) > str(after))[:limit]


class FakeEngagements:
    def __init__(self, table: FakeTable | None = None) -> None:
        self.table = table or FakeTable()

    def apply(self, post_id: UUID, kind: EngagementKind, item_id: UUID, *, active: bool, version: int) -> None:
        key = bucket_key(post_id, bucket_of(item_id)), f"{kind}#{item_id}"
        counts_as: Total = "comments" if kind == "comment" else "shares"
        with self.table.alone():
            known = self.table.rows.get(key)
            if self._may_apply(known, version):
                self.table.write(*key, Row(counts_as if active else None, version=version))

    def _may_apply(self, known: Row | None, version: int) -> bool:
        return known is None or known.version is None or known.version < version

    def view(self, post_ids: Collection[UUID], viewer_id: UUID, at: datetime) -> None:
        lane, day = f"seen#{lane_of(viewer_id)}", seen_of(viewer_id, at)
        with self.table.alone():
            pages = [row.posts for sort, row in self.table.of_bucket(lane) if sort.startswith(f"{day}#")]
            new = frozenset(post_ids).difference(*pages)
            if new:
                number = sum(len(page) >= FULL for page in pages)
                known = self.table.rows.get((lane, f"{day}#{number}"), Row(None))
                self.table.write(lane, f"{day}#{number}", Row(None, posts=known.posts | new))


class FakeBuckets:
    def __init__(self, table: FakeTable) -> None:
        self.table = table

    def contents(self, key: str) -> Contents:
        found = zeros()
        del found["views"]
        fingerprint, through = blake2b(digest_size=16), None
        for sort, row in sorted(self.table.of_bucket(key), key=lambda each: each[0]):
            if row.mark is not None:
                continue
            if row.counts_as is not None:
                found[row.counts_as] += 1
            if row.reaction is not None:
                through = max(through or row.reaction.at, row.reaction.at)
            fingerprint.update(f"{sort} {row}\n".encode())
        return Contents(found, fingerprint.hexdigest(), through)

    def mark(self, key: str, mark: str, at: datetime) -> None:
        self.table.write(key, "~recount", Row(None, mark=mark))

    def empty(self, key: str, limit: int) -> bool:
        for sort, _ in self.table.of_bucket(key)[:limit]:
            self.table.write(key, sort, None)
        return not self.table.of_bucket(key)

    def list_keys(self, after: str | None, limit: int) -> tuple[list[str], str | None]:
        buckets = {bucket for bucket, _ in self.table.rows if not bucket.startswith("seen#")}
        keys = sorted(bucket for bucket in buckets if after is None or bucket > after)
        return keys[:limit], keys[limit - 1] if len(keys) > limit else None


class FakeCounters:
    def __init__(self) -> None:
        self.rows: dict[str, Count] = {}
        self.counted_at: dict[str, datetime] = {}
        self.forgotten: set[str] = set()
        self.tellings: dict[UUID, Told] = {}
        # What the table's stream says of claims: of which target, and how it stood then.
        self.claimed: list[tuple[UUID, Standing]] = []
        self.kept: Pass | None = None
        self._lock = RLock()

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def everywhere(self, keys: Collection[str], *, fresh: bool = False) -> Counts:
        """Of the one region that fakes are in, whose name is empty."""
        return {key: {"": count} for key, count in self.counts(keys, fresh=fresh).items()}

    def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
        with self._lock:
            return {
                target_id: Standing(
                    "", self.everywhere(counted_keys(target_id)), {"": self.tellings.get(target_id, Told())}
                )
                for target_id in target_ids
            }

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        with self._lock:
            known = {key: self.rows.get(key, Count()) for key in changes}
            if not all(self._may_apply(known[key], change) for key, change in changes.items()):
                return None
            if claim is not None:
                if not self._may_claim(target_id, claim):
                    return None
            elif any(change.is_news for change in changes.values()):
                self.tellings[target_id] = replace(self.tellings.get(target_id, Told()), owed=True)
            for key, change in changes.items():
                self._add(key, known[key], change)
            if claim is not None:
                self._claim(target_id, claim)
            return self.standing([target_id])[target_id]

    def _add(self, key: str, known: Count, change: CountChange) -> None:
        added = {name: known.totals.get(name, 0) + change.adds.get(name, 0) for name in TOTALS}
        self.rows[key] = Count(_counted(added), change.guard, change.through or known.through, change.mark)
        self.counted_at[key] = change.counted_at

    def _may_apply(self, known: Count, change: CountChange) -> bool:
        return known.guard == change.guard_before

    def _may_claim(self, target_id: UUID, claim: Claim) -> bool:
        return self.tellings.get(target_id, Told()).by == claim.last.by

    def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
        with self._lock:
            known = self.tellings.get(target_id, Told())
            ended = self.rows.get(bucket_keys(target_id)[0], Count()).guard == ENDED
            if ended or not (self._may_claim(target_id, claim) or known.by == claim.by):
                return None
            self._claim(target_id, claim)
            return self.standing([target_id])[target_id]

    def _claim(self, target_id: UUID, claim: Claim) -> None:
        told = Told(claim.by, claim.at)
        if self.tellings.get(target_id) != told:
            self.tellings[target_id] = told
            self.claimed.append((target_id, self.standing([target_id])[target_id]))

    def correct(self, key: str, count: Count, contents: Contents) -> bool:
        with self._lock:
            known = self.rows.get(key, Count())
            if known.guard != count.guard:
                return False
            moments = [each for each in (known.through, contents.through) if each is not None]
            totals = _counted(known.totals | contents.totals)
            self.rows[key] = replace(known, totals=totals, through=max(moments, default=None))
            return True

    def end(self, target_id: UUID, at: datetime) -> None:
        for key in counted_keys(target_id):
            self.rows[key] = Count(guard=ENDED)
            self.counted_at[key] = at
            self.forgotten.discard(key)

    def forget(self, keys: Collection[str], at: datetime) -> None:
        self.forgotten |= {key for place in keys for key in counted_keys(target_of(place))}

    def list_counted(
        self, since: datetime | None, after: str | None, limit: int
    ) -> tuple[dict[str, Count], str | None]:
        buckets = {key for key in self.rows if key in bucket_keys(target_of(key))}
        keys = sorted(key for key in buckets if after is None or key > after)
        wanted = {
            key: self.rows[key]
            for key in keys[:limit]
            if key not in self.forgotten
            and (since is None or self.counted_at[key] >= since or self.rows[key].guard == ENDED)
        }
        return wanted, keys[limit - 1] if len(keys) > limit else None

    def last_pass(self) -> Pass | None:
        return self.kept

    def keep_pass(self, kept: Pass) -> None:
        self.kept = kept


def _counted(totals: dict[Total, int]) -> dict[Total, int]:
    return {name: number for name, number in totals.items() if number}
