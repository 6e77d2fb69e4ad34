"""The client against the socket functions, over real sockets; and against a server that does the worst it may."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.server import ServerConnection, serve

from mundotango import ids
from mundotango.adapters.clock import SystemClock
from mundotango.realtime.model import Appended, author_channel, post_channel, user_channel
from mundotango.realtime.service import issue_ticket
from operations import realtime
from operations.realtime import KNOWN_IDS, RealtimeClient, SocketRefused
from tests.factories.realtime import make_activity, make_ticket
from tests.fakes.live_gateway import LiveGateway
from tests.fixtures.sockets import Sockets

SITE = "https://mundotango.example"
SOON = 0.3


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 20))


class Person:
    """Somebody with tickets to sockets, who opens one as soon as `online`."""

    def __init__(self, sockets: Sockets) -> None:
        self.user_id = ids.new_id()
        self.online = asyncio.Event()
        self.online.set()
        self._sockets = sockets

    def ticket(self) -> str:
        platform = self._sockets.platform
        return issue_ticket(platform.tickets, make_ticket(self.user_id, platform.clock), platform.clock)[0]

    async def ticket_when_online(self) -> str:
        await self.online.wait()
        return self.ticket()

    def client(self, url: str, *, origin: str = SITE, positions: dict[str, str] | None = None) -> RealtimeClient:
        return RealtimeClient(url, self.ticket_when_online, origin=origin, positions=positions)


class Stream:
    """What happens, and its stream, from where it was read last."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._read = 0

    def happens(self, channel: str, times: int = 1) -> list[Appended]:
        return [self._sockets.platform.activities.append(make_activity(channel)) for _ in range(times)]

    def push(self) -> list[dict[str, Any]]:
        records = self._sockets.stream("activities", after=self._read)
        self._read += len(records)
        assert self._sockets.push(records) == []
        return records


@pytest.fixture
def live(sockets: Sockets) -> Sockets:
    sockets.platform.clock = SystemClock()  # positions are made from the real one
    return sockets


async def shown(client: RealtimeClient, count: int, kind: str = "post.created") -> list[str]:
    """The ids of as many frames, and that no more come."""
    found = [str((await client.expect(kind))["id"]) for _ in range(count)]
    with pytest.raises(TimeoutError):
        await client.expect(kind, timeout=SOON)
    return found


def ids_of(appended: list[Appended]) -> list[str]:
    return [str(each.activity.id) for each in appended]


def test_hears_what_those_it_follows_do(live: Sockets) -> None:
    async def story() -> None:
        reader, author, stream = Person(live), ids.new_id(), Stream(live)
        live.platform.edges.apply("follow", author, reader.user_id, active=True, version=1)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            happened = stream.happens(author_channel(author), 3)
            stream.push()

            assert await shown(client, 3) == ids_of(happened)
            assert client.positions["home"] == happened[-1].position

    run(story())


def test_a_batch_delivered_again_shows_nothing_new(live: Sockets) -> None:
    async def story() -> None:
        reader, stream = Person(live), Stream(live)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            happened = stream.happens(user_channel(reader.user_id), 5)
            records = stream.push()
            live.push(records)
            live.push(records[2:])

            assert await shown(client, 5) == ids_of(happened)

    run(story())


def test_comes_back_by_itself_and_gets_what_it_missed_in_order(live: Sockets) -> None:
    async def story() -> None:
        reader, author, stream = Person(live), ids.new_id(), Stream(live)
        post = post_channel(ids.new_id())
        live.platform.edges.apply("follow", author, reader.user_id, active=True, version=1)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            await client.subscribe(post)
            before = stream.happens(author_channel(author), 2)
            stream.push()
            assert await shown(client, 2) == ids_of(before)

            reader.online.clear()
            client.cut()
            await asyncio.sleep(0.05)  # until the server has noticed
            missed = [
                *stream.happens(author_channel(author)),
                *stream.happens(post),
                *stream.happens(author_channel(author)),
            ]
            stream.push()
            reader.online.set()
            assert sorted(await shown(client, 3)) == sorted(ids_of(missed))

            live_again = stream.happens(post)
            stream.push()
            assert await shown(client, 1) == ids_of(live_again)
            assert client.sockets_opened == 2

    run(story())


def test_misses_nothing_when_a_frame_could_not_be_handed_over(live: Sockets) -> None:
    async def story() -> None:
        reader, stream = Person(live), Stream(live)
        mine = user_channel(reader.user_id)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            [socket] = live.platform.connections.of_users([reader.user_id], live.platform.clock.now())
            gateway.pusher.hanging.add(socket.connection_id)
            lost = stream.happens(mine)
            stream.push()
            gateway.pusher.hanging.clear()
            after = stream.happens(mine)
            stream.push()

            assert await shown(client, 2) == ids_of([*lost, *after])
            assert client.sockets_opened == 2

    run(story())


def test_another_client_goes_on_where_the_last_one_was(live: Sockets) -> None:
    async def story() -> None:
        reader, stream = Person(live), Stream(live)
        mine = user_channel(reader.user_id)
        async with LiveGateway(live) as gateway:
            async with reader.client(gateway.url) as client:
                assert set(client.positions) == {"home", mine}
            missed = stream.happens(mine, 2)
            stream.push()
            async with reader.client(gateway.url, positions=client.positions) as later:
                assert await shown(later, 2) == ids_of(missed)

    run(story())


