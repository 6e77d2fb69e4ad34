"""The counts of the buckets in DynamoDB, and how far the nightly recount of them has come."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from pynamodb.attributes import BooleanAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import batch_get, bind, scan_page, written
from mundotango.reactions.model import ENDED, TOTALS, Contents, Count, CountChange, Pass, Told, Totals, bucket_keys
from mundotango.reactions.policy import ENDED_LIFE, TOLD_LIFE

# The row that stands for no bucket.
BOOKMARK = "recount"


class CounterRow(Model):
    target = UnicodeAttribute(hash_key=True)
    like = NumberAttribute(default=0)
    love = NumberAttribute(default=0)
    bravo = NumberAttribute(default=0)
    abrazo = NumberAttribute(default=0)
    otra = NumberAttribute(default=0)
    comments = NumberAttribute(default=0)
    shares = NumberAttribute(default=0)
    views = NumberAttribute(default=0)
    guard = UnicodeAttribute()
    mark = UnicodeAttribute(null=True)
    through = UTCDateTimeAttribute(null=True)
    counted_at = UTCDateTimeAttribute(null=True)
    expires_at = TTLAttribute(null=True)


class ToldRow(Model):
    target = UnicodeAttribute(hash_key=True)
    number = NumberAttribute()
    at = UTCDateTimeAttribute()
    claimed_by = UnicodeAttribute()
    expires_at = TTLAttribute()


class PassRow(Model):
    target = UnicodeAttribute(hash_key=True, default=BOOKMARK)
    began = UTCDateTimeAttribute()
    since = UTCDateTimeAttribute(null=True)
    after = UnicodeAttribute(null=True)
    done = BooleanAttribute()


class DynamoCounters:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(CounterRow, table_name, region)
        self._told = bind(ToldRow, table_name, region)
        self._pass = bind(PassRow, table_name, region)

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        return {row.target: _count(row) for row in batch_get(self._row, keys, consistent_read=fresh)}

    def apply(self, key: str, change: CountChange) -> bool:
        row = self._row
        actions: list[Action] = [getattr(row, name).add(number) for name, number in change.adds.items()]
        actions += [row.guard.set(change.guard), row.counted_at.set(change.counted_at)]
        actions.append(row.mark.remove() if change.mark is None else row.mark.set(change.mark))
        if change.through is not None:
            actions.append(row.through.set(change.through))
        return _updated(row(key), actions, _still_at(row, change.guard_before))

    def told(self, target_id: UUID) -> Told:
        row = next(iter(batch_get(self._told, [_told_key(target_id)], consistent_read=True)), None)
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
        return _updated(row(_told_key(target_id)), actions, free)

    def correct(self, key: str, count: Count, contents: Contents) -> bool:
        row = self._row
        actions: list[Action] = [getattr(row, name).set(number) for name, number in contents.totals.items()]
        if contents.through is not None:
            actions.append(row.through.set(max(contents.through, count.through or contents.through)))
        return _updated(row(key), actions, _still_at(row, count.guard))

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
        wanted = row.target.startswith("post#") & row.expires_at.does_not_exist()
        if since is not None:
            wanted &= (row.counted_at >= since) | (row.guard == ENDED)
        rows, beyond = scan_page(row, wanted, after=after, limit=limit)
        return {each.target: _count(each) for each in rows}, beyond

    def last_pass(self) -> Pass | None:
        row = next(iter(batch_get(self._pass, [BOOKMARK], consistent_read=True)), None)
        return None if row is None else Pass(row.began, row.since, row.after, row.done)

    def keep_pass(self, kept: Pass) -> None:
        self._pass(BOOKMARK, began=kept.began, since=kept.since, after=kept.after, done=kept.done).save()


def _updated(row: Model, actions: Sequence[Action], condition: Condition) -> bool:
    return written(lambda: row.update(list(actions), condition=condition))


def _told_key(target_id: UUID) -> str:
    return f"told#{target_id}"


def _still_at(row: type[CounterRow], guard: str | None) -> Condition:
    return row.guard.does_not_exist() if guard is None else row.guard == guard


def _count(row: CounterRow) -> Count:
    totals: Totals = {name: int(getattr(row, name)) for name in TOTALS if getattr(row, name)}
    return Count(totals, row.guard, row.through, row.mark)
