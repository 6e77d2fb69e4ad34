"""What Web Push needs of the world: a push service on loopback and the fake, and DynamoDB, SQS and the key at moto."""

import socket
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from devstack.browser import Browser, claims_of
from devstack.push_service import Answer, PushServer
from mundotango import ids, settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.push_encryption import encrypt
from mundotango.adapters.push_service import HttpPushService
from mundotango.adapters.vapid import Vapid, base64url, key_of, public_of
from mundotango.errors import Unavailable
from mundotango.webpush.model import Device, Turn
from mundotango.webpush.policy import KNOWN_SERVICES, is_known_service, origin_of
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, NotTrusted, PushService, Refused, Turns, WaitingPushes
from mundotango.webpush.queue import SqsWaitingPushes, item_of
from mundotango.webpush.turns import LIFE, DynamoTurns
from tests.factories.devices import AT, make_device
from tests.fakes.webpush import FakePushService, FakeTurns, FakeWaitingPushes
from tests.fixtures.aws import REGION, client, rows, table_name

SITE = "https://mundotango.example"
PARAMETER = "/test/web-push-key"
DAY = timedelta(days=1)
TOPIC = ids.new_id().hex


def device_of(browser: Browser) -> Device:
    return Device(
        user_id=UUID(int=1), endpoint=browser.endpoint, p256dh=browser.p256dh, auth=browser.auth, registered_at=AT
    )


@pytest.fixture(scope="module")
def server() -> Iterator[PushServer]:
    made = PushServer(0)
    yield made
    made.close()


@pytest.fixture
def vapid(aws: settings.Region) -> Vapid:
    key = ec.generate_private_key(ec.SECP256R1())
    store(key)
    return Vapid(settings.VapidKey(PARAMETER), settings.VapidPublicKey(public_of(key)), SITE, REGION)


def store(key: ec.EllipticCurvePrivateKey) -> None:
    private = base64url(key.private_numbers().private_value.to_bytes(32))
    client("ssm").put_parameter(Name=PARAMETER, Type="SecureString", Value=private, Overwrite=True)


@pytest.fixture
def service(server: PushServer, vapid: Vapid) -> Iterator[HttpPushService]:
    made = HttpPushService(vapid, [server.origin], SystemClock(), timeout=1)
    yield made
    made.hang_up()


@pytest.fixture
def browser(server: PushServer) -> Browser:
    return Browser(f"{server.origin}/send/{ids.new_id()}")


def name_of(browser: Browser) -> str:
    return browser.endpoint.rpartition("/")[2]


def test_the_example_of_rfc_8291() -> None:
    """Section 5 and appendix A, byte by byte."""
    example = Browser("", _private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), _bytes("BTBZMqHH6r4Tts7J_aSIgg"))
    sender, salt = _private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), _bytes("DGv6ra1nlYgDCS1FRnbzlw")
    message = b"When I grow up, I want to be a watermelon"
    encrypted = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
        "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )

    assert base64url(encrypt(message, device_of(example), key=sender, salt=salt)) == encrypted
    assert example.read(_bytes(encrypted)) == message


