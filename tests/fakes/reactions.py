"""The reaction ports in memory."""

from collections.abc import Collection
from operator import itemgetter
from uuid import UUID

from mundotango.reactions.model import Count, CountChange, Reaction


class FakeReactions:
    def __init__(self) -> None:
        self.rows: dict[tuple[UUID, UUID], Reaction] = {}

    def put(self, target_id: UUID, reaction: Reaction) -> bool:
        known = self.rows.get((target_id, reaction.user_id))
        if known is not None and known.kind == reaction.kind:
            return False
        self.rows[target_id, reaction.user_id] = reaction
        return True

    def remove(self, target_id: UUID, user_id: UUID) -> Reaction | None:
        return self.rows.pop((target_id, user_id), None)

    def mine(self, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Reaction]:
        found = {target_id: self.rows.get((target_id, user_id)) for target_id in target_ids}
        return {target_id: reaction for target_id, reaction in found.items() if reaction is not None}

    def of_user(self, user_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, Reaction]]:
        theirs = [(target, reaction) for (target, user), reaction in self.rows.items() if user == user_id]
        return [each for each in sorted(theirs, key=itemgetter(0)) if after is None or each[0] > after][:limit]


class FakeCounters:
    def __init__(self) -> None:
        self.rows: dict[str, Count] = {}

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def apply(self, key: str, change: CountChange) -> bool:
        known = self.rows.get(key, Count())
        if known.guard != change.guard_before:
            return False
        self.rows[key] = Count(known.likes + change.likes, change.guard, change.through or known.through)
        return True
