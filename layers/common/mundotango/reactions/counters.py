"""The counts of the buckets in DynamoDB, each region's by itself, and how far the nightly recount of them has come.

target              what
post#{id}           what the region counted in which the platform began, all sixteen buckets in one row
post#{id}@{region}  what another counted; so too
recount             how far the first region's recount has come; so too

Of two regions that write one row the later write stands, so none writes another's. To read a post's totals is to read
one row, and one more for each further region, in one call. Who claimed last to tell the totals, and when, stands in the
region's own row beside them, so that who counts can claim the next telling by the same write; and each write answers
the row as it is then, which costs nothing. A claim is told from the table's stream, so what is written is told.

An attribute of a bucket is the bucket's hexadecimal digit and a letter of `LETTERS`, such as `7g`; of a lane of views
it has an s before it, such as `s2g`. DynamoDB bills names as it bills values, and a row stays within a write unit's
kilobyte until all buckets have had nearly all kinds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, batch_get, batch_get_raw, bind, condition_failed, scan_page
from mundotango.reactions.model import (
    ENDED,
    TOTALS,
    Claim,
    Contents,
    Count,
    CountChange,
    Counts,
    Pass,
    Standing,
    Told,
    Totals,
    bucket_keys,
    counted_keys,
    target_of,
)
from mundotango.reactions.policy import ENDED_LIFE

# The row that stands for no bucket.
BOOKMARK = "recount"
# For good: stored names hold them.
LETTERS: Mapping[str, str] = {
    "like": "l", "love": "o", "bravo": "b", "abrazo": "a", "otra": "r", "comments": "c", "shares": "s", "views": "v",
    "guard": "g", "through": "t", "mark": "m",
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CounterRow(Replicated):
    """Beside these it has each bucket's own attributes, and none of them once its target has ended."""

    target = UnicodeAttribute(hash_key=True)
    ended = BooleanAttribute(null=True)
    counted_at = UTCDateTimeAttribute(null=True)
    # No bucket's digit is a t, or an s.
    told_at = NumberAttribute(null=True, attr_name="ta")
    told_by = BinaryAttribute(null=True, attr_name="tb", legacy_encoding=False)
    owed = BooleanAttribute(null=True, attr_name="to")
    expires_at = TTLAttribute(null=True)


class PassRow(Replicated):
    target = UnicodeAttribute(hash_key=True, default=BOOKMARK)
    began = UTCDateTimeAttribute()
    since = UTCDateTimeAttribute(null=True)
    after = UnicodeAttribute(null=True)
    done = BooleanAttribute()


def told_anew(record: dict[str, Any]) -> UUID | None:
    """The target whose totals somebody claimed to tell, by a record of the table's stream, in any region's row; None
    where it says something else."""
    place = record["Keys"]["target"]["S"].partition("@")[0]
    before, after = (record.get(image, {}).get("tb") for image in ("OldImage", "NewImage"))
    return target_of(place) if place.startswith("post#") and after is not None and after != before else None


