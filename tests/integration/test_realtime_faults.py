"""The client in Python against a server that cuts, repeats, reorders, delays and closes."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from operations.realtime import KNOWN_IDS, ChannelRefused, RealtimeClient, SocketEnded, Timing
from tests.fakes.scripted_gateway import ME, Frame, Peer, ScriptedGateway, at, post

QUICK = Timing(heartbeat=10, answer=0.06, silence=1, first_pause=0.01, longest_pause=0.04, steady=0, shortest_life=0)
POSITIONS = {"home": at(0), ME: at(0)}


class Page:
    """Somebody who looks at all that comes."""

    def __init__(self, gateway: ScriptedGateway, *, positions: dict[str, str] | None = None, **timing: float) -> None:
        self.gateway, self.states = gateway, list[str]()
        self.granted: list[list[str]] = []
        self.told: list[Frame] = []
        self.client = RealtimeClient(
            gateway.url,
            lambda: "ticket",
            origin="https://mundotango.example",
            positions=positions,
            grant_source=self._grant,
            on_state=lambda state, _error: self.states.append(state),
            timing=dataclasses.replace(QUICK, **timing),
        )

    def _grant(self, channels: list[str]) -> str:
        self.granted.append(channels)
        return f"grant-{len(self.granted)}"

    async def live(self, times: int) -> None:
        await until(lambda: self.states.count("live") >= times)

    async def sees(self, count: int) -> list[str]:
        """The positions of all that was told so far, once it is so many."""
        while len(self.told) < count:
            frame = await self.client.next()
            if "data" in frame:
                self.told.append(frame)
        return [frame["position"] for frame in self.told]

    async def sees_all_in_order(self) -> None:
        await self.sees(len(self.gateway.log))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.sees(len(self.told) + 1), 0.03)
        assert sorted(self.told, key=lambda frame: frame["position"]) == self.gateway.log
        for channel in {frame["channel"] for frame in self.told}:
            positions = [frame["position"] for frame in self.told if frame["channel"] == channel]
            assert positions == sorted(positions)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.002)


def run(gateway: ScriptedGateway, story: Callable[[Page], Awaitable[None]], **options: Any) -> None:
    async def played() -> None:
        async with gateway:
            page = Page(gateway, **options)
            async with page.client:
                await story(page)

    asyncio.run(asyncio.wait_for(played(), 20))


def test_shows_what_was_missed_once_and_in_order() -> None:
    async def story(page: Page) -> None:
        await page.gateway.happens("home")
        await page.sees(1)
        page.gateway.last.cut()
        for channel in ("home", "home", ME, "home"):
            await page.gateway.happens(channel)
        await page.sees_all_in_order()
        assert page.gateway.last.questions[0]["positions"] == {"home": at(1), ME: at(0)}

    run(ScriptedGateway(twice=True, backwards=True), story)


def test_holds_live_frames_until_a_slow_replay_has_ended() -> None:
    async def story(page: Page) -> None:
        page.gateway.slow = 0.08
        page.gateway.last.cut()
        await page.gateway.happens("home")
        await until(lambda: len(page.gateway.peers) == 2 and page.gateway.last.asked("resume") != [])
        await page.gateway.happens("home")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(page.sees(1), 0.04)
        await page.sees_all_in_order()

    run(ScriptedGateway(), story)


def test_takes_for_shown_what_a_replay_left_out() -> None:
    async def story(page: Page) -> None:
        page.gateway.omitted, page.gateway.slow = [at(1), at(3)], 0.05
        page.gateway.last.cut()
        await until(lambda: len(page.gateway.peers) == 2 and page.gateway.last.asked("resume") != [])
        for _ in range(2):  # held
            await page.gateway.happens("home")
        await page.live(2)
        for _ in range(2):
            await page.gateway.happens("home")
        assert await page.sees(2) == [at(2), at(4)]

    run(ScriptedGateway(), story)


def test_loses_nothing_over_many_cuts_while_much_happens() -> None:
    async def story(page: Page) -> None:
        await page.client.subscribe(post(7))
        for number in range(200):
            await page.gateway.happens(("home", ME, post(7))[number % 3])
            if number % 20 == 10:
                page.gateway.last.cut()
            await asyncio.sleep(0.002)
        await page.sees_all_in_order()
        assert len(page.gateway.peers) > 5

    run(ScriptedGateway(twice=True, slow=0.005), story)


def test_moves_to_the_next_socket_before_the_last_one_ends_without_a_gap() -> None:
    async def story(page: Page) -> None:
        most = 0
        for _ in range(120):
            await page.gateway.happens("home")
            most = max(most, len(page.gateway.open))
            await asyncio.sleep(0.003)
        await page.sees_all_in_order()
        assert len(page.gateway.peers) >= 3
        assert most == 2, "the next is opened before the last is closed"
        assert "waiting" not in page.states

    run(ScriptedGateway(life=0.15, slow=0.02), story)


def test_waits_for_the_end_where_its_token_was_not_renewed() -> None:
    async def story(page: Page) -> None:
        await asyncio.sleep(0.12)
        assert len(page.gateway.peers) == 1

    run(ScriptedGateway(life=0.06), story, shortest_life=0.1)


def test_takes_along_what_it_subscribes_to_while_it_moves() -> None:
    async def story(page: Page) -> None:
        page.gateway.life = 7080
        await until(lambda: len(page.gateway.peers) == 2 and page.gateway.last.asked("resume") != [])
        await page.client.subscribe(post(1))
        await page.gateway.happens(post(1))
        await page.live(2)
        await page.gateway.happens(post(1))
        await page.sees_all_in_order()
        assert [list(each["positions"]) for each in page.gateway.last.asked("resume")][1:] == [[post(1)]]

    run(ScriptedGateway(life=0.05, slow=0.06), story)


def test_asks_for_a_grant_for_what_is_not_public_and_anew_for_each_socket() -> None:
    async def story(page: Page) -> None:
        await page.client.subscribe(post(1), "city:lima")
        await page.client.subscribe("city:bogota")
        page.gateway.last.cut()
        await page.live(2)
        assert page.granted == [[post(1)], [post(1)]]
        assert [each.get("grant") for each in page.gateway.peers[0].asked("subscribe")] == ["grant-1", None]
        assert page.gateway.last.questions[0]["grant"] == "grant-2"
        assert {post(1), "city:lima", "city:bogota"} < page.gateway.last.questions[0]["positions"].keys()

    run(ScriptedGateway(), story)


def test_asks_no_more_for_a_channel_that_is_refused() -> None:
    async def refuse(peer: Peer, question: Frame) -> None:
        await gateway.error(peer, question, "not-allowed", channel=post(1))
        if question["action"] == "resume":
            await gateway.resumed(peer, question)

    async def story(page: Page) -> None:
        assert (await page.client.expect("error"))["channel"] == post(1)
        with pytest.raises(ChannelRefused, match="not-allowed"):
            await page.client.subscribe(post(1))
        page.gateway.last.cut()
        await page.live(2)
        assert page.gateway.last.questions[0]["positions"].keys() == {"home", ME, post(2)}

    gateway = ScriptedGateway()
    gateway.answers = {"resume": refuse, "subscribe": refuse}
    run(gateway, story, positions={post(1): at(0), post(2): at(0)})


def test_subscribes_again_to_what_was_not_answered() -> None:
    async def cut(peer: Peer, _question: Frame) -> None:
        peer.cut()
        gateway.answers = {}

    async def story(page: Page) -> None:
        await page.client.subscribe("city:lima")
        assert [each["channels"] for each in page.gateway.last.asked("subscribe")] == [["city:lima"]]

    gateway = ScriptedGateway()
    gateway.answers = {"subscribe": cut}
    run(gateway, story)
    assert len(gateway.peers) == 2


def test_asks_again_on_the_same_socket_while_a_store_is_away() -> None:
    async def away(peer: Peer, question: Frame) -> None:
        if len(peer.asked(question["action"])) == 2:
            del gateway.answers[question["action"]]
        await peer.say({**first, "channel": "home"})
        await gateway.error(peer, question, "unavailable")

    async def story(page: Page) -> None:
        await page.sees_all_in_order()
        await page.client.subscribe("city:lima")
        assert len(page.gateway.last.asked("resume")) == len(page.gateway.last.asked("subscribe")) == 3
        assert {str(each["positions"]) for each in page.gateway.last.asked("resume")} == {str(POSITIONS)}

    gateway = ScriptedGateway()
    gateway.answers = {"resume": away, "subscribe": away}
    first = asyncio.run(gateway.happens("home"))
    run(gateway, story, positions=POSITIONS)
    assert len(gateway.peers) == 1


def test_asks_again_for_what_came_too_fast_together_and_when_it_may() -> None:
    async def too_fast(peer: Peer, question: Frame) -> None:
        if len(peer.asked("subscribe")) == 3:
            gateway.answers = {}
        await gateway.error(peer, question, "too-many", retry_after=1)

    async def story(page: Page) -> None:
        began = asyncio.get_running_loop().time()
        cities = ["city:lima", "city:quito", "city:bogota"]
        await asyncio.gather(*map(page.client.subscribe, cities))
        assert asyncio.get_running_loop().time() - began >= 0.99
        assert [each["channels"] for each in page.gateway.last.asked("subscribe")][3:] == [cities]

    gateway = ScriptedGateway()
    gateway.answers = {"subscribe": too_fast}
    run(gateway, story)


def test_says_which_channels_have_to_be_fetched_anew() -> None:
    async def too_much(peer: Peer, question: Frame) -> None:
        await peer.say({"v": 1, "type": "resync", "channel": "home", "ref": question["ref"]})
        await gateway.resumed(peer, question)

    async def story(page: Page) -> None:
        assert (await page.client.next())["channel"] == "home"

    gateway = ScriptedGateway()
    gateway.answers = {"resume": too_much}
    run(gateway, story)


def test_leaves_a_socket_that_does_not_answer_a_ping() -> None:
    async def silent(_peer: Peer, _question: Frame) -> None:
        pass

    async def story(page: Page) -> None:
        await until(lambda: len(page.gateway.last.asked("ping")) == 2)
        assert len(page.gateway.peers) == 1
        page.gateway.answers = {"ping": silent}
        await page.live(2)

    run(ScriptedGateway(), story, heartbeat=0.02)


def test_leaves_no_socket_open_that_never_says_resumed() -> None:
    async def silent(_peer: Peer, _question: Frame) -> None:
        pass

    async def story() -> None:
        async with ScriptedGateway() as gateway:
            gateway.answers = {"resume": silent}
            with pytest.raises(TimeoutError):
                await Page(gateway, silence=0.03).client.__aenter__()
            await until(lambda: gateway.open == [])
            gateway.answers = {}
            async with Page(gateway).client as client:
                await client.expect("resumed")

    asyncio.run(story())


def test_obeys_a_closing_that_says_not_to_come_back() -> None:
    async def story(page: Page) -> None:
        await page.gateway.last.say({"v": 1, "type": "closing", "code": "suspended", "reconnect": False})
        with pytest.raises(SocketEnded, match="suspended"):
            await page.client.expect("pong")
        await asyncio.sleep(0.06)
        assert len(page.gateway.peers) == 1

    run(ScriptedGateway(), story)


def test_comes_back_after_a_closing_that_says_so() -> None:
    async def story(page: Page) -> None:
        await page.gateway.last.say({"v": 1, "type": "closing", "code": "token-expired", "reconnect": True})
        await page.live(2)

    run(ScriptedGateway(), story)


def test_is_not_ended_by_its_own_next_socket_which_replaces_its_oldest() -> None:
    async def story(page: Page) -> None:
        page.gateway.life = 7080
        await until(lambda: len(page.gateway.peers) == 2 and page.gateway.last.asked("resume") != [])
        await page.gateway.peers[0].say({"v": 1, "type": "closing", "code": "replaced", "reconnect": False})
        await page.live(2)
        await page.gateway.happens("home")
        await page.sees_all_in_order()

    run(ScriptedGateway(life=0.06, slow=0.04), story)


@pytest.mark.parametrize("noticed", [True, False])
def test_comes_back_when_it_is_woken_after_it_was_replaced_and_not_after_it_was_suspended(noticed: bool) -> None:
    async def story(page: Page) -> None:
        for code in ("replaced", "suspended"):
            await page.gateway.last.say({"v": 1, "type": "closing", "code": code, "reconnect": False})
            await page.client.expect("closing")
            if noticed:
                await asyncio.sleep(0.03)
            page.client.wake()
            if code == "replaced":
                await page.live(2)
                await page.gateway.happens("home")
                await page.sees_all_in_order()
        await asyncio.sleep(0.06)
        assert (page.client.ended, len(page.gateway.peers)) == ("suspended", 2)

    run(ScriptedGateway(), story)


def test_knows_the_last_thousand_ids_and_keeps_the_highest_position() -> None:
    async def story(page: Page) -> None:
        for _ in range(KNOWN_IDS + 1):
            await page.gateway.happens("home")
        await page.sees(KNOWN_IDS + 1)
        for index in (KNOWN_IDS, 1, 0, 1):  # the oldest was forgotten; what comes again is known as long as what is new
            await page.gateway.last.say(page.gateway.log[index])
        await page.gateway.happens(ME)
        assert (await page.sees(KNOWN_IDS + 3))[KNOWN_IDS + 1 :] == [at(1), at(KNOWN_IDS + 2)]
        assert page.client.positions["home"] == at(KNOWN_IDS + 1)

    run(ScriptedGateway(), story)
