"""Devices that show notifications, and what of it people do not want."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.webpush.model import Device, Wishes
from mundotango.webpush.policy import DEVICE_LIFE, MOST_DEVICES
from tests.factories.devices import FCM, make_device, subscription
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway

Join = Callable[[str], UUID]
PATH = "/api/push/devices"
KEY = "/api/public/push/key"
SETTINGS = {"digest": "weekly", "language": "es", "zone": "UTC"}


def register(gateway: Gateway, who: UUID, device: Device | None = None) -> Answer:
    answer = gateway.put(PATH, user=who, json=subscription(device or make_device()))
    assert answer.status == 200, answer.text
    return answer


def registered(gateway: Gateway, who: UUID) -> list[str]:
    return [each["id"] for each in gateway.get(PATH, user=who).json()["items"]]


class TestKey:
    def test_is_given_to_everybody_and_kept_by_whoever_likes(self, gateway: Gateway) -> None:
        answer = gateway.get(KEY)

        assert answer.json() == {"key": gateway.platform.vapid_public_key}
        assert answer.headers["cache-control"].startswith("public")

    def test_is_none_where_nothing_is_sent_to_devices(self, gateway: Gateway) -> None:
        gateway.platform.vapid_public_key = ""

        answer = gateway.get(KEY)

        assert answer.problem == "not-found"
        assert gateway.get(KEY, query={"lang": "es"}).json()["detail"] == "aquí no se envían avisos a dispositivos"


class TestDevices:
    def test_are_told_without_what_opens_a_way_to_them(self, gateway: Gateway, platform: Any, clock: FakeClock) -> None:
        platform.clock, me = clock, ids.new_id()
        device = make_device(name="a-way-in")

        answer = register(gateway, me, device)

        told = {"id": str(device.id), "service": "fcm.googleapis.com", "registered_at": "2026-03-01T12:00:00Z"}
        assert answer.json() | {"registered_at": told["registered_at"]} == told
        listed = gateway.get(PATH, user=me)
        assert listed.json() == {"items": [answer.json()]}
        for secret in ("a-way-in", *subscription(device)["keys"].values()):
            assert secret not in listed.text + answer.text
        assert platform.devices.of_user(me) == [replace(device, user_id=me, registered_at=clock.now())]

    def test_of_many_the_one_registered_last_is_told_first_and_the_first_gives_way(
        self, gateway: Gateway, platform: Any, clock: FakeClock
    ) -> None:
        platform.clock, me = clock, ids.new_id()
        made = []
        for _ in range(MOST_DEVICES + 1):
            clock.advance(timedelta(minutes=1))
            made.append(register(gateway, me).json()["id"])

        assert registered(gateway, me) == made[:0:-1]

    def test_none_is_registered_where_nothing_is_sent(self, gateway: Gateway) -> None:
        me, gateway.platform.vapid_public_key = ids.new_id(), ""

        answer = gateway.put(PATH, user=me, json=subscription(make_device()))

        assert (answer.status, answer.problem) == (404, "not-found")
        assert registered(gateway, me) == []

    def test_who_starts_often_writes_once_a_day(
        self, gateway: Gateway, platform: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        platform.clock, me = clock, ids.new_id()
        written: list[datetime] = []
        put = platform.devices.put

        def noted(each: Device, *, limit: int) -> None:
            written.append(each.registered_at)
            put(each, limit=limit)

        monkeypatch.setattr(platform.devices, "put", noted)
        device = make_device()
        for hours in (0, 23, 1, 23):
            clock.advance(timedelta(hours=hours))
            register(gateway, me, device)
        assert [after - written[0] for after in written] == [timedelta(), timedelta(days=1)]

        register(gateway, me, replace(device, auth=b"another secret.."))
        register(gateway, ids.new_id(), device)
        register(gateway, me, device)
        assert len(written) == 5

    def test_those_that_expired_are_told_no_more(self, gateway: Gateway, platform: Any, clock: FakeClock) -> None:
        platform.clock, me = clock, ids.new_id()
        register(gateway, me)
        clock.advance(DEVICE_LIFE)

        assert registered(gateway, me) == []

    def test_all_of_ones_own_are_removed_at_once(self, gateway: Gateway) -> None:
        malena, carlos = ids.new_id(), ids.new_id()
        for who in (malena, malena, carlos):
            register(gateway, who)

        for _ in range(2):
            assert gateway.delete(PATH, user=malena).status == 204
        assert (registered(gateway, malena), len(registered(gateway, carlos))) == ([], 1)

    def test_a_browser_is_one_persons_at_a_time(self, gateway: Gateway) -> None:
        device, malena, carlos = make_device(), ids.new_id(), ids.new_id()
        for who in (malena, malena, carlos):
            register(gateway, who, device)

        assert (registered(gateway, malena), registered(gateway, carlos)) == ([], [str(device.id)])
        assert gateway.delete(f"{PATH}/{device.id}", user=malena).problem == "not-found"
        assert gateway.delete(f"{PATH}/{device.id}", user=carlos).status == 204
        assert gateway.delete(f"{PATH}/{device.id}", user=carlos).problem == "not-found"
        assert registered(gateway, carlos) == []

    @pytest.mark.parametrize(
        ("wrong", "fields"),
        [
            ({"endpoint": "http://169.254.169.254/latest"}, {"endpoint"}),
            ({"endpoint": "https://evil.example/send"}, {"endpoint"}),
            ({"endpoint": FCM + "1" * 2000}, {"endpoint"}),
            ({"endpoint": None}, {"endpoint"}),
            ({"keys": {}}, {"keys.p256dh", "keys.auth"}),
            ({"keys": {"p256dh": "BA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, {"keys.p256dh"}),
            ({"expirationTime": "soon"}, {"expirationTime"}),
            ({"user_id": str(ids.new_id())}, {"user_id"}),
        ],
    )
    def test_what_is_no_subscription_is_refused(
        self, gateway: Gateway, wrong: dict[str, Any], fields: set[str]
    ) -> None:
        me = ids.new_id()

        answer = gateway.put(PATH, user=me, json=subscription(make_device()) | wrong)

        assert (answer.status, answer.refused_fields) == (422, fields)
        assert registered(gateway, me) == []


class TestWishes:
    def test_are_copied_for_who_sends(self, gateway: Gateway, join: Join) -> None:
        malena = join("malena")
        assert gateway.platform.devices.wishes(malena) == Wishes()

        wanted = {"like": {"push": False, "app": True}, "reply": {"email": False}, "moderation": {"push": False}}
        for kinds in (wanted, {"like": {"push": True}}):
            gateway.put("/api/notifications/preferences", user=malena, json=SETTINGS | {"kinds": kinds})
            off = {"moderation"} if kinds is not wanted else {"moderation", "like"}
            assert gateway.platform.devices.wishes(malena) == Wishes(off=frozenset(off), language="es")  # type: ignore[arg-type]

    def test_have_the_language_of_the_profile_unless_one_was_chosen(self, gateway: Gateway) -> None:
        malena = ids.new_id()

        def language() -> str:
            return gateway.platform.devices.wishes(malena).language

        given = {"handle": "malena", "display_name": "Malena", "languages": ["es-AR"]}
        assert gateway.post("/api/users", user=malena, json=given).status == 201
        assert language() == "es"
        gateway.patch("/api/users/me", user=malena, json={"languages": ["de", "en"]})
        assert language() == "en"
        gateway.put("/api/notifications/preferences", user=malena, json=SETTINGS)
        gateway.patch("/api/users/me", user=malena, json={"languages": ["en"]})
        assert language() == "es"

    def test_are_told_again_only_when_something_of_them_may_have_changed(
        self, gateway: Gateway, join: Join, database: Database
    ) -> None:
        malena = join("malena")
        for change in ({"bio": "Bailo."}, {"languages": ["es"]}, {"languages": ["es"], "bio": "Bailo y enseño."}):
            assert gateway.patch("/api/users/me", user=malena, json=change).status == 200

        with database.transaction() as connection:
            told = connection.execute("SELECT channel FROM outbox WHERE kind = 'wishes.changed'").fetchall()
        assert told == [(None,)]
