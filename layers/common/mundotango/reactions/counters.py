"""The counts of the buckets in DynamoDB, each region's by itself, and how far the nightly recount of them has come.

target              what
post#{id}#{bucket}  what the region counted in which the platform began: a row a bucket, as it counts the most
post#{id}@{region}  what another counted: all buckets in one row, each attribute behind its bucket's number
told#{id}           when the totals were last told by the first region; of another with @{region} behind it
recount             how far the first region's recount has come; so too

Of two regions that write one row the later write stands, so none writes another's. To read a post's totals is to read
sixteen rows, and one more for each further region, in one call.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pynamodb.attributes import BooleanAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, batch_get, batch_get_raw, bind, scan_page, written
from mundotango.reactions.model import (
    BUCKETS,
    ENDED,
    TOTALS,
    Contents,
    Count,
    CountChange,
    Counts,
    Pass,
    Told,
    Totals,
    bucket_key,
    bucket_keys,
    target_of,
)
from mundotango.reactions.policy import ENDED_LIFE, TOLD_LIFE

# The row that stands for no bucket.
BOOKMARK = "recount"
_MOMENT = UTCDateTimeAttribute()


class CounterRow(Replicated):
    """Of the first region; of another the attributes beside these have their bucket's number before their name."""

    target = UnicodeAttribute(hash_key=True)
    like = NumberAttribute(default=0)
    love = NumberAttribute(default=0)
    bravo = NumberAttribute(default=0)
    abrazo = NumberAttribute(default=0)
    otra = NumberAttribute(default=0)
    comments = NumberAttribute(default=0)
    shares = NumberAttribute(default=0)
    views = NumberAttribute(default=0)
    guard = UnicodeAttribute(null=True)
    mark = UnicodeAttribute(null=True)
    through = UTCDateTimeAttribute(null=True)
    counted_at = UTCDateTimeAttribute(null=True)
    expires_at = TTLAttribute(null=True)


class ToldRow(Replicated):
    target = UnicodeAttribute(hash_key=True)
    number = NumberAttribute()
    at = UTCDateTimeAttribute()
    claimed_by = UnicodeAttribute()
    expires_at = TTLAttribute()


class PassRow(Replicated):
    target = UnicodeAttribute(hash_key=True, default=BOOKMARK)
    began = UTCDateTimeAttribute()
    since = UTCDateTimeAttribute(null=True)
    after = UnicodeAttribute(null=True)
    done = BooleanAttribute()


