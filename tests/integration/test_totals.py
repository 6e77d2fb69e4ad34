"""Totals, told from the rows of counts through the functions as the streams call them."""

from datetime import timedelta
from typing import Any

import pytest

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.reactions.service import react
from mundotango.realtime.model import Socket, post_channel
from mundotango.realtime.totals import totals_told
from tests.fixtures.sockets import Sockets

POST = ids.new_id()


def away(*_: object, **__: object) -> Any:
    raise Unavailable("the table does not answer; try again")


@pytest.fixture
def reader(sockets: Sockets) -> Socket:
    reader = sockets.connect()
    sockets.subscribe(reader, post_channel(POST))
    return reader


def like(sockets: Sockets) -> dict[str, Any]:
    """One more, counted and claimed; the record of that."""
    platform = sockets.platform
    sockets.platform.clock.advance(timedelta(seconds=2))  # type: ignore[attr-defined]
    react(platform.reactions, platform.counters, POST, ids.new_id(), "like", platform.clock)
    assert sockets.count(sockets.stream("reactions")[-1:]) == []
    return sockets.stream("counters")[-1]


def told(sockets: Sockets, reader: Socket) -> list[int]:
    frames = [frame for frame in sockets.received(reader) if frame["type"] == "reaction.changed"]
    return [frame["data"]["totals"]["like"] for frame in frames]


def test_of_a_batch_a_post_is_told_once(sockets: Sockets, reader: Socket) -> None:
    records = [like(sockets) for _ in range(3)]

    assert sockets.push(records) == []

    assert told(sockets, reader) == [3]


def test_what_moves_no_claim_tells_nothing(sockets: Sockets, reader: Socket) -> None:
    like(sockets)
    platform, before = sockets.platform, len(sockets.stream("counters"))
    platform.engagements.view([POST], ids.new_id(), platform.clock.now())
    sockets.count(sockets.stream("reactions")[-1:])
    (views,) = sockets.stream("counters", after=before)
    assert sockets.push([views]) == []
    platform.counters.end(POST, platform.clock.now())
    _, ended = sockets.stream("counters", after=before)
    assert sockets.push([ended]) == []

    assert told(sockets, reader) == []


def test_the_first_that_could_not_be_told_comes_again(
    sockets: Sockets, reader: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [like(sockets) for _ in range(2)]

    with monkeypatch.context() as broken:
        broken.setattr(sockets.platform.counters, "standing", away)
        assert sockets.push(records) == [records[0]["dynamodb"]["SequenceNumber"]]
    assert sockets.push(records) == []

    assert told(sockets, reader) == [2]


def test_counters_of_the_version_before_append_the_same_frame(sockets: Sockets, reader: Socket) -> None:
    """During a deploy both are told, under one id."""
    record = like(sockets)
    known = totals_told(POST, sockets.platform.counters.standing([POST])[POST])
    assert known is not None
    sockets.platform.activities.append(known.activity)

    assert sockets.push([record]) == []
    assert sockets.push(sockets.stream("activities")) == []

    assert told(sockets, reader) == [1]  # the queue knows it too