def test_is_refused_with_a_used_ticket_or_from_a_foreign_page(live: Sockets) -> None:
    async def story() -> None:
        reader = Person(live)
        ticket = reader.ticket()
        async with LiveGateway(live) as gateway:
            async with RealtimeClient(gateway.url, lambda: ticket, origin=SITE):
                pass
            with pytest.raises(SocketRefused, match="403"):
                await RealtimeClient(gateway.url, lambda: ticket, origin=SITE).__aenter__()
            with pytest.raises(SocketRefused) as refusal:
                await reader.client(gateway.url, origin="https://evil.example").__aenter__()
            assert refusal.value.status == 403

    run(story())


def test_a_frame_that_is_not_json_gets_an_error_frame_and_the_socket_stays(live: Sockets) -> None:
    async def story() -> None:
        reader = Person(live)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            await client.send("this is no JSON")
            assert (await client.expect("error"))["code"] == "bad-json"
            await client.send({"action": "ping"})
            await client.expect("pong")
            assert client.sockets_opened == 1

    run(story())


def test_stops_listening_to_what_it_unsubscribes(live: Sockets) -> None:
    async def story() -> None:
        reader, stream, post = Person(live), Stream(live), post_channel(ids.new_id())
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            await client.subscribe(post)
            await client.unsubscribe(post)
            stream.happens(post)
            stream.push()

            assert await shown(client, 0) == []
            assert post not in client.positions

    run(story())


class Script:
    """A server that answers `resume` with these frames, once for each socket opened."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, connection: ServerConnection) -> None:
        self.asked.append(json.loads(await connection.recv()))
        for frame in self._answers.pop(0):
            await connection.send(json.dumps(frame))
        if not self._answers:
            await connection.wait_closed()


def activity(number: int, id: UUID | None = None) -> dict[str, Any]:
    position = f"01a209fe-7200-7000-8000-{number:012d}"
    data: dict[str, Any] = {"number": number}
    return {
        "v": 1,
        "type": "post.created",
        "id": str(id or ids.new_id()),
        "channel": "home",
        "position": position,
        "data": data,
    }


def resumed(number: int) -> dict[str, Any]:
    return {"v": 1, "type": "resumed", "position": activity(number)["position"], "channels": ["home"]}


async def against(script: Script, count: int) -> list[int]:
    async with serve(script, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with RealtimeClient(f"ws://127.0.0.1:{port}", lambda: "ticket", origin=SITE) as client:
            return [(await client.expect("post.created"))["data"]["number"] for _ in range(count)]


def test_holds_live_frames_until_the_replay_has_ended() -> None:
    async def story() -> None:
        script = Script([activity(4), activity(1), activity(2), activity(3), resumed(5)])
        assert await against(script, 4) == [1, 2, 3, 4]

    run(story())


def test_shows_nothing_of_a_replay_that_broke_off_before_it_has_come_whole() -> None:
    async def story() -> None:
        first, second = activity(1), activity(2)
        script = Script([resumed(0)], [second], [first, second, resumed(3)])
        assert await against(script, 2) == [1, 2]
        assert [each["positions"].get("home") for each in script.asked] == [None, *[activity(0)["position"]] * 2]

    run(story())


def test_asks_again_when_what_was_missed_could_not_be_read() -> None:
    async def story() -> None:
        asked: list[dict[str, Any]] = []

        async def busy_at_first(connection: ServerConnection) -> None:
            for number in range(3):
                question = json.loads(await connection.recv())
                asked.append(question)
                answer = {"v": 1, "type": "error", "code": "unavailable", "message": "", "ref": question["ref"]}
                for frame in (first, answer) if number < 2 else (first, second, resumed(3)):
                    await connection.send(json.dumps(frame))
            await connection.wait_closed()

        first, second = activity(1), activity(2)
        async with serve(busy_at_first, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            url = f"ws://127.0.0.1:{port}"
            position = activity(0)["position"]
            async with RealtimeClient(url, lambda: "ticket", origin=SITE, positions={"home": position}) as client:
                assert [(await client.expect("post.created"))["data"]["number"] for _ in range(2)] == [1, 2]
                assert client.sockets_opened == 1
        assert [each["positions"] for each in asked] == [{"home": position}] * 3

    run(story())


def test_leaves_no_socket_open_that_never_says_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        left: list[ServerConnection] = []

        async def silent_at_first(connection: ServerConnection) -> None:
            await connection.recv()
            if left:
                await connection.send(json.dumps(resumed(1)))
            left.append(connection)
            await connection.wait_closed()

        monkeypatch.setattr(realtime, "OPEN_TIMEOUT", SOON)
        async with serve(silent_at_first, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            with pytest.raises(TimeoutError):
                await RealtimeClient(f"ws://127.0.0.1:{port}", lambda: "ticket", origin=SITE).__aenter__()
            await asyncio.wait_for(left[0].wait_closed(), 2)
            async with RealtimeClient(f"ws://127.0.0.1:{port}", lambda: "ticket", origin=SITE) as client:
                await client.expect("resumed")

    run(story())


def test_knows_the_last_thousand_ids_and_keeps_the_highest_position() -> None:
    async def story() -> None:
        sent = [activity(number) for number in range(KNOWN_IDS + 1)]
        script = Script([resumed(0), *sent, sent[-1], sent[1], sent[0]], [activity(2000), resumed(2001)])
        expected = [*range(KNOWN_IDS + 1), 0, 2000]  # the oldest was forgotten
        assert await against(script, KNOWN_IDS + 3) == expected
        assert script.asked[1]["positions"] == {"home": sent[-1]["position"]}

    run(story())
