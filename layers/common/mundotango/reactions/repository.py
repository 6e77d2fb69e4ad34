"""What stands in the reactions table: in the buckets of a post people's reactions, and a row for each comment and
share; and in the lanes of viewers what each saw in a day.

A post is in one *page* of its viewer's day, whatever meets: to add what is there adds nothing; a page that is full
takes no more, so what it lacks it will always lack; and a page is begun by who has found those before it full. So the
stream's old and new image of a page say which views are new, each once.
"""

import base64
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import count, islice
from typing import Any, cast
from uuid import UUID

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from mundotango import settings
from mundotango.adapters.dynamodb import Replicated, batch_get, bind, take, written
from mundotango.errors import Unavailable
from mundotango.reactions.counting import RowChange
from mundotango.reactions.model import (
    REACTION_KINDS,
    EngagementKind,
    Reaction,
    ReactionKind,
    Total,
    bucket_key,
    bucket_of,
    lane_of,
    seen_key,
    target_of,
)
from mundotango.reactions.policy import FULL, seen_of, told_on, view_expires_at
from mundotango.reactions.telling import News

# What a row of these kinds counts as; a person's reaction counts as its own kind. The version before 0058 writes a row
# of the kind `view` for each.
COUNTED_AS: dict[str, Total] = {"comment": "comments", "share": "shares", "view": "views"}
# In `was` of rows made by versions that wrote it into each new one.
NOTHING = "nothing"
SEEN = "seen"
# Only one viewer's own reports meet, and each that is refused has another's before it.
_ATTEMPTS = 5


