import json
from datetime import timedelta

import pytest

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.realtime.delivery import deliveries_of, hand_over
from mundotango.realtime.model import Appended, Delivery, Socket, author_channel, post_channel, user_channel
from mundotango.realtime.policy import OPENING_TIME
from mundotango.realtime.service import connect
from tests.factories.realtime import make_activity, make_end, make_socket
from tests.fakes.stores import FakeStores


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


def opened(stores: FakeStores, socket: Socket | None = None) -> Socket:
    socket = socket or make_socket()
    connect(stores, socket, make_end(stores.clock))
    stores.clock.advance(OPENING_TIME + timedelta(seconds=1))
    return socket


def happens(stores: FakeStores, channel: str) -> Appended:
    return stores.activities.append(make_activity(channel))


class TestAudience:
    def test_of_an_author_are_the_followers_who_know_it_as_home(self, stores: FakeStores) -> None:
        author = ids.new_id()
        follower, former, _, own = opened(stores), opened(stores), opened(stores), opened(stores, make_socket(author))
        stores.edges.apply("follow", author, follower.user_id, active=True, version=1)
        stores.edges.apply("follow", author, former.user_id, active=False, version=2)

        deliveries = deliveries_of(stores, happens(stores, author_channel(author)))

        assert [each.socket for each in deliveries] == [follower]
        assert json.loads(deliveries[0].text)["channel"] == "home"
        assert own.user_id == author

    def test_of_a_person_are_all_their_sockets(self, stores: FakeStores) -> None:
        phone = opened(stores)
        laptop = opened(stores, make_socket(phone.user_id))
        opened(stores)

        deliveries = deliveries_of(stores, happens(stores, user_channel(phone.user_id)))

        assert {each.socket for each in deliveries} == {phone, laptop}

    def test_of_a_post_are_those_who_subscribed(self, stores: FakeStores) -> None:
        listening, _ = opened(stores), opened(stores)
        channel = post_channel(ids.new_id())
        stores.connections.subscribe(listening.connection_id, [channel], now=stores.clock.now(), limit=9)
        appended = happens(stores, channel)

        [delivery] = deliveries_of(stores, appended)

        assert delivery.socket == listening
        assert json.loads(delivery.text) == {
            "v": 1,
            "type": "post.created",
            "id": str(appended.activity.id),
            "channel": channel,
            "position": appended.position,
            "at": "2026-11-23T20:00:00.123000Z",
            "data": appended.activity.payload,
        }


class TestHandOver:
    def test_forgets_the_connection_that_is_gone_and_not_the_one_that_caused_the_frame(
        self, stores: FakeStores
    ) -> None:
        stale, sender = opened(stores), opened(stores)
        stores.pusher.gone.add(stale.connection_id)

        outcomes = hand_over(stores, [Delivery(stale, "1"), Delivery(sender, "2"), Delivery(stale, "3")])

        assert outcomes == {"gone": 2, "sent": 1}
        assert list(stores.connections.rows) == [sender.connection_id]

    def test_keeps_a_connection_that_the_gateway_is_still_opening(self, stores: FakeStores) -> None:
        opening = make_socket()
        connect(stores, opening, make_end(stores.clock))
        stores.pusher.gone.add(opening.connection_id)

        hand_over(stores, [Delivery(opening, "1")])

        assert list(stores.connections.rows) == [opening.connection_id]

    def test_closes_and_forgets_a_connection_that_did_not_take_its_frame(self, stores: FakeStores) -> None:
        hanging, sender = opened(stores), opened(stores)
        stores.pusher.hanging.add(hanging.connection_id)

        outcomes = hand_over(stores, [Delivery(hanging, "1"), Delivery(sender, "2"), Delivery(hanging, "3")])

        assert outcomes == {"failed": 2, "sent": 1}
        assert stores.pusher.closed == [hanging.connection_id]
        assert list(stores.connections.rows) == [sender.connection_id]

    def test_closes_one_that_is_not_open_for_long(self, stores: FakeStores) -> None:
        hanging = make_socket()
        connect(stores, hanging, make_end(stores.clock))
        stores.pusher.hanging.add(hanging.connection_id)

        hand_over(stores, [Delivery(hanging, "1")])

        assert stores.connections.rows == {}

    def test_closes_none_that_took_its_frame_or_is_gone(self, stores: FakeStores) -> None:
        stale, sender = opened(stores), opened(stores)
        stores.pusher.gone.add(stale.connection_id)

        hand_over(stores, [Delivery(stale, "1"), Delivery(sender, "2")])

        assert stores.pusher.closed == []

    def test_what_cannot_be_forgotten_now_is_no_reason_to_send_anything_again(
        self, stores: FakeStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stale = opened(stores)
        stores.pusher.gone.add(stale.connection_id)

        def away(socket: Socket, **_: object) -> bool:
            raise Unavailable("away")

        monkeypatch.setattr(stores.connections, "close", away)

        assert hand_over(stores, [Delivery(stale, "1")]) == {"gone": 1}