class DynamoCounters:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._region = region
        # Behind what is this region's own.
        self._mark = "" if region.name == region.first else f"@{region.name}"
        self._row = bind(CounterRow, table_name, region)
        self._told = bind(ToldRow, table_name, region)
        self._pass = bind(PassRow, table_name, region)

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        here = self._region.name
        found = self._read(keys, [here], fresh)
        return {key: counts[here] for key, counts in found.items() if here in counts}

    def everywhere(self, keys: Collection[str], *, fresh: bool = False) -> Counts:
        return self._read(keys, self._region.everywhere, fresh)

    def apply(self, key: str, change: CountChange) -> bool:
        prefix = self._prefix(key)
        actions: list[Action] = [Path(prefix + name).add(number) for name, number in change.adds.items()]
        actions += [Path(f"{prefix}guard").set(change.guard), self._row.counted_at.set(change.counted_at)]
        mark = Path(f"{prefix}mark")
        actions.append(mark.remove() if change.mark is None else mark.set(change.mark))
        if change.through is not None:
            actions.append(Path(f"{prefix}through").set(Value(change.through, self._row.through)))
        return _updated(self._row(self._own(key)), actions, _still_at(prefix, change.guard_before))

    def told(self, target_id: UUID) -> Told:
        row = next(iter(batch_get(self._told, [self._told_key(target_id)], consistent_read=True)), None)
        return Told() if row is None else Told(int(row.number), row.at)

    def claim(self, target_id: UUID, last: Told, at: datetime, name: str) -> bool:
        row = self._told
        actions: list[Action] = [
            row.number.set(last.number + 1),
            row.at.set(at),
            row.claimed_by.set(name),
            row.expires_at.set(at + TOLD_LIFE),
        ]
        # The row may just have expired, and the SDK may repeat what has succeeded.
        free = row.target.does_not_exist() | (row.number == last.number) | (row.claimed_by == name)
        return _updated(row(self._told_key(target_id)), actions, free)

    def correct(self, key: str, count: Count, contents: Contents) -> bool:
        prefix = self._prefix(key)
        actions: list[Action] = [Path(prefix + name).set(number) for name, number in contents.totals.items()]
        if contents.through is not None:
            through = max(contents.through, count.through or contents.through)
            actions.append(Path(f"{prefix}through").set(Value(through, self._row.through)))
        return _updated(self._row(self._own(key)), actions, _still_at(prefix, count.guard))

    def end(self, target_id: UUID, at: datetime) -> None:
        with self._row.batch_write() as batch:
            for key in bucket_keys(target_id):
                batch.save(self._row(key, guard=ENDED, counted_at=at))

    def forget(self, keys: Collection[str], at: datetime) -> None:
        with self._row.batch_write() as batch:
            for key in keys:
                batch.save(self._row(key, guard=ENDED, expires_at=at + ENDED_LIFE))

    def list_counted(
        self, since: datetime | None, after: str | None, limit: int
    ) -> tuple[dict[str, Count], str | None]:
        row = self._row
        own = row.target.contains(self._mark) if self._mark else ~row.target.contains("@")
        wanted = row.target.startswith("post#") & own & row.expires_at.does_not_exist()
        if since is not None:
            wanted &= (row.counted_at >= since) | (row.guard == ENDED)
        items, beyond = scan_page(row, wanted, after=after, limit=limit)
        return {key: count for item in items for key, _, count in self._counts_of(item)}, beyond

    def last_pass(self) -> Pass | None:
        row = next(iter(batch_get(self._pass, [BOOKMARK + self._mark], consistent_read=True)), None)
        return None if row is None else Pass(row.began, row.since, row.after, row.done)

    def keep_pass(self, kept: Pass) -> None:
        place = BOOKMARK + self._mark
        self._pass(place, began=kept.began, since=kept.since, after=kept.after, done=kept.done).save()

    def _read(self, keys: Collection[str], regions: Sequence[str], fresh: bool) -> Counts:
        asked = set(keys)
        rows = [self._place(key, region) for region in regions for key in keys]
        found: Counts = {}
        for item in batch_get_raw(self._row, rows, consistent_read=fresh):
            for key, region, count in self._counts_of(item):
                if key in asked:
                    found.setdefault(key, {})[region] = count
        return found

    def _place(self, key: str, region: str) -> str:
        return key if region == self._region.first else f"post#{target_of(key)}@{region}"

    def _own(self, key: str) -> str:
        return self._place(key, self._region.name)

    def _prefix(self, key: str) -> str:
        return _prefix(key) if self._mark else ""

    def _told_key(self, target_id: UUID) -> str:
        return f"told#{target_id}{self._mark}"

    def _counts_of(self, item: Mapping[str, Any]) -> Iterator[tuple[str, str, Count]]:
        """Of each bucket in a row: its key, who counted it, and the count."""
        place, _, region = item["target"]["S"].partition("@")
        if not region:
            yield place, self._region.first, _count(item, "")
            return
        for bucket in range(BUCKETS):
            key = bucket_key(target_of(place), bucket)
            if f"{_prefix(key)}guard" in item:
                yield key, region, _count(item, _prefix(key))


def _updated(row: Model, actions: Sequence[Action], condition: Condition) -> bool:
    return written(lambda: row.update(list(actions), condition=condition))


def _prefix(key: str) -> str:
    """Of the attributes of a bucket among others, such as `in_07_`."""
    return f"in_{key.rpartition('#')[2]}_"


def _still_at(prefix: str, guard: str | None) -> Condition:
    place = Path(f"{prefix}guard")
    return place.does_not_exist() if guard is None else place == guard


def _count(item: Mapping[str, Any], prefix: str) -> Count:
    numbers = {name: int(item[prefix + name]["N"]) for name in TOTALS if prefix + name in item}
    totals: Totals = {name: number for name, number in numbers.items() if number}
    guard, through, mark = (item.get(prefix + name, {}).get("S") for name in ("guard", "through", "mark"))
    moment = None if through is None else _MOMENT.deserialize(through)  # type: ignore[no-untyped-call]
    return Count(totals, guard, moment, mark)