class ByUser(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    reactor = UnicodeAttribute(hash_key=True)
    target = UnicodeAttribute(range_key=True)


class ReactionRow(Replicated):
    """`user_id` is the person's id for a reaction, and for other kinds what tells one from another in the bucket.

    `told` is who was told of the reaction, and on which day, by which their notifications are grouped. Only reactions
    have a `reactor`, so only they stand in the index; only comments and shares have a `version`. The
    mark of a recount has the kind `mark` and counts as nothing.

    A page of what somebody saw has the kind `seen`, and `posts`, each in 22 letters: its `target` is the viewer's lane,
    such as `seen#3`, and its `user_id` the day, the viewer and the page's number.
    """

    target = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    at = UTCDateTimeAttribute(null=True)
    was = UnicodeAttribute(null=True)
    was_at = UTCDateTimeAttribute(null=True)
    reactor = UnicodeAttribute(null=True)
    told = UnicodeAttribute(null=True)
    active = BooleanAttribute(null=True)
    version = NumberAttribute(null=True)
    mark = UnicodeAttribute(null=True)
    posts = UnicodeSetAttribute(null=True)
    expires_at = TTLAttribute(null=True)
    by_user = ByUser()


def changes_from_record(record: dict[str, Any], here: settings.Region) -> list[RowChange]:
    """What became of a row, or which posts a viewer's page has that it had not, as the table's stream tells it (a
    record's `dynamodb` with both images), as far as it is this region's to count: a row that another writes over leaves
    its count here, and comes to the other's there.

    So a region counts the rows that say they are its own, whichever of two regions' writes stood in the end."""
    old, new = _images(record)
    sequence = int(record["SequenceNumber"])
    before, after = (row if row is not None and here.owns(row.region) else None for row in (old, new))
    if after is not None and after.kind == SEEN:
        lane = int(after.target.partition("#")[2])
        # Whichever region wrote the old one has counted what is in it.
        fresh = _posts(after) - (_posts(old) if old is not None else set())
        return [RowChange(sequence, seen_key(post_id, lane), None, "views") for post_id in sorted(fresh)]
    if record["Keys"]["target"]["S"].startswith(SEEN):
        return []
    change = RowChange(
        sequence=sequence,
        bucket=record["Keys"]["target"]["S"],
        # A view stays counted when its row expires.
        before=counted_as(before) if before is not None and before.kind != "view" else None,
        after=counted_as(after) if after is not None else None,
        at=after.at if after is not None and after.kind in REACTION_KINDS else None,
        mark=after.mark if after is not None else None,
    )
    return [change]


def told_from_record(record: dict[str, Any], here: settings.Region) -> list[News]:
    """Who hears from this region, by a record of the stream, that somebody reacted or has taken it back."""
    old, new = _images(record)
    before, after = (row.told if row is not None else None for row in (old, new))
    if before == after:
        return []
    owned: list[str | None] = [row.told for row in (old, new) if row is not None and here.owns(row.region)]
    return [
        News(
            sequence=int(record["SequenceNumber"]),
            author_id=UUID(told.partition("#")[0]),
            post_id=target_of(record["Keys"]["target"]["S"]),
            user_id=UUID(record["Keys"]["user_id"]["S"]),
            day=told.partition("#")[2],
            reacted=told == after,
        )
        for told in owned
        if told is not None
    ]


def _images(record: dict[str, Any]) -> list[ReactionRow | None]:
    return [ReactionRow.from_raw_data(record[name]) if name in record else None for name in ("OldImage", "NewImage")]


def counted_as(row: ReactionRow) -> Total | None:
    if row.kind in REACTION_KINDS:
        return cast(Total, row.kind)
    return COUNTED_AS.get(row.kind) if row.active is not False else None


class DynamoReactions:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ReactionRow, table_name, region)
        self._first = region.first

    def put(
        self, target_id: UUID, user_id: UUID, kind: ReactionKind, at: datetime, *, told: UUID | None = None
    ) -> bool:
        new = self._row(
            bucket_key(target_id, bucket_of(user_id)),
            str(user_id),
            kind=kind,
            at=at,
            reactor=str(user_id),
            told=f"{told}#{told_on(at)}" if told else None,
        )
        # A change of mind pays for the refusal of the first write, as only then there is something that it was before.
        return written(lambda: new.save(condition=self._row.target.does_not_exist())) or self._change(new)

    def _change(self, new: ReactionRow) -> bool:
        row = self._row
        telling = [row.told.set(row.told | new.told)] if new.told else []
        return written(
            lambda: row(new.target, new.user_id).update(
                [row.was.set(row.kind), row.was_at.set(row.at), row.kind.set(new.kind), row.at.set(new.at), *telling],
                condition=row.target.exists() & (row.kind != new.kind),
            )
        )

    def remove(self, target_id: UUID, user_id: UUID) -> Reaction | None:
        row = take(self._row, bucket_key(target_id, bucket_of(user_id)), str(user_id))
        return self._reaction(row) if row is not None else None

    def mine(self, target_ids: Collection[UUID], user_id: UUID) -> dict[UUID, Reaction]:
        bucket = bucket_of(user_id)
        keys = [(bucket_key(target_id, bucket), str(user_id)) for target_id in target_ids]
        rows = batch_get(self._row, keys, consistent_read=True)
        return {target_of(row.target): self._reaction(row) for row in rows}

    def of_user(self, user_id: UUID, *, after: UUID | None = None, limit: int) -> list[tuple[UUID, Reaction]]:
        # The index lags: a page of reactions that are gone already is passed over.
        while target_ids := self._targets(user_id, after, limit):
            if mine := self.mine(target_ids, user_id):
                return [(target_id, mine[target_id]) for target_id in target_ids if target_id in mine]
            after = target_ids[-1]
        return []

    def _targets(self, user_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        index = self._row.by_user
        beyond = None if after is None else self._row.target > bucket_key(after, bucket_of(user_id))
        return [target_of(key.target) for key in islice(index.query(str(user_id), beyond, page_size=limit), limit)]

    def _reaction(self, row: ReactionRow) -> Reaction:
        was = None if row.was in (None, NOTHING) else cast(ReactionKind, row.was)
        was_at, region = row.was_at if was else None, row.region or self._first
        return Reaction(UUID(row.user_id), cast(ReactionKind, row.kind), row.at, was, was_at, region)


class DynamoEngagements:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ReactionRow, table_name, region)

    def apply(self, post_id: UUID, kind: EngagementKind, item_id: UUID, *, active: bool, version: int) -> None:
        bucket = bucket_key(post_id, bucket_of(item_id))
        row = self._row(bucket, f"{kind}#{item_id}", kind=kind, active=active, version=version)
        self._put(row, self._row.target.does_not_exist() | (self._row.version < version))

    def view(self, post_ids: Collection[UUID], viewer_id: UUID, at: datetime) -> None:
        lane, day, expires_at = f"{SEEN}#{lane_of(viewer_id)}", seen_of(viewer_id, at), view_expires_at(at)
        for attempt in range(_ATTEMPTS):
            # A read is a fifth of a write, and people see a post again and again. It need not see the last write: a
            # page that has become full meanwhile refuses this one.
            pages = self._pages(lane, day, as_of_now=attempt > 0)
            new = set(post_ids).difference(*pages.values())
            if not new or self._add(lane, f"{day}#{_open_page(pages):03d}", new, expires_at):
                return
        raise Unavailable("the same person tells of other posts; try again")

    def _pages(self, lane: str, day: str, *, as_of_now: bool) -> dict[int, set[UUID]]:
        rows = self._row.query(lane, self._row.user_id.startswith(f"{day}#"), consistent_read=as_of_now)
        return {int(row.user_id.rpartition("#")[2]): _posts(row) for row in rows}

    def _add(self, lane: str, page: str, post_ids: Collection[UUID], expires_at: datetime) -> bool:
        """False, and nothing written, where the page is full."""
        row = self._row
        actions: list[Action] = [
            row.posts.add({_letters(post_id) for post_id in post_ids}),
            row.kind.set(SEEN),
            row.expires_at.set(expires_at),
        ]
        takes_more = row.target.does_not_exist() | (size(row.posts) < FULL)  # type: ignore[no-untyped-call]
        return written(lambda: row(lane, page).update(actions, condition=takes_more))

    def _put(self, row: ReactionRow, condition: Any) -> None:
        written(lambda: row.save(condition=condition))


def _open_page(pages: Mapping[int, Collection[UUID]]) -> int:
    """The first that is not known to be full."""
    return next(number for number in count() if len(pages.get(number, ())) < FULL)


def _letters(post_id: UUID) -> str:
    """Of the usual 36 that say the same."""
    return base64.urlsafe_b64encode(post_id.bytes).decode().rstrip("=")


def _posts(page: ReactionRow) -> set[UUID]:
    return {UUID(bytes=base64.urlsafe_b64decode(f"{letters}==")) for letters in page.posts or ()}
