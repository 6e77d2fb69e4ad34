"""Pictures go from S3 and from the edge, however their commands come: again, out of order, in other batches, and with a
failure at any call."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from functions.effects import handler
from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.commands.service import command_of, identity_deletion, media_deletion
from mundotango.media import policy
from mundotango.outbox.model import Outgoing
from mundotango.realtime.model import Activity
from tests.factories.commands import record_of
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeEdge, FakeIdentities
from tests.fakes.media import FakeObjectStore

SEEN = 5
UNSEEN = 2


class Outside:
    """What effects reaches, whose n-th call fails from `failing_at` on for `failures` times."""

    def __init__(self) -> None:
        self.platform = Platform()
        self.platform.region = settings.Region("us-east-1", "")
        self.objects, self.edge, self.identities = FakeObjectStore(), FakeEdge(), FakeIdentities()
        self.platform.objects, self.platform.edge, self.platform.identities = self.objects, self.edge, self.identities
        self.ana = ids.new_id()
        self.identities.known.add(self.ana)
        self.seen = [ids.new_id() for _ in range(SEEN)]
        self.unseen = [ids.new_id() for _ in range(UNSEEN)]
        self.kept = ids.new_id()
        for media_id in (*self.seen, *self.unseen, self.kept):
            for key in (policy.upload_key(media_id), policy.original_key(media_id)):
                self.objects.put("uploads", key, b"x", content_type="", cache_control="")
            for width in (320, 800):
                key = policy.variant_key(media_id, "ab" * 16, width, "webp")
                self.objects.put("media", key, b"x", content_type="", cache_control="")
        self.calls = 0

    def records(self) -> list[dict[str, Any]]:
        clock = FakeClock()
        activities = [media_deletion(media_id, clock, seen=True) for media_id in self.seen]
        activities += [media_deletion(media_id, clock, seen=False) for media_id in self.unseen]
        activities.insert(3, identity_deletion(self.ana, clock))
        return [self._record(activity, number) for number, activity in enumerate(activities, 1)]

    def fail_at(self, call: int, monkeypatch: pytest.MonkeyPatch) -> None:
        for store, method in (
            (self.objects, "delete_many"),
            (self.objects, "list_keys"),
            (self.edge, "invalidate"),
            (self.identities, "delete"),
        ):
            monkeypatch.setattr(store, method, self._failing(getattr(store, method), call))

    def deliver(self, records: Sequence[dict[str, Any]]) -> int:
        """As the stream does: from the first that failed on again, until none is left; how many deliveries it took."""
        waiting, deliveries = list(records), 0
        while waiting:
            deliveries += 1
            assert deliveries < 100
            failures = handler.lambda_handler({"Records": waiting}, None)["batchItemFailures"]
            numbers = [one["dynamodb"]["SequenceNumber"] for one in waiting]
            waiting = waiting[numbers.index(failures[0]["itemIdentifier"]) :] if failures else []
        return deliveries

    def assert_done(self) -> None:
        left = {key for _, key in self.objects.objects}
        assert left == {
            policy.upload_key(self.kept),
            policy.original_key(self.kept),
            *(policy.variant_key(self.kept, "ab" * 16, width, "webp") for width in (320, 800)),
        }
        assert self.identities.known == set()
        invalidated = {path for paths in self.edge.invalidations.values() for path in paths}
        assert invalidated == {f"/media/{media_id}/*" for media_id in self.seen}

    def _record(self, activity: Activity, number: int) -> dict[str, Any]:
        command = command_of(Outgoing(number, activity))
        assert command is not None
        return record_of(command, number)

    def _failing(self, method: Any, failing: int) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            self.calls += 1
            if self.calls == failing:
                raise TimeoutError
            return method(*args, **more)

        return call


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    made = Outside()
    monkeypatch.setattr(handler, "platform", lambda: made.platform)
    return made


def test_a_batch_is_one_invalidation_of_what_somebody_may_have_seen(outside: Outside) -> None:
    assert outside.deliver(outside.records()) == 1

    outside.assert_done()
    (paths,) = outside.edge.invalidations.values()
    assert paths == sorted(f"/media/{media_id}/*" for media_id in outside.seen)


def test_a_batch_of_pictures_nobody_saw_is_none(outside: Outside) -> None:
    outside.deliver(outside.records()[-UNSEEN:])

    assert outside.edge.invalidations == {}


def test_the_same_batch_again_is_the_same_invalidation(outside: Outside) -> None:
    for _ in range(3):
        outside.deliver(outside.records())

    assert len(outside.edge.invalidations) == 1


def test_what_is_asked_anew_is_another_invalidation(outside: Outside) -> None:
    """Its row was touched by hand, or the picture was to be deleted once more: the first may have come too early."""
    (first, *_) = outside.records()
    later = first | {"dynamodb": first["dynamodb"] | {"SequenceNumber": "77"}}

    outside.deliver([first])
    outside.deliver([later])

    assert len(outside.edge.invalidations) == 2


@pytest.mark.parametrize("seed", range(20))
def test_any_order_and_any_batches_end_alike(outside: Outside, seed: int) -> None:
    chosen = random.Random(seed)
    records = outside.records() * 2
    chosen.shuffle(records)
    while records:
        size = chosen.randint(1, 6)
        outside.deliver(records[:size])
        records = records[size:]

    outside.assert_done()


def test_a_failure_at_any_call_brings_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failing, failed = 0, True
    while failed:
        failing += 1
        outside = Outside()
        with monkeypatch.context() as broken:
            broken.setattr(handler, "platform", lambda outside=outside: outside.platform)
            outside.fail_at(failing, broken)
            deliveries = outside.deliver(outside.records())
        failed = outside.calls >= failing
        assert deliveries == 1 + failed
        outside.assert_done()

    # Three for each picture, the sign-in, and the invalidation: the last one that failed was the last there is.
    assert failing - 1 == (SEEN + UNSEEN) * 3 + 2


def test_what_was_deleted_before_a_failure_is_invalidated_at_once(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise TimeoutError

    records = outside.records()
    with monkeypatch.context() as broken:
        broken.setattr(outside.identities, "delete", away)
        answer = handler.lambda_handler({"Records": records}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "4"}]}
    assert sorted(path for paths in outside.edge.invalidations.values() for path in paths) == sorted(
        f"/media/{media_id}/*" for media_id in outside.seen[:3]
    )


def test_an_edge_with_too_many_in_progress_brings_the_pictures_again(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise RuntimeError("TooManyInvalidationsInProgress")

    records = outside.records()[3:]
    with monkeypatch.context() as broken:
        broken.setattr(outside.edge, "invalidate", busy)
        answer = handler.lambda_handler({"Records": records}, None)

    # The sign-in is number 4; the first picture is number 5.
    assert answer == {"batchItemFailures": [{"itemIdentifier": "5"}]}
    assert outside.identities.known == set()


def test_a_picture_has_one_command_however_often_it_is_deleted() -> None:
    media_id: UUID = ids.new_id()
    commands = [command_of(Outgoing(seq, media_deletion(media_id, FakeClock(), seen=seq == 1))) for seq in (1, 2)]
    assert {command.key for command in commands if command} == {f"media_delete#{media_id}"}
