"""Each view counts once, whatever meets, repeats, overtakes or breaks off: the repositories over tables in memory.

People tell of what they saw, in reports that overlap each other too. The stream has two shards, whose numbers say
nothing of each other's, and brings batches that are halved, shuffled, doubled and repeated, to counts that are away or
lose their answer. In the end all is brought, and a post's views are the people and days that saw it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from mundotango.errors import Unavailable
from mundotango.reactions import repository
from mundotango.reactions.counters import DynamoCounters, _at
from mundotango.reactions.counting import count_changes
from mundotango.reactions.model import Claim, CountChange, Standing, lane_of
from mundotango.reactions.policy import seen_of
from mundotango.reactions.repository import DynamoEngagements, changes_from_record
from mundotango.reactions.service import totals
from mundotango.settings import Region
from tests.fakes.clock import FakeClock
from tests.fakes.global_tables import GlobalTables

HERE = Region("us-east-1", "", "us-east-1", ("us-east-1", "eu-west-1"))
THERE = Region("eu-west-1", "", "us-east-1", ("us-east-1", "eu-west-1"))
POSTS = [UUID(int=number) for number in range(1, 8)]
PEOPLE = [UUID(int=number) for number in (0, 2, 1, 5)]  # in all lanes
SHARDS = 2
# So that a few posts are several pages.
FULL = 3
reports = st.lists(st.sampled_from(POSTS), min_size=1, max_size=4)
people = st.sampled_from(PEOPLE)
FAULTS = st.lists(st.sampled_from(["", "away", "lost", "retried"]), max_size=6)

type Record = dict[str, Any]


@pytest.fixture(autouse=True)
def small_pages_and_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "FULL", FULL)
    monkeypatch.setattr("mundotango.threads.THREADS", 1)  # else a schedule is not the same each time


@cache
def stores() -> tuple[DynamoEngagements, DynamoCounters]:
    """Whichever tables there are: to make them costs more than a schedule's step."""
    return DynamoEngagements("reactions", HERE), DynamoCounters("counters", HERE)


class Unreliable:
    """The counts as a function reaches them: each write meets the next fault, and `meanwhile` happens once between
    reading and writing."""

    def __init__(self, counters: DynamoCounters, faults: list[str], meanwhile: Callable[[], object]) -> None:
        self._counters, self._faults, self._meanwhile = counters, iter(faults), iter([meanwhile])

    def standing(self, target_ids: list[UUID]) -> dict[UUID, Standing]:
        known = self._counters.standing(target_ids)
        next(self._meanwhile, lambda: None)()
        return known

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        fault = next(self._faults, "")
        if fault == "away":
            raise Unavailable("away")
        counted = self._counters.apply(target_id, changes, claim)
        if fault == "lost":
            raise Unavailable("did it answer?")
        return self._counters.apply(target_id, changes, claim) if fault == "retried" else counted


