"""Reactions and their counts in DynamoDB."""

from collections.abc import Collection
from itertools import islice
from typing import Any, cast
from uuid import UUID

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from mundotango import settings
from mundotango.adapters.dynamodb import batch_get, bind, condition_failed, take
from mundotango.reactions.counting import ReactionChange
from mundotango.reactions.model import Count, CountChange, Reaction, ReactionKind, bucket_key, bucket_of, target_of

_IMAGES = ("OldImage", "NewImage")


class ByUser(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user_id = UnicodeAttribute(hash_key=True)
    target = UnicodeAttribute(range_key=True)


class ReactionRow(Model):
    target = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    by_user = ByUser()


class CounterRow(Model):
    target = UnicodeAttribute(hash_key=True)
    like = NumberAttribute(default=0)
    guard = UnicodeAttribute()
    through = UTCDateTimeAttribute(null=True)


def change_from_record(record: dict[str, Any]) -> ReactionChange:
    """What became of a row, as the table's stream tells it (a record's `dynamodb` with both images)."""
    before, after = (ReactionRow.from_raw_data(record[name]) if name in record else None for name in _IMAGES)
    return ReactionChange(
        sequence=int(record["SequenceNumber"]),
        bucket=record["Keys"]["target"]["S"],
        before=cast(ReactionKind, before.kind) if before else None,
        after=cast(ReactionKind, after.kind) if after else None,
        at=after.at if after else None,
    )


class DynamoReactions:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ReactionRow, table_name, region)

    def put(self, target_id: UUID, reaction: Reaction) -> bool:
        row = self._row(
            bucket_key(target_id, bucket_of(reaction.user_id)),
            str(reaction.user_id),
            kind=reaction.kind,
            at=reaction.at,
        )
        try:
            row.save(condition=self._row.target.does_not_exist() | (self._row.kind != reaction.kind))
        except PutError as error:
            if condition_failed(error):
                return False
            raise
        return True

    def remove(self, target_id: UUID, user_id: UUID) -> Reaction | None:
        row = take(self._row, bucket_key(target_id, bucket_of(user_id)), str(user_id))
        return _reaction(row) if row is not None else None

    def mine(self, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Reaction]:
        bucket = bucket_of(user_id)
        keys = {bucket_key(target_id, bucket): target_id for target_id in target_ids}
        rows = batch_get(self._row, [(key, str(user_id)) for key in keys], consistent_read=True)
        return {keys[row.target]: _reaction(row) for row in rows}

    def of_user(self, user_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, Reaction]]:
        beyond = None if after is None else self._row.target > bucket_key(after, bucket_of(user_id))
        keys = islice(self._row.by_user.query(str(user_id), beyond), limit)
        target_ids = [target_of(key.target) for key in keys]
        mine = self.mine(target_ids, user_id)
        return [(target_id, mine[target_id]) for target_id in target_ids if target_id in mine]


class DynamoCounters:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(CounterRow, table_name, region)

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        rows = batch_get(self._row, keys, consistent_read=fresh)
        return {row.target: Count(int(row.like), row.guard, row.through) for row in rows}

    def apply(self, key: str, change: CountChange) -> bool:
        row = self._row
        unmoved = row.guard.does_not_exist() if change.guard_before is None else row.guard == change.guard_before
        actions: list[Action] = [row.like.add(change.likes), row.guard.set(change.guard)]
        if change.through is not None:
            actions.append(row.through.set(change.through))
        try:
            row(key).update(actions, condition=unmoved)
        except UpdateError as error:
            if condition_failed(error):
                return False
            raise
        return True


def _reaction(row: ReactionRow) -> Reaction:
    return Reaction(UUID(row.user_id), cast(ReactionKind, row.kind), row.at)
