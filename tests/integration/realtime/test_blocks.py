"""What a block stops on the sockets of the two whom it parts, and what comes again once it has ended: from the API's
request to the frame."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.realtime.model import Socket, post_channel
from mundotango.realtime.policy import position_at
from tests.fixtures.gateway import Gateway
from tests.fixtures.sockets import Sockets

ANA, BRUNO, CARLA = "ana", "bruno", "carla"
# Who blocks whom: the author and a reader, either way.
BLOCKS = [(ANA, BRUNO), (BRUNO, ANA)]


class Salon:
    """Ana wrote a post, Bruno and Carla follow her and listen to it."""

    def __init__(self, sockets: Sockets, gateway: Gateway) -> None:
        self.sockets, self.gateway = sockets, gateway
        self.people = {handle: self._joins(handle) for handle in (ANA, BRUNO, CARLA)}
        for follower in (BRUNO, CARLA):
            self.asks(follower, "PUT", f"/api/users/{ANA}/follow")
        self.post = self.writes()
        self.channel = post_channel(self.post)
        self._read = {"reactions": 0, "activities": 0, "counters": 0}
        self.streams()

    def _joins(self, handle: str) -> UUID:
        user_id = ids.new_id()
        profile = {"handle": handle, "display_name": handle, "city": f"City of {handle}"}
        assert self.gateway.post("/api/users", user=user_id, json=profile).status == 201
        return user_id

    def asks(self, who: str, method: str, path: str, **options: Any) -> Any:
        answer = self.gateway.call(method, path, user=self.people[who], **options)
        assert answer.status < 300, answer.text
        return answer.json() if answer.text else None

    def writes(self, body: str = "¿Bailamos?") -> str:
        return str(self.asks(ANA, "POST", "/api/posts", json={"body": body})["id"])

    def opens(self, who: str) -> Socket:
        return self.sockets.connect(self.people[who])

    def granted(self, who: str) -> str:
        return str(self.asks(who, "POST", "/api/realtime/grants", json={"channels": [self.channel]})["grant"])

    def listens(self, who: str) -> Socket:
        socket = self.opens(who)
        asked = {"action": "subscribe", "channels": [self.channel], "grant": self.granted(who)}
        assert self.sockets.send(socket, asked)[0]["type"] == "subscribed"
        return socket

    def resumes(self, socket: Socket, grant: str, *channels: str) -> list[dict[str, Any]]:
        """What stands there since a minute ago."""
        before = position_at(self.sockets.platform.clock.now())
        asked = {"action": "resume", "positions": dict.fromkeys(channels, before), "grant": grant}
        return self.sockets.send(socket, asked)

    def likes(self, kind: str) -> None:
        self.asks(CARLA, "PUT", f"/api/posts/{self.post}/reaction", json={"kind": kind})
        self.streams()

    def comments(self) -> None:
        self.asks(CARLA, "POST", f"/api/posts/{self.post}/comments", json={"body": "¡Yo!"})
        self.streams()

    def streams(self) -> None:
        for table, bring in (
            ("reactions", self.sockets.count),
            ("activities", self.sockets.push),
            ("counters", self.sockets.push),
        ):
            records = self.sockets.stream(table, after=self._read[table])
            self._read[table] += len(records)
            assert bring(records) == []

    def totals(self, socket: Socket) -> list[tuple[int, int]]:
        """Of the frames it was sent: how many like or love it, and how many comments there are."""
        frames = [frame for frame in self.sockets.received(socket) if frame["type"] == "reaction.changed"]
        return [(frame["data"]["totals"]["love"], frame["data"]["totals"]["comments"]) for frame in frames]


@pytest.fixture
def salon(sockets: Sockets, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Salon:
    monkeypatch.setattr("mundotango.reactions.announcing.GAP", timedelta(0))
    return Salon(sockets, gateway)


@pytest.mark.parametrize(("blocker", "blocked"), BLOCKS)
def test_totals_stop_at_a_block_and_come_again_after_it(salon: Salon, blocker: str, blocked: str) -> None:
    author, reader, other = salon.listens(ANA), salon.listens(BRUNO), salon.listens(CARLA)
    salon.likes("like")

    salon.asks(blocker, "PUT", f"/api/users/{blocked}/block")
    salon.likes("love")
    salon.comments()

    assert salon.totals(reader) == [(0, 0)]
    assert salon.totals(author) == salon.totals(other) == [(0, 0), (1, 0), (1, 1)]

    salon.asks(blocker, "DELETE", f"/api/users/{blocked}/block")
    salon.comments()

    assert salon.totals(reader) == [(0, 0), (1, 2)]


@pytest.mark.parametrize(("blocker", "blocked"), BLOCKS)
def test_a_grant_of_before_a_block_brings_nothing_back(salon: Salon, blocker: str, blocked: str) -> None:
    grant, reader = salon.granted(BRUNO), salon.opens(BRUNO)
    salon.likes("like")
    salon.asks(blocker, "PUT", f"/api/users/{blocked}/block")
    salon.writes()
    salon.streams()

    assert [frame["type"] for frame in salon.resumes(reader, grant, salon.channel, "home")] == ["resumed"]
    salon.comments()
    assert salon.totals(reader) == []

    salon.asks(blocker, "DELETE", f"/api/users/{blocked}/block")
    salon.comments()
    assert salon.totals(reader) == [(0, 2)]
    assert [frame["type"] for frame in salon.resumes(reader, grant, salon.channel)] == ["reaction.changed", "resumed"]


@pytest.mark.parametrize(("blocker", "blocked"), BLOCKS)
def test_nothing_that_one_does_comes_to_the_other_at_home(salon: Salon, blocker: str, blocked: str) -> None:
    reader, other = salon.opens(BRUNO), salon.opens(CARLA)
    salon.asks(blocker, "PUT", f"/api/users/{blocked}/block")

    salon.writes(f"¿Bailamos, @{BRUNO}?")
    salon.asks(ANA, "PATCH", f"/api/posts/{salon.post}", json={"body": "Hoy no"}, headers={"If-Match": "1"})
    salon.asks(ANA, "DELETE", f"/api/posts/{salon.post}")
    salon.streams()

    assert [frame["type"] for frame in salon.sockets.received(other)] == [
        "post.created",
        "post.updated",
        "post.removed",
    ]
    assert salon.sockets.received(reader) == []