class DynamoCounters:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._region = region
        # Behind what is this region's own.
        self._mark = "" if region.name == region.first else f"@{region.name}"
        self._row = bind(CounterRow, table_name, region)
        self._pass = bind(PassRow, table_name, region)

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        here = self._region.name
        found = self._read(keys, [here], fresh)
        return {key: counts[here] for key, counts in found.items() if here in counts}

    def everywhere(self, keys: Collection[str], *, fresh: bool = False) -> Counts:
        return self._read(keys, self._region.everywhere, fresh)

    def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
        found = {target_id: Standing(self._region.name) for target_id in target_ids}
        for item in batch_get_raw(self._row, self._places(found, self._region.everywhere), consistent_read=True):
            target_id = target_of(item["target"]["S"].partition("@")[0])
            found[target_id] = found[target_id].after(self._standing_of(item))
        return found

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        actions: list[Action] = []
        conditions: list[Condition] = [self._row.ended.does_not_exist()]
        for key, change in changes.items():
            actions += [_at(key, name).add(number) for name, number in change.adds.items()]
            mark = _at(key, "mark")
            actions += [
                _at(key, "guard").set(change.guard),
                mark.remove() if change.mark is None else mark.set(change.mark),
            ]
            if change.through is not None:
                actions.append(_at(key, "through").set(_number(change.through)))
            conditions.append(_still_at(key, change.guard_before))
        last = max(change.counted_at for change in changes.values())
        actions.append(self._row.counted_at.set(last))
        if claim is not None:
            actions += self._claiming(claim)
            conditions.append(self._told_by(claim.last.by))
        elif any(change.is_news for change in changes.values()):
            actions.append(self._row.owed.set(True))
        return self._updated(target_id, actions, reduce(and_, conditions))

    def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
        # The SDK may repeat what has succeeded.
        free = self._told_by(claim.last.by) | self._told_by(claim.by)
        return self._updated(target_id, self._claiming(claim), self._row.ended.does_not_exist() & free)

    def correct(self, key: str, count: Count, contents: Contents) -> bool:
        actions: list[Action] = [_at(key, name).set(number) for name, number in contents.totals.items()]
        if contents.through is not None:
            through = max(contents.through, count.through or contents.through)
            actions.append(_at(key, "through").set(_number(through)))
        condition = self._row.ended.does_not_exist() & _still_at(key, count.guard)
        return self._updated(target_of(key), actions, condition) is not None

    def end(self, target_id: UUID, at: datetime) -> None:
        with self._row.batch_write() as batch:
            batch.save(self._row(_place(target_id), ended=True, counted_at=at))

    def forget(self, keys: Collection[str], at: datetime) -> None:
        with self._row.batch_write() as batch:
            for target_id in {target_of(key) for key in keys}:
                batch.save(self._row(_place(target_id), ended=True, expires_at=at + ENDED_LIFE))

    def list_counted(
        self, since: datetime | None, after: str | None, limit: int
    ) -> tuple[dict[str, Count], str | None]:
        row = self._row
        own = row.target.contains(self._mark) if self._mark else ~row.target.contains("@")
        wanted = row.target.startswith("post#") & own & row.expires_at.does_not_exist()
        if since is not None:
            wanted &= (row.counted_at >= since) | row.ended.exists()
        items, beyond = scan_page(row, wanted, after=after, limit=limit)
        buckets = {key for item in items for key in bucket_keys(target_of(item["target"]["S"].partition("@")[0]))}
        counted = (each for item in items for each in self._counts_of(item))
        return {key: count for key, _, count in counted if key in buckets}, beyond

    def last_pass(self) -> Pass | None:
        row = next(iter(batch_get(self._pass, [BOOKMARK + self._mark], consistent_read=True)), None)
        return None if row is None else Pass(row.began, row.since, row.after, row.done)

    def keep_pass(self, kept: Pass) -> None:
        place = BOOKMARK + self._mark
        self._pass(place, began=kept.began, since=kept.since, after=kept.after, done=kept.done).save()

    def _read(self, keys: Collection[str], regions: Sequence[str], fresh: bool) -> Counts:
        asked = set(keys)
        found: Counts = {}
        places = self._places({target_of(key): None for key in keys}, regions)
        for item in batch_get_raw(self._row, places, consistent_read=fresh):
            for key, region, count in self._counts_of(item):
                if key in asked:
                    found.setdefault(key, {})[region] = count
        return found

    def _places(self, target_ids: Iterable[UUID], regions: Sequence[str]) -> list[str]:
        marks = ["" if region == self._region.first else f"@{region}" for region in regions]
        return [_place(target_id, mark) for target_id in target_ids for mark in marks]

    def _updated(self, target_id: UUID, actions: Sequence[Action], condition: Condition) -> Standing | None:
        """What the region's own row of the target says then; None, and nothing written, where the condition did not
        hold."""
        try:
            answer = self._row(_place(target_id, self._mark)).update(list(actions), condition=condition)
        except UpdateError as error:
            if condition_failed(error):
                return None
            raise
        return self._standing_of(answer["Attributes"])

    def _standing_of(self, item: Mapping[str, Any]) -> Standing:
        counts: Counts = {key: {region: count} for key, region, count in self._counts_of(item)}
        region = item["target"]["S"].partition("@")[2] or self._region.first
        return Standing(self._region.name, counts, {region: _told(item)})

    def _claiming(self, claim: Claim) -> list[Action]:
        row = self._row
        return [row.told_at.set(_number(claim.at)), row.told_by.set(claim.by.bytes), row.owed.remove()]

    def _told_by(self, by: UUID | None) -> Condition:
        row = self._row
        return row.told_by.does_not_exist() if by is None else row.told_by == by.bytes

    def _counts_of(self, item: Mapping[str, Any]) -> Iterator[tuple[str, str, Count]]:
        """Of each bucket and lane in a row: its key, who counted it, and the count."""
        place, _, region = item["target"]["S"].partition("@")
        for key in counted_keys(target_of(place)):
            if "ended" in item or _name(key, "guard") in item:
                yield key, region or self._region.first, Count(guard=ENDED) if "ended" in item else _count(item, key)


def _place(target_id: UUID, mark: str = "") -> str:
    return f"post#{target_id}{mark}"


def _name(key: str, what: str) -> str:
    place, _, number = key.rpartition("#")
    lane = "s" if place.endswith("#seen") else ""
    return f"{lane}{int(number):x}{LETTERS[what]}"


def _at(key: str, what: str) -> Path:
    return Path(_name(key, what))


def _still_at(key: str, guard: str | None) -> Condition:
    place = _at(key, "guard")
    return place.does_not_exist() if guard is None else place == guard


def _number(moment: datetime) -> int:
    """Of microseconds, a third of what the text would take."""
    return (moment - _EPOCH) // _MICROSECOND


def _count(item: Mapping[str, Any], key: str) -> Count:
    counted = {name: int(item[_name(key, name)]["N"]) for name in TOTALS if _name(key, name) in item}
    totals: Totals = {name: number for name, number in counted.items() if number}
    guard, mark = (item.get(_name(key, name), {}).get("S") for name in ("guard", "mark"))
    through = item.get(_name(key, "through"), {}).get("N")
    return Count(totals, guard, None if through is None else _moment(through), mark)


def _told(item: Mapping[str, Any]) -> Told:
    owed = "to" in item
    return Told(UUID(bytes=item["tb"]["B"]), _moment(item["ta"]["N"]), owed) if "tb" in item else Told(owed=owed)


def _moment(number: str) -> datetime:
    return _EPOCH + int(number) * _MICROSECOND
