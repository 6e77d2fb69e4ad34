"""The client in Python against the socket functions, over real sockets."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from mundotango import ids
from mundotango.adapters.clock import SystemClock
from mundotango.realtime.model import Appended, Grant, Ticket, author_channel, city_channel, post_channel, user_channel
from mundotango.realtime.policy import GRANT_LIFE
from mundotango.realtime.service import hashed, issue_ticket
from operations.realtime import ChannelRefused, RealtimeClient, SocketRefused, Timing
from tests.factories.realtime import make_activity
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
        self.token_life = timedelta(minutes=30)
        self.granted = 0
        self.unseen: set[str] = set()
        self._sockets = sockets

    def ticket(self) -> str:
        platform = self._sockets.platform
        ends_at = platform.clock.now() + self.token_life
        return issue_ticket(platform.tickets, Ticket(self.user_id, ends_at), platform.clock)[0]

    def grant(self, channels: list[str]) -> str:
        """As the API gives it to somebody who sees what the channels are of, but for those `unseen`."""
        platform, grant = self._sockets.platform, ids.new_secret()
        seen = Grant(self.user_id, frozenset(channels) - self.unseen)
        platform.grants.put(hashed(grant), seen, platform.clock.now() + GRANT_LIFE)
        self.granted += 1
        return grant

    async def ticket_when_online(self) -> str:
        await self.online.wait()
        return self.ticket()

    def client(self, url: str, *, origin: str = SITE, positions: dict[str, str] | None = None) -> RealtimeClient:
        timing = Timing(shortest_life=0)
        return RealtimeClient(
            url, self.ticket_when_online, origin=origin, positions=positions, grant_source=self.grant, timing=timing
        )


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


async def shown(client: RealtimeClient, count: int) -> list[str]:
    """The ids of as many things that happened, and that no more come."""
    found = [str((await happened(client))["id"]) for _ in range(count)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(happened(client), SOON)
    return found


async def happened(client: RealtimeClient) -> dict[str, Any]:
    while "data" not in (frame := await client.next()):
        pass
    return frame


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
        city = city_channel("lima")
        live.platform.edges.apply("follow", author, reader.user_id, active=True, version=1)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            await client.subscribe(city)
            before = stream.happens(author_channel(author), 2)
            stream.push()
            assert await shown(client, 2) == ids_of(before)

            reader.online.clear()
            client.cut()
            await asyncio.sleep(0.05)  # until the server has noticed
            missed = [
                *stream.happens(author_channel(author)),
                *stream.happens(city),
                *stream.happens(author_channel(author)),
            ]
            stream.push()
            reader.online.set()
            assert sorted(await shown(client, 3)) == sorted(ids_of(missed))

            live_again = stream.happens(city)
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


def test_listens_to_several_channels_and_hears_which_it_may_not(live: Sockets) -> None:
    async def story() -> None:
        reader, stream = Person(live), Stream(live)
        post, unseen = post_channel(ids.new_id()), post_channel(ids.new_id())
        reader.unseen.add(unseen)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            with pytest.raises(ChannelRefused) as refusal:
                await client.subscribe(city_channel("lima"), post, unseen)
            assert refusal.value.codes == {unseen: "not-allowed"}
            happened = [*stream.happens(city_channel("lima")), *stream.happens(post)]
            stream.push()

            # Each channel is told in its order; of two either may be first.
            assert sorted(await shown(client, 2)) == sorted(ids_of(happened))
            assert reader.granted == 1

    run(story())


def test_moves_on_before_its_token_ends_and_misses_nothing(live: Sockets) -> None:
    async def story() -> None:
        reader, stream, post = Person(live), Stream(live), post_channel(ids.new_id())
        reader.token_life = timedelta(seconds=2)
        async with LiveGateway(live) as gateway, reader.client(gateway.url) as client:
            reader.token_life = timedelta(minutes=30)  # renewed
            await client.subscribe(post)
            happened: list[Appended] = []
            while client.sockets_opened < 2 or len(happened) < 10:
                happened += stream.happens(post)
                stream.push()
                await asyncio.sleep(0.02)

            assert await shown(client, len(happened)) == ids_of(happened)
            assert client.sockets_opened == 2
            assert reader.granted == 2

    run(story())