class Viewing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.tables, self.clock = GlobalTables({"us-east-1": 0, "eu-west-1": 0}), FakeClock()
        self._patched = patch("mundotango.adapters.dynamodb._SharedConnection._make_api_call", self._call())
        self._patched.start()
        self.engagements, self.counters = stores()
        self.shards: list[list[Record]] = [[] for _ in range(SHARDS)]
        self.brought: list[tuple[int, Record]] = []
        self.routed = 0
        self.seen: set[tuple[UUID, str]] = set()

    def _call(self) -> Callable[..., Record]:
        return lambda connection, operation, asked: self.tables.call(connection.region, operation, asked)

    # --- What people tell ---

    @rule(viewer=people, posts=reports, later=st.booleans(), others=st.lists(reports, max_size=3))
    def tell(self, viewer: UUID, posts: list[UUID], others: list[list[UUID]], *, later: bool) -> None:
        """`others` are told of by the same person, between this report's look and its write."""
        self.clock.advance(timedelta(days=later))
        add, waiting = DynamoEngagements._add, iter(others)

        def late(*arguments: Any) -> bool:
            with patch.object(DynamoEngagements, "_add", add):
                for other in waiting:
                    self._view(viewer, other)
            return add(*arguments)

        with patch.object(DynamoEngagements, "_add", late):
            self._view(viewer, posts)

    def _view(self, viewer: UUID, posts: list[UUID]) -> None:
        self.engagements.view(posts, viewer, self.clock.now())
        self.seen |= {(post, seen_of(viewer, self.clock.now())) for post in posts}

    @rule()
    def expire(self) -> None:
        here, today = self.tables.replicas[HERE.name], seen_of(PEOPLE[0], self.clock.now()).partition("#")[0]
        for (table, key), item in list(here.items.items()):
            if table == "reactions" and not item["user_id"]["S"].startswith(today):
                here.put(table, key, None, here.stamps[table, key])

    # --- What the stream does ---

    @rule(
        shard=st.integers(0, SHARDS - 1), size=st.integers(1, 6), halved=st.booleans(), overlapped=st.booleans(),
        shuffle=st.randoms(use_true_random=False), faults=FAULTS,
    )  # fmt: skip
    def bring(self, shard: int, size: int, shuffle: Any, faults: list[str], *, halved: bool, overlapped: bool) -> None:
        self._route()
        queue = self.shards[shard]
        batch = queue[: (size + 1) // 2 if halved else size]
        delivered = [*batch, *batch[:2]]
        shuffle.shuffle(delivered)
        failed = self._count(delivered, faults, again=overlapped)
        done = [record for record in batch if failed is None or _number(record) < failed]
        del queue[: len(done)]
        self.brought += [(shard, record) for record in done]

    @precondition(lambda self: self.brought)
    @rule(data=st.data(), size=st.integers(1, 20))
    def bring_again(self, data: st.DataObject, size: int) -> None:
        start = data.draw(st.integers(0, len(self.brought) - 1))
        for shard in range(SHARDS):
            again = [record for at, record in self.brought[start : start + size] if at == shard]
            assert self._count(again, []) is None

    def teardown(self) -> None:
        try:
            self._route()
            for shard in range(SHARDS):
                while queue := self.shards[shard]:
                    assert self._count(queue[:5], []) is None
                    del queue[:5]
            counted = totals(self.counters, POSTS, fresh=True)
            true = Counter(post for post, _ in self.seen)
            assert {post: counted[post]["views"] for post in POSTS} == {post: true[post] for post in POSTS}
            assert not any(standing.claims for standing in self.counters.standing(POSTS).values())
        finally:
            self._patched.stop()

    # --- What the rules are made of ---

    def _route(self) -> None:
        """By their keys, with numbers of each shard's own."""
        stream = self.tables.replicas[HERE.name].streams.get("reactions", [])
        for record in stream[self.routed :]:
            lane = int(record["dynamodb"]["Keys"]["target"]["S"].partition("#")[2])
            number = int(record["dynamodb"]["SequenceNumber"]) + (lane % SHARDS) * 10**9
            self.shards[lane % SHARDS].append(record["dynamodb"] | {"SequenceNumber": str(number)})
        self.routed = len(stream)

    def _count(self, records: list[Record], faults: list[str], *, again: bool = False) -> int | None:
        changes = [change for record in records for change in changes_from_record(record, HERE)]
        assert not [change for record in records for change in changes_from_record(record, THERE)]
        meanwhile = (lambda: self._count_at(self.counters, changes)) if again else lambda: None
        return self._count_at(Unreliable(self.counters, faults, meanwhile), changes)

    def _count_at(self, counters: Any, changes: Any) -> int | None:
        return count_changes(counters, changes, self.clock)


def _number(record: Record) -> int:
    return int(record["SequenceNumber"])


SCHEDULES = asked if (asked := settings().max_examples) >= 1000 else 40
Viewing.TestCase.settings = settings(max_examples=SCHEDULES, stateful_step_count=30, deadline=None)
TestViewing = pytest.mark.timeout(280)(Viewing.TestCase)


def fails() -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            Viewing,
            settings=settings(
                max_examples=1000, stateful_step_count=30, deadline=None, database=None, derandomize=True,
                phases=[Phase.generate], report_multiple_bugs=False,
            ),
        )  # fmt: skip


def _adds_to_full_pages(engagements: Any, lane: str, page: str, post_ids: Any, expires_at: Any) -> bool:
    row = engagements._row
    letters = {repository._letters(post_id) for post_id in post_ids}
    row(lane, page).update([row.posts.add(letters), row.kind.set("seen"), row.expires_at.set(expires_at)])
    return True


def _without_old_image(record: Record) -> Iterator[Any]:
    return iter([None, *images(record)[1:]])


images = repository._images

BROKEN: dict[str, tuple[str, object]] = {
    "a full page takes more": ("mundotango.reactions.repository.DynamoEngagements._add", _adds_to_full_pages),
    "all of a page counts": ("mundotango.reactions.repository._images", _without_old_image),
    "one guard for all lanes": (
        "mundotango.reactions.repository.seen_key",
        lambda post_id, _: f"post#{post_id}#seen#0",
    ),
    "no condition": ("mundotango.reactions.counters._still_at", lambda key, _: _any_guard(key)),
    "no guard": ("mundotango.reactions.counting._uncounted", lambda changes, _: list(changes)),
}


def _any_guard(key: str) -> Any:
    return _at(key, "guard").exists() | _at(key, "guard").does_not_exist()


@pytest.mark.parametrize("broken", BROKEN)
def test_it_fails_where(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BROKEN[broken])
    fails()


def test_these_people_share_lanes_and_shards() -> None:
    assert sorted(Counter(lane_of(person) for person in PEOPLE).values()) == [1, 1, 2]
    assert {lane_of(person) % SHARDS for person in PEOPLE} == set(range(SHARDS))
