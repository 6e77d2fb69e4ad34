"""What the edge is told to forget: by tag, once for a batch, and not before an origin says what is true since."""

from datetime import timedelta
from typing import Any

import pytest

from functions.api.routes.events.tonight import KEPT_SECONDS
from functions.api.routes.posts.public import POST_SECONDS
from functions.effects import handler
from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.commands.model import Command
from mundotango.commands.service import (
    EVERYTHING_PUBLIC,
    MOST_TAGS_AT_ONCE,
    SETTLES,
    command_of,
    edge_forgetting,
    media_deletion,
)
from mundotango.outbox.model import Outgoing
from tests.factories.commands import record_of
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeEdge
from tests.fakes.media import FakeObjectStore


class Outside:
    def __init__(self) -> None:
        self.platform, self.clock, self.edge = Platform(), FakeClock(), FakeEdge()
        self.platform.region = settings.Region("us-east-1", "")
        self.platform.clock, self.platform.edge, self.platform.objects = self.clock, self.edge, FakeObjectStore()
        self.waited: list[float] = []

    def deliver(self, *commands: Command) -> dict[str, Any]:
        records = [record_of(command, number) for number, command in enumerate(commands, 1)]
        return handler.lambda_handler({"Records": records}, None)

    def forgets(self, *tags: str, seq: int = 1) -> Command:
        command = command_of(Outgoing(seq, edge_forgetting(tags, self.clock)))
        assert command is not None
        return command


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    made = Outside()
    monkeypatch.setattr(handler, "platform", lambda: made.platform)
    monkeypatch.setattr(handler, "sleep", made.waited.append)
    monkeypatch.setenv("EDGE_SETTLES", str(SETTLES.total_seconds()))
    return made


def test_many_acts_are_one_invalidation_that_names_each_tag_once(outside: Outside) -> None:
    outside.deliver(outside.forgets("post:1"), outside.forgets("event:2", "city:3"), outside.forgets("city:3"))

    assert list(outside.edge.invalidations.values()) == [["#city:3", "#event:2", "#post:1"]]


def test_the_same_batch_again_is_the_same_invalidation(outside: Outside) -> None:
    act = outside.forgets("post:1")
    for _ in range(2):
        outside.deliver(act)

    assert len(outside.edge.invalidations) == 1


def test_it_waits_until_no_origin_says_what_was_before(outside: Outside) -> None:
    first = outside.forgets("post:1")
    outside.clock.advance(timedelta(seconds=4))
    second = outside.forgets("post:2")
    outside.clock.advance(timedelta(seconds=1))

    outside.deliver(first, second)
    outside.clock.advance(SETTLES)
    outside.deliver(first, second)

    assert outside.waited == [SETTLES.total_seconds() - 1, 0]


def test_it_does_not_wait_where_nothing_keeps_what_was_before(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_SETTLES", "0")
    outside.deliver(outside.forgets("post:1"))

    assert outside.waited == [0]


def test_the_cache_inside_of_the_api_has_ended_by_then() -> None:
    """Filled within a time-out by what began before the act, kept, and waited for by the edge until it gives up."""
    gives_up = 5
    assert max(POST_SECONDS, KEPT_SECONDS) + 2 * gives_up <= SETTLES.total_seconds()


def test_pictures_do_not_wait_and_go_with_it(outside: Outside) -> None:
    media_id = ids.new_id()
    picture = command_of(Outgoing(7, media_deletion(media_id, outside.clock, seen=True)))
    assert picture is not None

    outside.deliver(picture)
    outside.deliver(picture, outside.forgets("post:1"))

    assert outside.waited == [SETTLES.total_seconds()]  # for the second, which names a post
    assert list(outside.edge.invalidations.values())[1] == ["#post:1", f"/media/{media_id}/*"]


def test_of_too_many_at_once_all_that_is_public_is_forgotten_for_the_price_of_one(outside: Outside) -> None:
    outside.deliver(outside.forgets(*(f"square:{number}" for number in range(MOST_TAGS_AT_ONCE + 1))))

    assert list(outside.edge.invalidations.values()) == [[EVERYTHING_PUBLIC]]


def test_an_edge_with_too_many_in_progress_brings_it_again(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> None:
        raise RuntimeError("TooManyInvalidationsInProgress")

    monkeypatch.setattr(outside.edge, "invalidate", busy)

    assert outside.deliver(outside.forgets("post:1")) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
