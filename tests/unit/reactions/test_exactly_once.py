"""Whatever the stream does, each change is counted once; and each safeguard is there for a reason.

The machine lets people act on a table whose stream is brought in batches that are halved, shuffled, doubled, repeated,
overlapped and broken off, by stores that are away, or that do what they are told and lose the answer. In the end all is
brought, and the totals are what people feel, by a model without tables. A split gives a bucket two shards: there, and
only there, it is the recount that makes the totals right, but for views.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from mundotango.errors import Unavailable
from mundotango.reactions import counting
from mundotango.reactions.announcing import Announcements
from mundotango.reactions.counting import RowChange
from mundotango.reactions.model import (
    REACTION_KINDS,
    Claim,
    Count,
    CountChange,
    EngagementKind,
    ReactionKind,
    Standing,
    Total,
    Totals,
    zeros,
)
from mundotango.reactions.policy import seen_of
from mundotango.reactions.recount import recount_all
from mundotango.reactions.service import react, total, totals, unreact
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeBuckets, FakeCounters, FakeEngagements, FakeReactions, FakeTable, Row

POSTS = [UUID(int=1), UUID(int=2)]
# Few enough to meet in a bucket: three are in one, of whom a split parts the last from the others.
PEOPLE = [UUID(int=number) for number in (0, 2, 1, 5, 19, 7)]
ITEMS = [UUID(int=number) for number in (0, 2, 40)]
FAULTS = st.lists(st.sampled_from(["", "away", "lost", "retried"]), max_size=6)

posts, people, items = st.sampled_from(POSTS), st.sampled_from(PEOPLE), st.sampled_from(ITEMS)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a schedule is not the same each time."""
    monkeypatch.setattr("mundotango.threads.THREADS", 1)


def ample() -> float:
    return 300.0


class Unreliable:
    """Counters as a function reaches them: each write meets the next fault, if there is one left.

    `away`: not done. `lost`: done, and no answer. `retried`: done, no answer, and done again by the SDK.
    `meanwhile` happens once, between reading and writing: what another invocation does that overlaps this one.
    """

    def __init__(self, counters: FakeCounters) -> None:
        self.counters = counters
        self.faults: Iterator[str] = iter(())
        self.meanwhile: Callable[[], object] | None = None

    def standing(self, target_ids: Collection[UUID]) -> dict[UUID, Standing]:
        known = self.counters.standing(target_ids)
        overlapping, self.meanwhile = self.meanwhile, None
        if overlapping is not None:
            overlapping()
        return known

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        return self._meet_fault(lambda: self.counters.apply(target_id, changes, claim))

    def claim(self, target_id: UUID, claim: Claim) -> Standing | None:
        return self._meet_fault(lambda: self.counters.claim(target_id, claim))

    def _meet_fault[T](self, write: Callable[[], T]) -> T:
        fault = next(self.faults, "")
        if fault == "away":
            raise Unavailable("away")
        done = write()
        if fault == "lost":
            raise Unavailable("did it answer?")
        return write() if fault == "retried" else done


