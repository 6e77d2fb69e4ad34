"""How the server ends sockets, through the functions as the gateway and the schedule call them."""

from datetime import timedelta

import pytest

from mundotango.errors import Unavailable
from mundotango.realtime.delivery import hand_over
from mundotango.realtime.model import Delivery, End, encoded
from mundotango.realtime.policy import HEARD_EACH, MAX_SOCKETS
from mundotango.realtime.speech import control
from tests.factories.realtime import make_end, make_socket
from tests.fakes.clock import FakeClock
from tests.fixtures.aws import is_known, rows
from tests.fixtures.sockets import Sockets


class TestEndOfASocket:
    def test_closes_it_at_its_next_frame_and_forgets_it(self, sockets: Sockets, clock: FakeClock) -> None:
        socket = sockets.connect()
        clock.advance(timedelta(minutes=30))

        answered = sockets.send(socket, {"action": "ping"})

        assert [(each["type"], each["code"]) for each in answered] == [
            ("error", "token-expired"),
            ("closing", "token-expired"),
        ]
        assert sockets.pusher.closed == [socket.connection_id]
        assert not is_known(socket.connection_id)

    def test_closes_a_silent_one_within_a_minute_and_no_other(self, sockets: Sockets, clock: FakeClock) -> None:
        silent = [sockets.connect(), sockets.connect(end=End(clock.now() + timedelta(minutes=30), "ended"))]
        longer = sockets.connect(end=End(clock.now() + timedelta(hours=1), "ended"))
        clock.advance(timedelta(minutes=30, seconds=59))

        assert sockets.run("close_sockets") == {"job": "close_sockets", "done": True, "closed": 2}
        assert sockets.run("close_sockets")["closed"] == 0

        assert [sockets.received(each)[-1]["code"] for each in silent] == ["token-expired", "ended"]
        assert all(sockets.received(each)[-1]["reconnect"] for each in silent)
        assert sorted(sockets.pusher.closed) == sorted(each.connection_id for each in silent)
        assert not any(is_known(each.connection_id) for each in silent)
        assert sockets.platform.connections.of_users([longer.user_id], clock.now()) == [longer]

    def test_what_breaks_off_in_the_middle_is_done_by_the_next_run(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        socket = sockets.connect()
        clock.advance(timedelta(minutes=30))

        def away(*_: object, **__: object) -> None:
            raise Unavailable("the table does not answer; try again")

        with monkeypatch.context() as broken:
            broken.setattr(sockets.platform.connections, "close", away)
            with pytest.raises(Unavailable):
                sockets.run("close_sockets")

        clock.advance(timedelta(minutes=1))
        assert sockets.run("close_sockets")["closed"] == 1
        assert not is_known(socket.connection_id)

    def test_is_the_next_run_s_where_the_time_is_up(self, sockets: Sockets, clock: FakeClock) -> None:
        sockets.connect()
        clock.advance(timedelta(minutes=30))

        assert sockets.run("close_sockets", seconds_left=20) == {"job": "close_sockets", "done": False, "closed": 0}

    def test_nothing_is_delivered_after_it_closed_or_not(self, sockets: Sockets, clock: FakeClock) -> None:
        socket = sockets.connect()
        sockets.send(socket, {"action": "subscribe", "channels": ["city:lima"]})
        clock.advance(timedelta(minutes=30))

        assert sockets.platform.connections.of_channel("city:lima", clock.now()) == []
        assert sockets.platform.connections.of_users([socket.user_id], clock.now()) == []

    def test_that_could_not_be_closed_is_told_at_its_next_heartbeat_and_beside_others_of_its_person(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost = sockets.connect()
        other = sockets.connect(lost.user_id)
        sockets.send(lost, {"action": "ping"})
        with monkeypatch.context() as throttled:
            throttled.setattr(sockets.pusher, "close", lambda _: None)
            sockets.pusher.hanging.add(lost.connection_id)
            hand_over(sockets.platform, [Delivery(lost, encoded(control("pong")))])
        sockets.pusher.hanging.clear()
        clock.advance(HEARD_EACH)

        assert [each["type"] for each in sockets.send(other, {"action": "ping"})] == ["pong"]
        [answer] = sockets.send(lost, {"action": "ping"})

        assert (answer["type"], answer["code"], answer["reconnect"]) == ("closing", "ended", True)
        assert sockets.pusher.closed == [lost.connection_id]


class TestTooManySockets:
    def test_one_more_closes_the_oldest(self, sockets: Sockets, clock: FakeClock) -> None:
        oldest = sockets.connect()
        sockets.send(oldest, {"action": "subscribe", "channels": ["city:lima"]})
        others = []
        for _ in range(MAX_SOCKETS):
            clock.advance(timedelta(seconds=1))
            others.append(sockets.connect(oldest.user_id))

        assert sockets.received(oldest)[1:] == [{"v": 1, "type": "closing", "code": "replaced", "reconnect": False}]
        assert sockets.platform.connections.of_channel("city:lima", clock.now()) == []
        assert sockets.pusher.closed == [oldest.connection_id]
        assert set(sockets.platform.connections.of_users([oldest.user_id], clock.now())) == set(others)

    def test_where_others_open_at_once_none_is_opened_beyond_one_too_many_and_none_is_lost(
        self, sockets: Sockets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each sees the others' rows only once it has written its own: here two have, before the third looks."""
        user_id = sockets.connect().user_id
        connections = sockets.platform.connections
        for _ in range(MAX_SOCKETS):
            clock.advance(timedelta(seconds=1))
            socket = make_socket(user_id)
            assert connections.open(socket, opened_at=clock.now(), expires_at=make_end(clock).at, limit=MAX_SOCKETS)
        clock.advance(timedelta(seconds=1))
        refused = make_socket(user_id)
        assert not connections.open(refused, opened_at=clock.now(), expires_at=make_end(clock).at, limit=MAX_SOCKETS)
        assert refused.connection_id not in str(rows("connections"))

        last = sockets.connect(user_id)

        left = connections.of_users([user_id], clock.now())
        assert len(left) == MAX_SOCKETS
        assert {last, socket} <= set(left)
