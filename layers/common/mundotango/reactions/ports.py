"""What reactions ask of the world outside; see mundotango/ports.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from mundotango.reactions.model import (
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
    )


class Reactions(Protocol):
    """Who reacted to what: the truth that totals are derived from."""

    def put(
        self, target_id: UUID, user_id: UUID, kind: ReactionKind, at: datetime, *, told: UUID | None = None
    ) -> bool:
        """Whether this changed anything: another kind takes the first one's place, the same leaves it as it is.

        `told` is who hears of it, if anybody does: of another kind in its place nobody hears a second time.
        """
        ...

    def remove(self, target_id: UUID, user_id: UUID) -> Reaction | None:
        """The reaction that was there; None when there was none."""
        ...

    def mine(self, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Reaction]:
        """This person's reaction to each target that has one, as of the last write."""
        ...

    def of_user(self, user_id: UUID, *, after: UUID | None = None, limit: int) -> list[tuple[UUID, Reaction]]:
        """This person's reactions in the order of their targets, from beyond `after`; what changed just now may lack.

        A page may be shorter than `limit` without being the last; an empty one is the last.
        """
        ...


class Engagements(Protocol):
    """What else a post is counted by: comments and shares, copied from the database, a row for each; and views."""

    def apply(self, post_id: UUID, kind: EngagementKind, item_id: UUID, *, active: bool, version: int) -> None:
        """The higher version wins, in whatever order they come; what ended stays as a tombstone."""
        ...

    def view(self, post_ids: Collection[UUID], viewer_id: UUID, at: datetime) -> None:
        """These posts were seen by this person; once a day counts, and what was told before writes nothing."""
        ...


class Buckets(Protocol):
    """The buckets that hold reactions and engagements, as wholes: for who counts them anew or empties them."""

    def contents(self, key: str) -> Contents:
        """What was written in this region."""
        ...

    def mark(self, key: str, mark: str, at: datetime) -> None:
        """Set or replace the bucket's mark, which takes the same way to the counts as everything in it."""
        ...

    def empty(self, key: str, limit: int) -> bool:
        """Delete at most `limit` rows; whether none is left."""
        ...

    def list_keys(self, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """The buckets that have rows among the table's next `limit`, and where the next page begins, or None."""
        ...


class Counters(Protocol):
    """Totals by bucket or lane, and region, derived from the stream of reactions and engagements.

    A region counts what was written in it, and no other's; all but `everywhere`, `standing`, `end` and `forget` is
    about its own.
    """

    def counts(self, keys: Collection[str], *, fresh: bool = False) -> dict[str, Count]:
        """By key, without those never counted here. Only `fresh` is sure to see the last write."""
        ...

    def everywhere(self, keys: Collection[str], *, fresh: bool = False) -> Counts:
        """All regions' counts, of others as they came here last, in as many calls as this region's alone."""
        ...

    def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """Of each of them, also where nothing is counted: of this region as of the last write, of others as it came
        here last."""
        ...

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        """All of them, by the keys of the target's buckets, and the claim, in one write; what this region has then.
        News without a claim is owed to those who listen until somebody claims it.

        None, and nothing written, when of one the guard is no longer its change's `guard_before`, or the claim's `last`
        is no longer the last.
        """
        ...

    def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
        """What this region has then. None, and nothing written, when the claim's `last` is no longer the last.

        Who asks again with the same claim, because the answer was lost, has what it had.
        """
        ...

    def correct(self, key: str, count: Count, contents: Contents) -> bool:
        """Set the totals to what the bucket holds. False, and nothing written, when its guard is not `count`'s."""
        ...

    def end(self, target_id: UUID, at: datetime) -> None:
        """Forget the target's totals, and count nothing of it any more: what another region counts is not looked at."""
        ...

    def forget(self, keys: Collection[str], at: datetime) -> None:
        """These have ended and hold nothing any more: they need not be known much longer."""
        ...

    def list_counted(
        self, since: datetime | None, after: str | None, limit: int
    ) -> tuple[dict[str, Count], str | None]:
        """Of the next `limit` buckets those counted since then (None: all), and those ended and not yet forgotten.

        No lanes. With it where the next page begins, None at the end; a page may be empty and not be the last.
        """
        ...

    def last_pass(self) -> Pass | None:
        """The last recount, whether it is done or under way."""
        ...

    def keep_pass(self, kept: Pass) -> None: ...
