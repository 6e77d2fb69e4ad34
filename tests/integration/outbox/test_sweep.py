"""What a relay left behind is announced by the sweep, whatever failed and whatever fails now."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.follows.service import follow, follow_activity, unfollow
from mundotango.ids import new_id
from mundotango.outbox.model import Outgoing
from mundotango.outbox.repository import OutboxRepository
from mundotango.realtime import relay
from mundotango.realtime.model import Activity, Appended
from mundotango.users.model import User
from tests.factories.outbox import ample, fail, post_by, waiting
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities, FakeEdges


def test_what_a_relay_left_behind_is_swept(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        post_id = post_by(community, author, clock)  # the request itself succeeds
    assert (activities.appended, waiting(community)) == ([], 1)
    assert relay.sweep_outbox(community, ample) == {"done": True, "relayed": 1, "failed": 0, "forgotten": 0}
    assert [told.activity.payload["id"] for told in activities.appended] == [str(post_id)]
    relay.sweep_outbox(community, ample)
    assert len(activities.appended) == 1


def test_a_relay_that_dies_before_it_marks_is_repeated_under_the_same_id(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    activities: FakeActivities,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("mundotango.outbox.repository.OutboxRepository.mark_relayed", _die)
        post_by(community, author, clock)
        with community.unit_of_work() as work:
            follow(work, reader.id, author.handle, clock)
    before = dict(edges.rows)
    relay.sweep_outbox(community, ample)
    first, second = [each for each in activities.appended if each.activity.kind == "post.created"]
    assert first.activity.id == second.activity.id  # so a client, which drops ids it knows, shows it once
    assert first.position < second.position
    assert edges.rows == before
    assert waiting(community) == 0


def _die(*_: Any) -> None:
    raise SystemError("killed")


def test_a_sweep_goes_on_where_the_last_one_ended(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "BATCH", 2)
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(5):
            post_by(community, author, clock, str(number))
    times: Iterator[float] = iter([100.0, 0.0])
    assert relay.sweep_outbox(community, lambda: next(times)) == {"done": False, "relayed": 2, "failed": 0}
    assert relay.sweep_outbox(community, ample)["relayed"] == 3
    assert [told.activity.payload["body"] for told in activities.appended] == list("01234")


def follow_that_cannot_be_announced(community: Platform, clock: FakeClock) -> None:
    with community.unit_of_work() as work:
        work.record(replace(follow_activity("follow.created", new_id(), new_id(), clock), payload={}))


def test_rows_that_cannot_be_announced_hold_up_no_other(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "BATCH", 4)
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for _ in range(6):
            follow_that_cannot_be_announced(community, clock)
        for number in range(5):
            post_by(community, author, clock, str(number))
    assert relay.sweep_outbox(community, ample) == {"done": True, "relayed": 5, "failed": 6, "forgotten": 0}
    assert [told.activity.payload["body"] for told in activities.appended] == list("01234")
    assert waiting(community) == 6


def test_a_sweep_does_not_wait_for_a_store_that_is_away(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail(activities, "append", monkeypatch)
    for number in range(5):
        post_by(community, author, clock, str(number))
    assert relay.sweep_outbox(community, ample) == {"done": False, "relayed": 0, "failed": 3}


def test_nor_for_one_that_hangs_longer_than_a_batch(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[Activity] = []

    def hang(activity: Activity) -> None:
        tried.append(activity)
        time.sleep(0.05)
        raise Unavailable("the table does not answer; try again")

    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(5):
            post_by(community, author, clock, str(number))
    monkeypatch.setattr(relay, "BATCH_SECONDS", 0.02)
    monkeypatch.setattr(activities, "append", hang)
    assert relay.sweep_outbox(community, ample) == {"done": False, "relayed": 0, "failed": 3}
    assert len(tried) == 3


def test_a_store_that_is_away_now_and_then_ends_no_sweep(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = activities.append

    def busy(activity: Activity) -> Appended:
        if int(activity.payload["body"]) % 3:
            raise Unavailable("the table is busy; try again")
        return append(activity)

    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(9):
            post_by(community, author, clock, str(number))
    monkeypatch.setattr(activities, "append", busy)
    assert relay.sweep_outbox(community, ample) == {"done": True, "relayed": 3, "failed": 6, "forgotten": 0}


def test_a_slow_database_is_not_taken_for_an_empty_outbox(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take = OutboxRepository.take_after

    def slow(outbox: OutboxRepository, seq: int, limit: int) -> list[Outgoing]:
        time.sleep(0.05)
        return take(outbox, seq, limit)

    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(3):
            post_by(community, author, clock, str(number))
    monkeypatch.setattr(relay, "BATCH_SECONDS", 0.02)
    monkeypatch.setattr(OutboxRepository, "take_after", slow)
    assert relay.sweep_outbox(community, ample) == {"done": True, "relayed": 3, "failed": 0, "forgotten": 0}


def test_what_was_announced_long_ago_is_forgotten(community: Platform, clock: FakeClock, author: User) -> None:
    post_by(community, author, clock)
    clock.advance(timedelta(days=6))
    post_by(community, author, clock)
    clock.advance(timedelta(days=2))
    assert relay.sweep_outbox(community, ample)["forgotten"] == 1


def test_two_relays_at_once_announce_each_row_once(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        for number in range(4):
            post_by(community, author, clock, str(number))
    append, met = activities.append, threading.Barrier(2)
    monkeypatch.setattr(relay, "BATCH", 2)

    def slow(activity: Activity) -> Appended:
        met.wait(5)  # both hold rows now, and neither waits for the other's
        return append(activity)

    monkeypatch.setattr(activities, "append", slow)
    other = Platform()
    other.database = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    other.clock, other.activities, other.edges = community.clock, activities, community.edges
    threads = [threading.Thread(target=relay.sweep_outbox, args=(p, ample)) for p in (community, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    other.database.close()
    assert sorted(told.activity.payload["body"] for told in activities.appended) == ["0", "1", "2", "3"]


def test_follows_relayed_in_the_wrong_order_end_right(
    community: Platform,
    clock: FakeClock,
    author: User,
    reader: User,
    edges: FakeEdges,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(edges, "apply", broken)
        with community.unit_of_work() as work:
            follow(work, reader.id, author.handle, clock)
    with community.unit_of_work() as work:
        unfollow(work, reader.id, author.handle, clock)
    relay.sweep_outbox(community, ample)  # the follow comes after its end
    assert edges.followers(author.id) == []
