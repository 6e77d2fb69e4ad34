"""Edges in DynamoDB: who stands how to whom, copied from PostgreSQL for functions that cannot ask it.

source               target           active means
author#{id}          follower#{id}    is told what the author does: follows, and has not muted
block#{id}           blocked#{id}     the first blocked the second; neither is told of the other
conversation#{id}    member#{id}      takes part in the conversation
hidden#{id}          hidden#{id}      shows nobody when they are here, or typing
"""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, batch_get, bind, written
from mundotango.realtime.model import Relation

_ENDS: dict[Relation, tuple[str, str]] = {
    "follow": ("author", "follower"),
    "block": ("block", "blocked"),
    "member": ("conversation", "member"),
    "hidden": ("hidden", "hidden"),
}


class ByTarget(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_target"
        projection = AllProjection()

    target = UnicodeAttribute(hash_key=True)
    source = UnicodeAttribute(range_key=True)


class EdgeRow(Replicated):
    source = UnicodeAttribute(hash_key=True)
    target = UnicodeAttribute(range_key=True)
    version = NumberAttribute()
    active = BooleanAttribute()
    by_target = ByTarget()


class DynamoEdges:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(EdgeRow, table_name, region)

    def apply(self, relation: Relation, one: UUID, other: UUID, *, active: bool, version: int) -> None:
        row = self._row(*_key(relation, one, other), version=version, active=active)
        written(lambda: row.save(condition=self._row.source.does_not_exist() | (self._row.version < version)))

    def followers(self, author_id: UUID) -> list[UUID]:
        return list(self.each_follower(author_id))

    def each_follower(self, author_id: UUID) -> Iterator[UUID]:
        return self._from(f"author#{author_id}")

    def followed(self, follower_id: UUID, limit: int) -> list[UUID]:
        return list(islice(self._to(f"follower#{follower_id}"), limit))

    def blocked(self, blocker_id: UUID) -> list[UUID]:
        return list(self._from(f"block#{blocker_id}"))

    def apart(self, user_id: UUID, others: Collection[UUID], *, fresh: bool = False) -> set[UUID]:
        keys = [key for other in others for key in (_key("block", user_id, other), _key("block", other, user_id))]
        rows = batch_get(self._row, keys, consistent_read=fresh)
        ends = {_id(end) for row in rows if row.active for end in (row.source, row.target)}
        return ends - {user_id}

    def all_apart(self, user_id: UUID) -> set[UUID]:
        return {*self._from(f"block#{user_id}"), *self._to(f"blocked#{user_id}")}

    def members(self, conversation_id: UUID) -> list[UUID]:
        return list(self._from(f"conversation#{conversation_id}"))

    def conversations(self, user_id: UUID, limit: int) -> list[UUID]:
        return list(islice(self._to(f"member#{user_id}"), limit))

    def hidden(self, user_ids: Collection[UUID]) -> set[UUID]:
        rows = batch_get(self._row, [_key("hidden", user_id, user_id) for user_id in user_ids])
        return {_id(row.source) for row in rows if row.active}

    def forget(self, user_id: UUID, limit: int) -> int:
        own = [f"{source}#{user_id}" for source, _ in _ENDS.values()]
        others = [f"{target}#{user_id}" for _, target in _ENDS.values()]
        rows = [row for source in own for row in islice(self._row.query(source, consistent_read=True), limit)]
        rows += [row for target in others for row in islice(self._row.by_target.query(target), limit)]
        found = {(row.source, row.target): row for row in rows}
        deleted = list(found.values())[:limit]
        for row in deleted:
            row.delete()
        return len(deleted)

    def _from(self, source: str) -> Iterator[UUID]:
        rows = self._row.query(source, filter_condition=self._row.active == True)  # noqa: E712
        return (_id(row.target) for row in rows)

    def _to(self, target: str) -> Iterator[UUID]:
        rows = self._row.by_target.query(target, filter_condition=self._row.active == True)  # noqa: E712
        return (_id(row.source) for row in rows)


def _key(relation: Relation, one: UUID, other: UUID) -> tuple[str, str]:
    source, target = _ENDS[relation]
    return f"{source}#{one}", f"{target}#{other}"


def _id(key: str) -> UUID:
    return UUID(key.partition("#")[2])
