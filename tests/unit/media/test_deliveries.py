"""Workers that die, and deliveries that come twice, out of order and at once: what is left is what one makes alone."""

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundotango.media.model import Compressed, Purpose
from mundotango.media.service import Compress, delete_objects, finish_upload
from tests.factories.media import compressed_from
from tests.factories.uploads import World, refuse
from tests.fakes.clock import FakeClock


class Killed(BaseException):
    """The worker is gone, as when its time or its memory ran out."""


class Watched:
    """Passes every call on, and says before and after each effect which one it is, counted from 0."""

    def __init__(self, port: Any, effect: Callable[[Callable[[], Any]], Any]) -> None:
        self._port, self._effect = port, effect

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if name.startswith(("find", "list")):
            return call
        return lambda *args, **named: self._effect(partial(call, *args, **named))


def finish_mortally(world: World, compress: Compress, *, after: int, done: bool) -> int:
    """The number of effects that a worker got to which dies before or after one; no death when it had fewer."""
    effects = 0

    def effect(call: Callable[[], Any]) -> Any:
        nonlocal effects
        effects += 1
        if effects <= after:
            return call()
        if done:
            call()
        raise Killed

    watch: Callable[[Any], Any] = partial(Watched, effect=effect)
    with contextlib.suppress(Killed):
        finish_upload(watch(world.media), watch(world.objects), compress, world.row.media_id, FakeClock())
    return effects


@pytest.mark.parametrize(("compress", "expected"), [(compressed_from, 6), (refuse, 3)])
def test_a_worker_killed_between_any_two_effects_leaves_what_the_retry_completes(
    compress: Compress, expected: int
) -> None:
    """Received, two variants, row, original, upload deleted; or received, row, upload deleted."""
    whole = World()
    assert finish_mortally(whole, compress, after=99, done=True) == expected

    for after in range(expected):
        for done in (False, True):
            world = World()
            world.media.rows = {world.row.media_id: replace(world.row)}
            finish_mortally(world, compress, after=after, done=done)
            world.finish(compress)
            assert world.outcome() == whole.outcome(), (after, done)


@pytest.mark.parametrize("compress", [compressed_from, refuse])
def test_a_worker_killed_while_the_picture_was_removed_leaves_nothing_after_the_retry(compress: Compress) -> None:
    for after in range(6):
        world = World()
        finish_mortally(world, compress, after=after, done=True)
        world.media.remove(world.row.media_id)
        delete_objects(world.objects, world.row.media_id)
        world.finish(compress)
        assert world.state() == ({}, {}), after


SENT = (b"one", b"two", b"damaged")


def compress(data: bytes, purpose: Purpose, /, *, keep_attribution: bool) -> Compressed:
    make = refuse if data == b"damaged" else compressed_from
    return make(data, purpose, keep_attribution=keep_attribution)


@dataclass(frozen=True)
class Act:
    """Something that happens to a picture.

    A delivery does `before` so many effects what else is to happen next, `meanwhile` so many acts; then it `dies`, or
    goes on. The queue may bring it `again`.
    """

    what: str
    picture: int
    data: bytes
    before: int
    meanwhile: int
    dies: bool
    again: bool


ACTS = st.builds(
    Act,
    what=st.sampled_from(["upload", "deliver", "deliver", "deliver", "remove"]),
    picture=st.integers(0, 2),
    data=st.sampled_from(SENT),
    before=st.integers(0, 7),
    meanwhile=st.integers(0, 3),
    dies=st.booleans(),
    again=st.booleans(),
)


class Platform:
    """Several pictures, the messages that tell of their uploads, and what is still to happen."""

    def __init__(self, acts: list[Act]) -> None:
        self.worlds = [World(b"one") for _ in range(3)]
        self.sent: list[set[bytes]] = [{b"one"} for _ in self.worlds]
        self.messages = [1 for _ in self.worlds]
        self.acts = deque(acts)

    def play(self) -> None:
        while self.acts:
            self.happens()
        for picture, world in enumerate(self.worlds):
            for _ in range(self.messages[picture]):
                world.finish(compress)

    def happens(self) -> None:
        act = self.acts.popleft()
        world = self.worlds[act.picture]
        match act.what:
            case "upload":
                world.upload(act.data)
                self.sent[act.picture].add(act.data)
                self.messages[act.picture] += 1
            case "remove":
                world.media.remove(world.row.media_id)
                delete_objects(world.objects, world.row.media_id)
            case "deliver" if self.messages[act.picture]:
                self.deliver(act)

    def deliver(self, act: Act) -> None:
        """The message is there until the worker is through with it, so that meanwhile another may have it as well."""
        world, left = self.worlds[act.picture], act.before

        def effect(call: Callable[[], Any]) -> Any:
            nonlocal left
            left -= 1
            if left == -1:
                for _ in range(min(act.meanwhile, len(self.acts))):
                    if self.acts:
                        self.happens()
                if act.dies:
                    raise Killed
            return call()

        watch: Callable[[Any], Any] = partial(Watched, effect=effect)
        with contextlib.suppress(Killed):
            finish_upload(watch(world.media), watch(world.objects), compress, world.row.media_id, FakeClock())
            if not act.again and self.messages[act.picture] > 1:
                self.messages[act.picture] -= 1


@given(st.lists(ACTS, max_size=12))
def test_deliveries_in_any_order_come_to_what_one_alone_would(acts: list[Act]) -> None:
    platform = Platform(acts)
    platform.play()

    for world, sent in zip(platform.worlds, platform.sent, strict=True):
        if not world.media.rows:
            assert not world.objects.objects
            continue
        alone = [World(data) for data in sent]
        for each in alone:
            each.finish(compress)
        outcomes = [each.outcome() for each in alone]
        if len(sent) > 1:
            # The bytes of a picture whose worker died before it kept the original may be overwritten by then.
            outcomes += [(without_original(objects), rows) for objects, rows in outcomes]
        assert world.outcome() in outcomes


def without_original(objects: dict[Any, Any]) -> dict[Any, Any]:
    return {place: stored for place, stored in objects.items() if place != ("uploads", "originals/ID")}