def _private(number: str) -> ec.EllipticCurvePrivateKey:
    return key_of(number)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TestPushService:
    def test_the_device_alone_reads_it(self, server: PushServer, service: PushService, browser: Browser) -> None:
        message = "¡Qué tanda!".encode()
        service.send(device_of(browser), message, topic=TOPIC, life=DAY)
        service.send(device_of(browser), message, topic=TOPIC, life=DAY)

        one, other = (_bytes(each["body"].translate({43: 45, 47: 95})) for each in server.sent[name_of(browser)])
        assert browser.read(one) == browser.read(other) == message
        assert one != other
        with pytest.raises(InvalidTag):
            replace(browser, auth=bytes(16)).read(one)

    def test_what_it_says_beside_the_message(self, server: PushServer, service: PushService, browser: Browser) -> None:
        service.send(device_of(browser), b"{}", topic=TOPIC, life=DAY)

        (told,) = server.sent[name_of(browser)]
        assert (told["ttl"], told["topic"], told["urgency"]) == ("86400", TOPIC, "normal")
        assert (told["content-encoding"], len(TOPIC)) == ("aes128gcm", 32)

    def test_who_sends_is_signed_for_this_service(
        self, server: PushServer, service: PushService, browser: Browser
    ) -> None:
        service.send(device_of(browser), b"{}", topic=TOPIC, life=DAY)

        claims, public = claims_of(server.sent[name_of(browser)][0]["authorization"])
        private = client("ssm").get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
        assert public == public_of(key_of(private))
        assert (claims["aud"], claims["sub"]) == (server.origin, SITE)

    @pytest.mark.parametrize(
        ("status", "headers", "meaning", "after"),
        [
            (404, {}, Gone, None),
            (410, {}, Gone, None),
            (413, {}, Refused, None),
            (400, {}, Refused, None),
            (401, {}, NotTrusted, MOST_DELAY),
            (403, {}, NotTrusted, MOST_DELAY),
            (406, {"Retry-After": "60"}, NotNow, timedelta(minutes=1)),
            (302, {"Location": "/send/elsewhere"}, Refused, None),
            (307, {"Location": "/send/elsewhere"}, Refused, None),
            (429, {"Retry-After": "120"}, NotNow, timedelta(minutes=2)),
            (429, {"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}, NotNow, None),
            (503, {"Retry-After": "9" * 5000}, NotNow, None),
            (500, {}, NotNow, None),
        ],
    )
    def test_what_a_service_answers(
        self,
        server: PushServer,
        service: PushService,
        browser: Browser,
        status: int,
        headers: dict[str, str],
        meaning: type[Exception],
        after: timedelta | None,
    ) -> None:
        server.answers[name_of(browser)] = Answer(status, headers)

        with pytest.raises(meaning) as raised:
            service.send(device_of(browser), b"{}", topic=TOPIC, life=DAY)
        assert type(raised.value) is meaning
        assert getattr(raised.value, "after", None) == after
        assert "elsewhere" not in server.sent
        fake = FakePushService()
        device = device_of(browser)
        fake.raising = {device.id: raised.value}
        with pytest.raises(meaning):
            fake.send(device, b"{}", topic=TOPIC, life=DAY)

    @pytest.mark.parametrize("silent", ["hangs", "is not there"])
    def test_a_service_that_says_nothing(self, vapid: Vapid, silent: str) -> None:
        """And what is raised names no address: errors are logged with where they came from."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            there = f"http://127.0.0.1:{listening.getsockname()[1]}"
            if silent != "hangs":
                listening.close()
            service = HttpPushService(vapid, [there], SystemClock(), timeout=0.2)
            with pytest.raises(NotNow) as raised:
                service.send(replace(make_device(), endpoint=f"{there}/send/secret"), b"{}", topic=TOPIC, life=DAY)
        assert "secret" not in str(raised.value)
        assert raised.value.__cause__ is raised.value.__context__ is None

    @pytest.mark.parametrize(
        ("error", "meaning"), [(socket.EAI_NONAME, Refused), (socket.EAI_AGAIN, NotNow)], ids=["no name", "no resolver"]
    )
    def test_a_host_that_is_not_found(
        self, vapid: Vapid, monkeypatch: pytest.MonkeyPatch, error: int, meaning: type[Exception]
    ) -> None:
        known = socket.getaddrinfo

        def resolve(host: Any, *others: Any, **more: Any) -> Any:
            if host == "gone.push.apple.com":
                raise socket.gaierror(error, "not found")
            return known(host, *others, **more)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        device = replace(make_device(), endpoint="https://gone.push.apple.com/secret")
        with pytest.raises(meaning) as raised:
            HttpPushService(vapid, KNOWN_SERVICES, SystemClock()).send(device, b"{}", topic=TOPIC, life=DAY)
        assert "secret" not in str(raised.value)
        assert raised.value.__cause__ is raised.value.__context__ is None

    def test_a_connection_serves_until_it_is_hung_up(
        self, server: PushServer, service: HttpPushService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[Any] = []
        accept = server.process_request

        def process_request(line: Any, address: Any) -> None:
            opened.append(address)
            accept(line, address)

        monkeypatch.setattr(server, "process_request", process_request)
        for _ in range(3):
            service.send(device_of(Browser(f"{server.origin}/send/{ids.new_id()}")), b"{}", topic=TOPIC, life=DAY)
        assert len(opened) == 1
        service.hang_up()
        service.send(device_of(Browser(f"{server.origin}/send/{ids.new_id()}")), b"{}", topic=TOPIC, life=DAY)
        assert len(opened) == 2

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://169.254.169.254/latest/meta-data",
            "https://fcm.googleapis.com.evil.example/send/1",
            "https://fcm.googleapis.com@evil.example/send/1",
            "https://evil.example\\@fcm.googleapis.com/send/1",
            "https://fcm.googleapis.com:444/send/1",
            "http://fcm.googleapis.com/send/1",
            "https://push.apple.com.evil.example/1",
            "https://evilpush.apple.com/1",
            "https://fcm.googleapis.com/send/1\r\nHost: evil.example",
            "https://fcm.googleapis.com#/send",
            "file:///etc/passwd",
        ],
    )
    def test_nobody_else_is_asked(self, vapid: Vapid, endpoint: str) -> None:
        service = HttpPushService(vapid, KNOWN_SERVICES, SystemClock())
        with pytest.raises(Refused, match="no push service we know"):
            service.send(replace(make_device(), endpoint=endpoint), b"{}", topic=TOPIC, life=DAY)

    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://fcm.googleapis.com/fcm/send/dS:APA91b",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAA-_",
            "https://web.push.apple.com/QDm",
            "https://wns2-par02p.notify.windows.com/w/?token=BQY%3d",
        ],
    )
    def test_the_browsers_are_known(self, endpoint: str) -> None:
        assert is_known_service(origin_of(endpoint) or "", KNOWN_SERVICES)

    def test_keys_that_are_none(self, service: PushService, browser: Browser) -> None:
        with pytest.raises(Refused):
            service.send(replace(device_of(browser), p256dh=b"\x04" + bytes(64)), b"{}", topic=TOPIC, life=DAY)
        with pytest.raises(Refused):
            service.send(device_of(browser), bytes(4096), topic=TOPIC, life=DAY)


def test_without_the_key_it_has_to_come_again(aws: settings.Region, server: PushServer, browser: Browser) -> None:
    service = HttpPushService(
        Vapid(settings.VapidKey("/test/none"), settings.VapidPublicKey(""), SITE, REGION),
        [server.origin],
        SystemClock(),
        timeout=1,
    )
    with pytest.raises(Unavailable):
        service.send(device_of(browser), b"{}", topic=TOPIC, life=DAY)


def test_with_another_key_than_browsers_are_told_it_has_to_come_again(
    aws: settings.Region, server: PushServer, browser: Browser
) -> None:
    told, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    vapid = Vapid(settings.VapidKey(PARAMETER), settings.VapidPublicKey(public_of(told)), SITE, REGION)
    service = HttpPushService(vapid, [server.origin], SystemClock(), timeout=1)
    store(other)
    with pytest.raises(Unavailable, match="not the one that browsers are told"):
        service.send(device_of(browser), b"{}", topic=TOPIC, life=DAY)
    assert name_of(browser) not in server.sent

    store(told)
    service.send(device_of(browser), b"{}", topic=TOPIC, life=DAY)
    assert len(server.sent[name_of(browser)]) == 1


class TestTurns:
    TURN = Turn(position="1", began_at=AT)

    @pytest.fixture(params=["fake", "dynamodb"])
    def turns(self, request: pytest.FixtureRequest) -> Turns:
        if request.param == "fake":
            return FakeTurns()
        return DynamoTurns(table_name("idempotency"), request.getfixturevalue("aws"))

    def test_one_begins_after_what_it_saw(self, turns: Turns) -> None:
        item = ids.new_id()
        later = replace(
            self.TURN, position="2", began_at=AT + DAY, number=2, said="¡Ya!", told=frozenset({UUID(int=7)})
        )

        assert turns.find(item) is None
        assert turns.begin(item, self.TURN, after=None)
        assert not turns.begin(item, later, after=None)
        assert turns.begin(item, later, after=turns.find(item))
        assert not turns.begin(item, self.TURN, after=self.TURN)
        assert turns.find(item) == later

    def test_who_was_told_adds_up(self, turns: Turns) -> None:
        item, one, other = ids.new_id(), ids.new_id(), ids.new_id()
        turns.begin(item, self.TURN, after=None)
        for told in ([one], [other, one]):
            turns.note_told(item, self.TURN, told)

        assert turns.find(item) == replace(self.TURN, told=frozenset({one, other}))

    def test_of_a_turn_that_is_over_nothing_is_noted(self, turns: Turns) -> None:
        item = ids.new_id()
        turns.note_told(item, self.TURN, [item])
        turns.note_again(item, AT)
        assert turns.find(item) is None

        turns.begin(item, self.TURN, after=None)
        turns.note_told(item, replace(self.TURN, began_at=AT - DAY), [item])
        assert turns.find(item) == self.TURN

    def test_when_it_comes_again(self, turns: Turns) -> None:
        item = ids.new_id()
        turns.begin(item, self.TURN, after=None)
        turns.note_again(item, AT + DAY)

        assert turns.find(item) == replace(self.TURN, again_at=AT + DAY)


def test_a_turn_is_known_for_as_long_as_its_message_may_come(aws: settings.Region) -> None:
    DynamoTurns(table_name("idempotency"), aws).begin(ids.new_id(), TestTurns.TURN, after=None)

    (row,) = rows("idempotency")
    assert row["expires_at"]["N"] == str(int((AT + LIFE).timestamp()))


class TestWaitingPushes:
    @pytest.fixture(params=["fake", "sqs"])
    def waiting(self, request: pytest.FixtureRequest) -> tuple[WaitingPushes, Callable[[], list[tuple[UUID, str]]]]:
        """And how to take what waits."""
        if request.param == "fake":
            fake = FakeWaitingPushes()
            return fake, fake.take
        region = request.getfixturevalue("aws")
        url = client("sqs").create_queue(QueueName="web-pushes")["QueueUrl"]

        def taken() -> list[tuple[UUID, str]]:
            messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            return [item_of(one["Body"]) for one in messages]

        return SqsWaitingPushes(url, region), taken

    def test_what_is_put_waits_until_it_is_taken(
        self, waiting: tuple[WaitingPushes, Callable[[], list[tuple[UUID, str]]]]
    ) -> None:
        pushes, take = waiting
        items = [(ids.new_id(), f"like#{ids.new_id()}#2026-11-28"), (ids.new_id(), "follow#1")]
        for user_id, group in items:
            pushes.put(user_id, group)
        assert sorted(take()) == sorted(items)
        assert take() == []


def test_a_delay_is_the_queues(aws: settings.Region) -> None:
    url = client("sqs").create_queue(QueueName="web-pushes-late")["QueueUrl"]
    SqsWaitingPushes(url, REGION).put(ids.new_id(), "follow#1", delay=timedelta(seconds=61.5))

    assert client("sqs").receive_message(QueueUrl=url).get("Messages", []) == []
    delayed = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert delayed["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}


def test_a_queue_that_is_away_is_unavailable(aws: settings.Region) -> None:
    with pytest.raises(Unavailable):
        SqsWaitingPushes("https://sqs.us-east-1.amazonaws.com/123456789012/none", REGION).put(ids.new_id(), "follow#1")