class Counting(RuleBasedStateMachine):
    reactions_are: ClassVar[type[FakeReactions]] = FakeReactions
    engagements_are: ClassVar[type[FakeEngagements]] = FakeEngagements
    counters_are: ClassVar[type[FakeCounters]] = FakeCounters

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.table = FakeClock(), FakeTable()
        self.reactions, self.engagements = self.reactions_are(self.table), self.engagements_are(self.table)
        self.buckets, self.counters = FakeBuckets(self.table), self.counters_are()
        self.unreliable = Unreliable(self.counters)
        self.shards: dict[str, list[RowChange]] = {"whole": [], "left": [], "right": []}
        self.split, self.routed, self.brought = False, 0, list[RowChange]()
        # The model.
        self.felt: dict[tuple[UUID, UUID], ReactionKind] = {}
        self.engaged: dict[tuple[UUID, str, UUID], tuple[int, bool]] = {}
        self.viewed: set[tuple[UUID, str]] = set()
        self.gone: set[UUID] = set()

    # --- What people do ---

    @rule(post=posts, person=people, kind=st.sampled_from(REACTION_KINDS), again=st.booleans())
    def react(self, post: UUID, person: UUID, kind: ReactionKind, *, again: bool) -> None:
        before = len(self.table.stream)
        for _ in range(1 + again):
            self.clock.advance(timedelta(seconds=1))
            tally = react(self.reactions, self.counters, post, person, kind, self.clock)
            assert tally.reaction == kind
            assert tally.totals[kind] >= 1
        if post not in self.gone:  # of one that is, the rows may be too
            assert len(self.table.stream) - before == (self.felt.get((post, person)) != kind)
        self.felt[post, person] = kind

    @rule(post=posts, person=people)
    def take_back(self, post: UUID, person: UUID) -> None:
        assert unreact(self.reactions, self.counters, post, person).reaction is None
        self.felt.pop((post, person), None)

    @rule(
        post=posts,
        item=items,
        kind=st.sampled_from(["comment", "share"]),
        active=st.booleans(),
        version=st.integers(1, 5),
    )
    def engage(self, post: UUID, item: UUID, kind: EngagementKind, *, active: bool, version: int) -> None:
        known, _ = self.engaged.get((post, kind, item), (0, False))
        self.engagements.apply(post, kind, item, active=active, version=version)
        if version > known:
            self.engaged[post, kind, item] = (version, active)

    @rule(seen=st.lists(posts, max_size=3), viewer=people, later=st.booleans())
    def view(self, seen: list[UUID], viewer: UUID, *, later: bool) -> None:
        self.clock.advance(timedelta(days=later))
        self.engagements.view(seen, viewer, self.clock.now())
        self.viewed |= {(post, seen_of(viewer, self.clock.now())) for post in seen}

    @rule()
    def expire_views(self) -> None:
        for (bucket, sort), row in list(self.table.rows.items()):
            if row.posts and self.clock.now().strftime("%Y-%m-%d") not in sort:
                self.table.write(bucket, sort, None)

    @precondition(lambda self: len(self.table.stream) > 20)
    @rule()
    def lose_a_post(self) -> None:
        self.counters.end(POSTS[1], self.clock.now())
        self.gone.add(POSTS[1])

    # --- What the stream does ---

    @precondition(lambda self: self.table.stream and not self.split)
    @rule(chance=st.integers(0, 1))
    def split_the_hot_collection(self, chance: int) -> None:
        self._route()
        self.split = chance == 0

    @rule(
        size=st.integers(1, 9), shard=st.sampled_from(["left", "right"]), faults=FAULTS, halved=st.booleans(),
        shuffle=st.randoms(use_true_random=False), overlapped=st.booleans(),
    )  # fmt: skip
    def bring(self, size: int, shard: str, faults: list[str], shuffle: Any, *, halved: bool, overlapped: bool) -> None:
        """The next batch of a shard; of the shards that a split made none before the one it split."""
        self._route()
        queue = self.shards["whole"] or self.shards[shard]
        batch = queue[: (size + 1) // 2 if halved else size]
        delivered = [*batch, *batch[:2]]
        shuffle.shuffle(delivered)
        if overlapped:
            self.unreliable.meanwhile = lambda: self._count(self.counters, delivered)
        self.unreliable.faults = iter(faults)
        failed = self._count(self.unreliable, delivered)
        done = [change for change in batch if failed is None or change.sequence < failed]
        del queue[: len(done)]
        self.brought += done

    @precondition(lambda self: self.brought)
    @rule(data=st.data(), size=st.integers(1, 20))
    def bring_again(self, data: st.DataObject, size: int) -> None:
        start = data.draw(st.integers(0, len(self.brought) - 1))
        assert self._count(self.counters, self.brought[start : start + size]) is None or self.split

    @precondition(lambda self: self.table.stream)
    @rule(size=st.integers(0, 9), shard=st.sampled_from(["left", "right"]))
    def recount(self, size: int, shard: str) -> None:
        """At any moment, with anything on its way, while the stream is slow or stands still: nothing is wrong."""
        found = self._recount(lambda _: self.bring(size, shard, [], _Unshuffled(), halved=False, overlapped=False))
        assert found["corrected"] == 0 or self.split

    def teardown(self) -> None:
        self._drain()
        recounted = self._recount(lambda _seconds: self._drain())
        assert recounted["unsettled"] == 0
        if not self.split:
            assert recounted["corrected"] == 0
        counted, true = totals(self.counters, POSTS), {post: self._true_totals(post) for post in POSTS}
        if self.split:
            # Views cannot be recounted: one that was overtaken between two shards is lost.
            for post in POSTS:
                assert counted[post]["views"] <= true[post]["views"]
                counted[post]["views"] = true[post]["views"]
        assert counted == true, f"counted {counted}, but it is {true}"
        for post in POSTS if not self.split else ():
            assert post in self.gone or self._last_told(post) == true[post] | {"views": 0}

    # --- What the rules are made of ---

    def _route(self) -> None:
        """Which shard a record came to when its row was written."""
        new = list(zip(self.table.stream, self.table.sort_keys, strict=True))[self.routed :]
        self.routed += len(new)
        for change, sort in new:
            shard = ("left" if sum(sort.encode()) % 2 else "right") if self.split else "whole"
            self.shards[shard].append(change)

    def _drain(self) -> None:
        for shard in ("left", "right"):
            self._route()
            while self.shards["whole"] or self.shards[shard]:
                self.bring(9, shard, [], _Unshuffled(), halved=False, overlapped=False)

    def _count(self, stores: Any, changes: list[RowChange]) -> int | None:
        return counting.count_changes(stores, changes, self.clock)

    def _recount(self, pause: Callable[[float], None]) -> dict[str, object]:
        return recount_all(self, ample, pause=pause)

    def _last_told(self, post: UUID) -> Totals:
        """Without the views, which wait for other news."""
        told = [standing for target_id, standing in self.counters.claimed if target_id == post]
        return {**total(told[-1].counts, post), "views": 0} if told else zeros()

    def _true_totals(self, post: UUID) -> Totals:
        true = zeros()
        if post in self.gone:
            return true
        counted: list[Total] = [kind for (target, _), kind in self.felt.items() if target == post]
        counted += ["views" for target, _ in self.viewed if target == post]
        for (target, kind, _), (_, active) in self.engaged.items():
            if target == post and active:
                counted.append("comments" if kind == "comment" else "shares")
        for name in counted:
            true[name] += 1
        return true


class _Unshuffled:
    def shuffle(self, changes: list[RowChange]) -> None: ...


# A schedule takes some 50 ms: few of them while one works, all that the profile asks for where it asks for many.
SCHEDULES = asked if (asked := settings().max_examples) >= 1000 else 40
Counting.TestCase.settings = settings(max_examples=SCHEDULES, stateful_step_count=40, deadline=None)
TestCounting = pytest.mark.timeout(280)(Counting.TestCase)


class CountsWithoutCondition(FakeCounters):
    def _may_apply(self, known: Count, change: CountChange) -> bool:
        return True


class ReactsWithoutCondition(FakeReactions):
    def _may_put(self, known: Row | None, kind: ReactionKind) -> bool:
        return True


class EngagesWithoutCondition(FakeEngagements):
    def _may_apply(self, known: Row | None, version: int) -> bool:
        return True


class MovesTheGuardFirst(FakeCounters):
    """In a write of its own, after which the function ends now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def apply(self, target_id: UUID, changes: Mapping[str, CountChange], claim: Claim | None = None) -> Standing | None:
        self.calls += 1
        nothing = {key: replace(change, adds={}) for key, change in changes.items()}
        if self.calls % 5 == 0 and super().apply(target_id, nothing):
            raise Unavailable("ended between two writes")
        return super().apply(target_id, changes, claim)


def fails(machine: type[Counting]) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=1000, stateful_step_count=40, deadline=None, database=None, derandomize=True,
                phases=[Phase.generate], report_multiple_bugs=False,
            ),
        )  # fmt: skip


@pytest.mark.parametrize(
    "without",
    [
        {"counters_are": CountsWithoutCondition},
        {"reactions_are": ReactsWithoutCondition},
        {"engagements_are": EngagesWithoutCondition},
        {"counters_are": MovesTheGuardFirst},
    ],
    ids=lambda without: str([part.__name__ for part in without.values()]),
)
def test_it_fails_with_a_condition_dropped_or_the_guard_moved_before_its_effect(without: dict[str, Any]) -> None:
    fails(type("Without", (Counting,), without))


def test_it_fails_with_the_replay_guard_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_uncounted", lambda changes, _known: list(changes))
    fails(Counting)


def test_it_fails_with_a_batch_acknowledged_before_its_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    count_changes = counting.count_changes

    def acknowledged(*arguments: Any) -> None:
        count_changes(*arguments)

    monkeypatch.setattr(counting, "count_changes", acknowledged)
    fails(Counting)


def test_it_fails_where_a_claim_that_could_not_be_had_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Announcements, "claim_rest", lambda *_: [])
    fails(Counting)


def test_it_fails_with_a_recount_that_does_not_wait_for_its_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mundotango.reactions.recount._proof", lambda _mark, contents: contents.fingerprint)
    fails(Counting)


class SplitFromTheStart(Counting):
    """As a schedule may have it: to wait for one that has takes seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.split = True


def test_it_fails_with_no_recount_after_a_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "_recount", lambda *_: {"corrected": 0, "unsettled": 0})
    fails(SplitFromTheStart)
