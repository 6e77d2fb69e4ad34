"""State fetched before, plus frames received, equals state fetched after: whatever people do and sockets suffer.

Three people who follow each other and talk in a group act through the real API, and a fourth comes and goes. Each of
the three sits at a socket whose connection is lost, hangs and comes back, while the streams bring what happened in
batches that are mixed, each channel in its own order, and come again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, get_args
from uuid import UUID

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from mundotango import ids, text
from mundotango.adapters.postgres import Database
from mundotango.realtime.model import Kind, city_channel, conversation_channel, post_channel
from tests.factories.media import measures_of
from tests.fakes.cache import FakeCache
from tests.fakes.notifications import FakeInbox
from tests.fakes.requests import FakeRates
from tests.fixtures.aws import empty, stream_records
from tests.fixtures.gateway import Gateway
from tests.fixtures.sockets import Sockets
from tests.integration.realtime import screens
from tests.integration.realtime.device import Device
from tests.integration.realtime.screens import (
    SCREENS,
    Comments,
    Conversation,
    Events,
    Home,
    Notifications,
    People,
    Pictures,
    Post,
    Screen,
)
from tests.integration.realtime.viewer import Viewer

# A schedule takes two to three seconds.
DEFAULT = hypothesis.settings.default
EXAMPLES = 20 if DEFAULT and DEFAULT.max_examples >= 1000 else 2
PEOPLE = ("ana", "bruno", "carla")
STRANGER, STRANGER_ID = "dora", ids.new_id()
CITY = "Bogotá"
MILONGA = {
    "title": "Milonga", "kind": "milonga", "city": CITY, "country": "CO", "venue_name": "Salón", "address": "Calle 1",
    "latitude": 4.6, "longitude": -74.1, "zone": "America/Bogota", "starts_at": "2031-01-01T20:00:00Z",
    "ends_at": "2031-01-02T01:00:00Z",
}  # fmt: skip
STREAMS = ("reactions", "counters", "media", "activities")

people = st.integers(0, len(PEOPLE) - 1)
numbers = st.integers(0, 3)
VERBS = (
    "write", "edit", "delete", "react", "unreact", "comment", "reply", "uncomment", "share", "unshare",
    "say", "say", "unsay", "hear", "rename", "notice", "announce", "revise", "call_off", "ask", "gain", "drop",
    "upload", "develop", "spoil", "lose", "hang", "leave", "connect", "resume", "bring", "bring", "bring",
)  # fmt: skip
acts = st.lists(st.tuples(st.sampled_from(VERBS), people, numbers), min_size=4, max_size=16)


class World:
    """What one schedule makes; acts that find nothing to act on, or are too many, do nothing."""

    def __init__(self, sockets: Sockets, gateway: Gateway, viewers: list[Viewer], chance: Random) -> None:
        self.sockets, self.gateway, self.viewers, self.chance = sockets, gateway, viewers, chance
        self.posts: list[tuple[UUID, Any]] = []
        self.comments: list[tuple[UUID, Any]] = []
        self.media: list[UUID] = []
        self.messages: list[tuple[UUID, Any]] = []
        self.events: list[tuple[UUID, Any]] = []
        members = {"members": [each.handle for each in viewers[1:]], "title": "Grupo"}
        self.group = gateway.post("/api/conversations", user=viewers[0].user_id, json=members).json()["id"]
        self._read = dict.fromkeys(STREAMS, 0)
        self._waiting: dict[str, list[Any]] = {name: [] for name in STREAMS}

    def act(self, verb: str, person: int, number: int) -> None:
        getattr(self, verb)(self.viewers[person], number)

    def write(self, who: Viewer, number: int) -> None:
        others = [each.handle for each in self.viewers if each is not who]
        visibility = ("public", "followers", "mentioned", "public")[number]
        body = f"¿Quién baila? @{others[number % 2]}" if number >= 2 else "¿Quién baila?"
        answer = self.gateway.post("/api/posts", user=who.user_id, json={"body": body, "visibility": visibility})
        assert answer.status in (201, 429), answer.text
        if answer.status == 201:
            self.posts.append((who.user_id, answer.json()))

    def edit(self, who: Viewer, number: int) -> None:
        if (post := _newest(self.posts, number, who.user_id)) is not None:
            others = [each.handle for each in self.viewers if each is not who]
            body = (f"@{others[0]}", f"@{others[1]}", f"@{others[0]} @{others[1]}", "nadie")[number]
            path, now = f"/api/posts/{post['id']}", who.ask(f"/api/posts/{post['id']}")
            if now.status == 200:
                headers = {"If-Match": str(now.json()["version"])}
                answer = self.gateway.patch(path, user=who.user_id, json={"body": body}, headers=headers)
                assert answer.status in (200, 429), answer.text

    def delete(self, who: Viewer, number: int) -> None:
        if (post := _newest(self.posts, number, who.user_id)) is not None:
            self.gateway.delete(f"/api/posts/{post['id']}", user=who.user_id)

    def react(self, who: Viewer, number: int) -> None:
        if (post := _newest(self.posts, number)) is not None:
            kind = ("like", "love", "bravo", "abrazo")[number]
            self.gateway.put(f"/api/posts/{post['id']}/reaction", user=who.user_id, json={"kind": kind})

    def unreact(self, who: Viewer, number: int) -> None:
        if (post := _newest(self.posts, number)) is not None:
            self.gateway.delete(f"/api/posts/{post['id']}/reaction", user=who.user_id)

    def comment(self, who: Viewer, number: int, parent: Any = None) -> None:
        if (post := _newest(self.posts, number)) is not None:
            said = {"body": "¡Yo!"} | ({"parent_id": parent} if parent else {})
            answer = self.gateway.post(f"/api/posts/{post['id']}/comments", user=who.user_id, json=said)
            if answer.status == 201:
                self.comments.append((who.user_id, answer.json()))

    def reply(self, who: Viewer, number: int) -> None:
        if (comment := _newest(self.comments, number)) is not None:
            self.comment(who, number, comment["id"])

    def uncomment(self, who: Viewer, number: int) -> None:
        if (comment := _newest(self.comments, number, who.user_id)) is not None:
            self.gateway.delete(f"/api/comments/{comment['id']}", user=who.user_id)

    def share(self, who: Viewer, number: int) -> None:
        if (post := _newest(self.posts, number)) is not None:
            self.gateway.put(f"/api/posts/{post['id']}/repost", user=who.user_id)

    def unshare(self, who: Viewer, number: int) -> None:
        if (post := _newest(self.posts, number)) is not None:
            self.gateway.delete(f"/api/posts/{post['id']}/repost", user=who.user_id)

    def say(self, who: Viewer, _number: int) -> None:
        path = f"/api/conversations/{self.group}/messages"
        answer = self.gateway.post(path, user=who.user_id, json={"text": "¡Vamos!"})
        assert answer.status in (201, 429), answer.text
        if answer.status == 201:
            self.messages.append((who.user_id, answer.json()))

    def unsay(self, who: Viewer, number: int) -> None:
        if (message := _newest(self.messages, number, who.user_id)) is not None:
            self.gateway.delete(f"/api/conversations/{self.group}/messages/{message['id']}", user=who.user_id)

    def hear(self, who: Viewer, number: int) -> None:
        if (message := _newest(self.messages, number)) is not None:
            path = f"/api/conversations/{self.group}/read"
            self.gateway.put(path, user=who.user_id, json={"message_id": message["id"]})

    def rename(self, who: Viewer, number: int) -> None:
        self.gateway.patch(f"/api/conversations/{self.group}", user=who.user_id, json={"title": f"Grupo {number}"})

    def notice(self, who: Viewer, number: int) -> None:
        if items := who.ask("/api/notifications").json()["items"]:
            position = items[number % len(items)]["position"]
            assert self.gateway.put("/api/notifications/read", user=who.user_id, json={"up_to": position}).status == 200

    def announce(self, who: Viewer, _number: int) -> None:
        answer = self.gateway.post("/api/events", user=who.user_id, json=MILONGA)
        assert answer.status in (201, 429), answer.text
        if answer.status == 201:
            self.events.append((who.user_id, answer.json()))

    def revise(self, who: Viewer, number: int) -> None:
        self._change_event(who, number, title=f"Milonga {number}")

    def call_off(self, who: Viewer, number: int) -> None:
        self._change_event(who, number, status="cancelled")

    def _change_event(self, who: Viewer, number: int, **changes: str) -> None:
        if (event := _newest(self.events, number, who.user_id)) is not None:
            path = f"/api/events/{event['id']}"
            version = self.gateway.get(path, user=who.user_id).json().get("version", 1)
            shown = {"If-Match": str(version)}
            answer = self.gateway.patch(path, user=who.user_id, json=changes, headers=shown)
            assert answer.status in (200, 429), answer.text

    def ask(self, who: Viewer, _number: int) -> None:
        """The stranger lets everybody follow them who asks."""
        self.gateway.put(f"/api/users/{STRANGER}/follow", user=who.user_id)
        self.gateway.put(f"/api/users/me/follow-requests/{who.handle}", user=STRANGER_ID)

    def gain(self, who: Viewer, _number: int) -> None:
        self.gateway.put(f"/api/users/{who.handle}/follow", user=STRANGER_ID)

    def drop(self, who: Viewer, _number: int) -> None:
        self.gateway.delete(f"/api/users/{who.handle}/follow", user=STRANGER_ID)

    def upload(self, who: Viewer, _number: int) -> None:
        asked = {"purpose": "post", "content_type": "image/jpeg", "size": 1000}
        answer = self.gateway.post("/api/media", user=who.user_id, json=asked)
        assert answer.status in (201, 429), answer.text
        if answer.status == 201:
            self.media.append(UUID(answer.json()["id"]))

    def develop(self, _who: Viewer, number: int) -> None:
        """As the worker does it, step by step."""
        if self.media:
            media_id, now = self.media[-1 - number % len(self.media)], self.sockets.platform.clock.now()
            if not self.sockets.platform.media.mark_received(media_id):
                self.sockets.platform.media.mark_ready(media_id, measures_of(media_id), now.date())

    def spoil(self, _who: Viewer, number: int) -> None:
        if self.media:
            self.sockets.platform.media.mark_failed(self.media[-1 - number % len(self.media)], "no-image")

    def lose(self, who: Viewer, _number: int) -> None:
        who.device.lose()

    def hang(self, who: Viewer, _number: int) -> None:
        who.device.hang()

    def leave(self, who: Viewer, _number: int) -> None:
        who.device.leave()

    def connect(self, who: Viewer, _number: int) -> None:
        who.device.connect()

    def resume(self, who: Viewer, _number: int) -> None:
        if who.device.is_open and not who.device.is_resumed:
            who.device.resume()

    def bring(self, _who: Viewer, number: int) -> bool:
        """Some of what waits in each stream; half of the batches come twice, once in part. Whether any waited."""
        brought = False
        for name in STREAMS:
            waiting = self._mixed(name)
            brought = brought or bool(waiting)
            batch, self._waiting[name] = waiting[: 2 * number + 1], waiting[2 * number + 1 :]
            self._bring(name, batch)
            if batch and self.chance.random() < 0.5:
                self._bring(name, batch[self.chance.randrange(len(batch)) :])
        return brought

    def settle(self) -> None:
        """All that happened is brought to people who are back; what is brought may make more happen."""
        for viewer in self.viewers:
            viewer.device.connect()
            viewer.device.resume()
        while self.bring(self.viewers[0], 3):
            pass
        for viewer in self.viewers:  # somebody may have come back to a socket that then hung
            if not viewer.device.is_open:
                viewer.device.connect()
                viewer.device.resume()
            viewer.device.take()

    def _bring(self, name: str, records: list[Any]) -> None:
        if records:
            assert (self.sockets.count if name == "reactions" else self.sockets.push)(records) == []

    def _mixed(self, name: str) -> list[Any]:
        """What waits: as several shards would bring it, which keep the order of a key and of nothing else."""
        every = stream_records(name)
        lanes: dict[str, list[Any]] = {}
        for record in [*self._waiting[name], *every[self._read[name] :]]:
            lanes.setdefault(_lane(name, record), []).append(record)
        self._read[name] = len(every)
        mixed = []
        while lanes:
            key = self.chance.choice(list(lanes))
            mixed.append(lanes[key].pop(0))
            if not lanes[key]:
                del lanes[key]
        self._waiting[name] = mixed
        return mixed


def _lane(name: str, record: Any) -> str:
    """What the stream keeps the order of. Of reactions all: what is counted is guarded by the order of a shard."""
    keys = record["dynamodb"]["Keys"]
    return "" if name == "reactions" else str((keys.get("channel") or keys.get("target") or keys["media_id"])["S"])


def _newest(made: list[tuple[UUID, Any]], number: int, author: UUID | None = None) -> Any:
    mine = [each for maker, each in made if author in (None, maker)]
    return mine[-1 - number % len(mine)] if mine else None


@pytest.fixture
def company(gateway: Gateway) -> list[Viewer]:
    """Of different cities, so that a post is in a feed for whom its reader follows and for nothing else."""
    found = [Viewer(ids.new_id(), gateway, handle) for handle in PEOPLE]
    for each in found:
        profile = {"handle": each.handle, "display_name": each.handle, "city": f"City of {each.handle}"}
        assert gateway.post("/api/users", user=each.user_id, json=profile).status == 201
    for each in found:
        for other in found:
            if each is not other:
                assert gateway.put(f"/api/users/{other.handle}/follow", user=each.user_id).status == 204
    assert gateway.patch("/api/users/me", user=found[-1].user_id, json={"private": True}).status == 200
    profile = {"handle": STRANGER, "display_name": STRANGER, "city": "Rosario"}
    assert gateway.post("/api/users", user=STRANGER_ID, json=profile).status == 201
    assert gateway.patch("/api/users/me", user=STRANGER_ID, json={"private": True}).status == 200
    return found


@contextmanager
def evening(sockets: Sockets, company: list[Viewer], database: Database, chance: Random) -> Iterator[World]:
    """A world that is gone when the block ends; the people stay. One post is there, whose totals its readers see."""
    with database.transaction() as connection, connection.transaction(force_rollback=True):
        sockets.platform.rates, sockets.platform.cache = FakeRates(), FakeCache(sockets.platform.clock)
        sockets.platform.inbox = FakeInbox()
        empty("activities", "connections", "counters", "media", "reactions")
        world = World(sockets, company[0].gateway, company, chance)
        for each in company:
            each.shown, each.device = {}, Device(sockets, each.user_id, each.show, each.granted)
            each.device.connect()
            each.device.resume()
        world.write(company[0], 0)
        _, post = world.posts[0]
        for each in company:
            others = [] if each is company[0] else [post_channel(post["id"])]
            each.device.subscribe(conversation_channel(world.group), city_channel(text.key(CITY)), *others)
        yield world


def look(company: list[Viewer], post_id: str, group: str) -> None:
    for each in company:
        mine: list[Screen] = [
            Home(each.user_id), Pictures(), Comments(each.user_id), Notifications(each.handle),
            Conversation(group, each.user_id), People(each.handle), Events(CITY),
        ]  # fmt: skip
        for screen in mine:
            each.look(screen)
    for each in company[1:]:
        each.look(Post(post_id))


# What was taken back stands in the streams still when everybody comes back.
TAKEN_BACK = [("write", 0, 0), ("delete", 0, 0), ("say", 1, 0), ("unsay", 1, 0)]


@pytest.mark.timeout(900)  # 20 schedules on a machine that others use too
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=acts, after=acts, seed=st.integers(0, 9999))
@hypothesis.example(before=[], after=TAKEN_BACK, seed=0)
def test_what_is_shown_is_what_would_be_fetched(
    sockets: Sockets, company: list[Viewer], database: Database, before: list[Any], after: list[Any], seed: int
) -> None:
    with evening(sockets, company, database, Random(seed)) as world:
        for act in before:
            world.act(*act)
        look(company, world.posts[0][1]["id"], world.group)
        for act in after:
            world.act(*act)
        world.settle()
        for viewer in company:
            for screen, state in viewer.shown.items():
                fetched = screen.fetch(viewer.ask)
                assert screen.agrees(state, fetched, viewer.ask), (viewer.handle, screen, state, fetched)


def test_every_kind_that_is_told_has_a_screen_or_a_reason() -> None:
    shown = {kind for screen in SCREENS for kind in screen.kinds}
    others = [set(screens.CHANGES_NOTHING_FETCHED), screens.TOLD_TO_NOBODY]
    assert shown.union(*others) == set(get_args(Kind))
    assert len(shown) + sum(map(len, others)) == len(get_args(Kind)), "one stands twice"
