"""Counting anew: what was lost, what was counted twice, and what only seems so because it is on its way."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from functions.jobs import handler
from mundotango import ids
from mundotango.reactions.counting import count_changes
from mundotango.reactions.model import (
    Count,
    CountChange,
    Total,
    bucket_key,
    bucket_keys,
    bucket_of,
    lane_of,
    target_of,
    zeros,
)
from mundotango.reactions.recount import recount_all, recount_changed
from mundotango.reactions.service import totals
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeBuckets, FakeCounters, FakeEngagements, FakeReactions, FakeTable

POST, OTHER = UUID(int=1), UUID(int=2)
ANA = UUID(int=100)
A_DAY = timedelta(days=1)


def ample() -> float:
    return 300.0


class Stores:
    """A table with its counts; the stream brings what was written while somebody waits, unless it stands."""

    def __init__(self) -> None:
        self.clock, self.table = FakeClock(), FakeTable()
        self.reactions, self.engagements = FakeReactions(self.table), FakeEngagements(self.table)
        self.buckets, self.counters = FakeBuckets(self.table), FakeCounters()
        self.stands = False
        self.waited = 0.0
        self._counted = 0

    def react(self, person: UUID, post: UUID = POST) -> str:
        self.clock.advance(timedelta(seconds=1))
        self.reactions.put(post, person, "like", self.clock.now())
        return bucket_key(post, bucket_of(person))

    def count(self) -> None:
        new = self.table.stream[self._counted :]
        self._counted += len(new)
        assert count_changes(self.counters, new, self.clock) is None

    def lose(self) -> None:
        """What is on its way never arrives."""
        self._counted = len(self.table.stream)

    def add(self, bucket: str, name: Total, number: int) -> None:
        """A miscount."""
        guard = self.counters.rows[bucket].guard
        assert guard is not None
        change = CountChange({name: number}, guard, guard, None, self.clock.now())
        assert self.counters.apply(target_of(bucket), {bucket: change})

    def pause(self, seconds: float) -> None:
        self.waited += seconds
        if not self.stands:
            self.count()

    def nightly(self, time_left: Callable[[], float] = ample) -> dict[str, int]:
        return recount_changed(self, time_left, pause=self.pause)

    def whole(self) -> dict[str, object]:
        return recount_all(self, ample, pause=self.pause)

    def likes(self, post: UUID = POST) -> int:
        return totals(self.counters, [post])[post]["like"]


@pytest.fixture
def stores() -> Stores:
    return Stores()


def people(number: int) -> list[UUID]:
    return [ids.new_id() for _ in range(number)]


class TestCorrections:
    def test_what_was_lost_and_what_was_counted_twice_is_put_right(self, stores: Stores) -> None:
        buckets = {stores.react(person) for person in people(40)}
        stores.count()
        stores.add(min(buckets), "like", 1)
        stores.add(max(buckets), "like", -1)
        stores.add(max(buckets), "comments", 3)

        assert stores.whole()["corrected"] == 2

        assert totals(stores.counters, [POST])[POST] == zeros() | {"like": 40}
        assert stores.whole()["corrected"] == 0

    def test_what_is_all_right_costs_no_wait_and_no_write(self, stores: Stores) -> None:
        for person in people(5):
            stores.react(person)
        stores.count()
        written = len(stores.table.stream)

        stores.whole()

        assert stores.waited == 0
        assert len(stores.table.stream) == written

    def test_a_bucket_that_was_never_counted_is_found_by_its_rows(self, stores: Stores) -> None:
        stores.react(ANA)
        stores.lose()

        assert stores.nightly()["corrected"] == 0
        assert stores.whole()["corrected"] == 1
        assert stores.likes() == 1

    def test_what_is_on_its_way_is_waited_for(self, stores: Stores) -> None:
        stores.react(ANA)

        found = stores.whole()

        assert (found["corrected"], found["unsettled"]) == (0, 0)
        assert stores.likes() == 1

    def test_a_stream_that_stands_still_corrects_nothing(self, stores: Stores) -> None:
        """Else what is on its way would be counted a second time when it comes."""
        stores.react(ANA)
        stores.stands = True

        found = stores.whole()

        assert (found["corrected"], found["unsettled"]) == (0, 1)
        stores.count()
        assert stores.likes() == 1

    def test_a_bucket_in_which_people_go_on_reacting_is_left_for_another_night(self, stores: Stores) -> None:
        stores.react(ANA)
        stores.count()
        bucket = bucket_key(POST, bucket_of(ANA))
        stores.add(bucket, "like", 5)
        neighbours = (person for person in iter(ids.new_id, None) if bucket_of(person) == bucket_of(ANA))

        def others_react(_seconds: float) -> None:
            stores.react(next(neighbours))
            stores.count()

        found = recount_all(stores, ample, pause=others_react)

        assert (found["corrected"], found["unsettled"]) == (0, 1)
        assert stores.whole()["corrected"] == 1

    def test_views_are_left_alone(self, stores: Stores) -> None:
        stores.engagements.view([POST], ANA, stores.clock.now())
        stores.count()
        stores.table.write(*next(iter(stores.table.rows)), None)

        assert stores.whole()["corrected"] == 0
        assert totals(stores.counters, [POST])[POST]["views"] == 1

    def test_ones_own_reaction_is_not_added_to_a_corrected_total(self, stores: Stores) -> None:
        bucket = stores.react(ANA)
        stores.lose()
        stores.whole()

        count = stores.counters.rows[bucket]
        assert count.through == stores.reactions.mine([POST], ANA)[POST].at


class TestNights:
    def test_the_first_looks_at_everything_and_the_next_at_what_was_counted_since(self, stores: Stores) -> None:
        stores.react(ANA)
        stores.count()
        stores.clock.advance(timedelta(hours=2))
        assert stores.nightly()["looked_at"] == 1
        stores.clock.advance(A_DAY)
        changed = stores.react(ANA, OTHER)
        stores.count()
        stores.add(changed, "like", 1)

        assert stores.nightly() == {"done": True, "looked_at": 1, "corrected": 1, "unsettled": 0, "emptied": 0}
        assert stores.likes(OTHER) == 1

    def test_a_night_has_one_pass(self, stores: Stores) -> None:
        stores.react(ANA)
        stores.count()
        stores.nightly()
        stores.clock.advance(timedelta(hours=2))

        assert stores.nightly()["looked_at"] == 0

    def test_what_one_run_has_no_time_for_the_next_goes_on_with(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mundotango.reactions.recount.PAGE_OF_POSTS", 2)
        buckets = {stores.react(person) for person in people(40)}
        stores.count()
        for bucket in buckets:
            stores.add(bucket, "like", 1)
        runs = 0
        corrected = 0
        done = False
        while not done:
            left: Iterator[float] = iter([100.0, 0.0])
            outcome = stores.nightly(lambda left=left: next(left))  # type: ignore[misc]
            corrected, done, runs = corrected + outcome["corrected"], bool(outcome["done"]), runs + 1

        assert runs == -(-len(buckets) // 2)
        assert corrected == len(buckets)
        assert stores.likes() == 40

    def test_a_run_without_time_says_so_and_moves_nothing(self, stores: Stores) -> None:
        stores.react(ANA)
        stores.count()

        assert stores.nightly(lambda: 0.0)["done"] is False
        assert stores.nightly()["looked_at"] == 1

    def test_an_operators_goes_on_where_its_last_call_ended(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mundotango.reactions.recount.PAGE", 3)
        monkeypatch.setattr("mundotango.reactions.recount.PAGE_OF_POSTS", 3)
        for person in people(40):
            stores.react(person)
        stores.count()
        looked_at, after = 0, None
        while True:
            left: Iterator[float] = iter([100.0, 0.0])
            answer = recount_all(stores, lambda left=left: next(left), json.loads(json.dumps(after)))  # type: ignore[misc]
            looked_at += answer["looked_at"]  # type: ignore[operator]
            if answer["done"]:
                break
            after = answer["after"]

        assert looked_at == len(stores.counters.rows)


class TestPostsThatAreGone:
    def test_rows_go_by_night_and_no_count_comes_back(self, stores: Stores) -> None:
        for person in people(40):
            stores.react(person)
            stores.react(person, OTHER)
        stores.engagements.apply(POST, "comment", ANA, active=True, version=1)
        stores.engagements.view([POST], ANA, stores.clock.now())
        stores.count()

        stores.counters.end(POST, stores.clock.now())
        assert stores.nightly()["emptied"] == len(bucket_keys(POST))
        stores.count()

        # What somebody saw that day ends by itself.
        assert {bucket.split("#")[1] for bucket, _ in stores.table.rows} == {str(OTHER), str(lane_of(ANA))}
        assert totals(stores.counters, [POST, OTHER]) == {POST: zeros(), OTHER: zeros() | {"like": 40}}
        stores.clock.advance(A_DAY)
        assert stores.nightly()["emptied"] == 0

    def test_what_is_left_when_the_time_is_up_goes_in_the_next_run(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mundotango.reactions.recount.ROWS_EMPTIED", 5)
        for person in people(400):
            stores.react(person)
        stores.counters.end(POST, stores.clock.now())
        left: Iterator[float] = iter([100.0, 100.0, 0.0])

        assert not stores.nightly(lambda: next(left))["done"]
        assert 0 < len(stores.table.rows) < 400
        assert stores.nightly()["done"]
        assert stores.table.rows == {}


class Ample:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def test_the_job_tells_the_drift_as_a_metric(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(handler, "platform", lambda: stores)
    monkeypatch.setattr("functions.jobs.recovering.writes_stopped", lambda _: False)  # it asks the database
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "jobs")
    monkeypatch.setattr("mundotango.reactions.recount.SETTLING", 0)
    bucket = stores.react(ANA)
    stores.count()
    stores.add(bucket, "like", 2)
    mark = stores.buckets.mark

    def mark_and_count(key: str, name: str, at: object) -> None:
        mark(key, name, stores.clock.now())
        stores.count()

    monkeypatch.setattr(stores.buckets, "mark", mark_and_count)

    assert handler.lambda_handler({"job": "recount"}, Ample())["corrected"] == 1

    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if "_aws" in text]
    assert (line["ReactionDrift"], line["service"]) == ([1], "jobs")
    (declared,) = line["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Dimensions"]) == ("MundoTango", [["service"]])
    assert handler.lambda_handler({"job": "recount", "all": True}, Ample())["done"] is True


def test_after_a_restore_a_stream_that_numbers_anew_is_counted_once_the_counts_are_empty(stores: Stores) -> None:
    """As docs/upgrading.md says: old guards stand above all that the new stream brings, marks among it."""
    bucket = stores.react(ANA)
    stores.count()
    stores.counters.rows[bucket] = Count({"like": 5}, guard=f"{10**20:040d}")
    assert stores.whole()["unsettled"] == 1
    assert stores.likes() == 5

    stores.counters.rows.clear()

    found = stores.whole()
    assert (found["corrected"], found["unsettled"]) == (1, 0)
    assert stores.likes() == 1
