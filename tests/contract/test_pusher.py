import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import ReadOnlyCredentials

from mundotango import settings
from mundotango.adapters import pusher as pusher_module
from mundotango.adapters.pusher import SocketPusher
from mundotango.realtime.model import Delivery, Socket, encoded
from mundotango.realtime.ports import Pusher
from mundotango.realtime.speech import control
from tests.factories.realtime import make_socket
from tests.fakes.realtime import FakePusher
from tests.fakes.socket_gateway import SocketGateway

TIMEOUT = 0.3


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[SocketGateway]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with SocketGateway() as gateway:
        yield gateway


@pytest.fixture
def real(gateway: SocketGateway) -> SocketPusher:
    return SocketPusher(settings.Region("us-east-1", gateway.url), timeout=TIMEOUT)


class Line:
    """The far end of either pusher: what arrived there, and which sockets are gone or hang."""

    def __init__(self, end: FakePusher | SocketGateway) -> None:
        self._end = end
        self.gone, self.hanging, self.closed = end.gone, end.hanging, end.closed

    def arrived(self, socket: Socket) -> list[str]:
        if isinstance(self._end, FakePusher):
            return [each.text for each in self._end.sent if each.socket == socket]
        return [text for connection_id, text in self._end.received if connection_id == socket.connection_id]


@pytest.fixture(params=["fake", "gateway"])
def ends(request: pytest.FixtureRequest) -> tuple[Pusher, Line]:
    if request.param == "fake":
        fake = FakePusher()
        return fake, Line(fake)
    return request.getfixturevalue("real"), Line(request.getfixturevalue("gateway"))


def pong(ref: int | str) -> str:
    return encoded(control("pong", ref=ref))


class TestPusher:
    def test_frames_of_one_socket_arrive_in_order(self, ends: tuple[Pusher, Line]) -> None:
        pusher, line = ends
        one, other = make_socket(), make_socket()
        deliveries = [Delivery(socket, pong(f"ñ💃{number}")) for number in range(20) for socket in (one, other)]

        assert pusher.send(deliveries) == ["sent"] * 40

        expected = [pong(f"ñ💃{number}") for number in range(20)]
        assert line.arrived(one) == expected
        assert line.arrived(other) == expected

    def test_nothing_to_send(self, ends: tuple[Pusher, Line]) -> None:
        assert ends[0].send([]) == []

    def test_says_which_sockets_are_gone(self, ends: tuple[Pusher, Line]) -> None:
        pusher, line = ends
        gone, alive = make_socket(), make_socket()
        line.gone.add(gone.connection_id)

        outcomes = pusher.send([Delivery(gone, pong(1)), Delivery(alive, pong(2)), Delivery(gone, pong(3))])

        assert outcomes == ["gone", "sent", "gone"]
        assert line.arrived(alive) == [pong(2)]

    def test_a_hanging_socket_holds_up_nobody(self, ends: tuple[Pusher, Line]) -> None:
        pusher, line = ends
        hanging, others = make_socket(), [make_socket() for _ in range(5)]
        line.hanging.add(hanging.connection_id)
        started = time.perf_counter()

        outcomes = pusher.send(
            [Delivery(hanging, pong(1)), *(Delivery(socket, pong(2)) for socket in others), Delivery(hanging, pong(3))]
        )

        assert outcomes == ["failed", *["sent"] * 5, "failed"]
        assert time.perf_counter() - started < 2 * TIMEOUT

    def test_a_closed_socket_is_gone_and_no_other(self, ends: tuple[Pusher, Line]) -> None:
        pusher, line = ends
        closed, hanging, kept = make_socket(), make_socket(), make_socket()
        line.hanging.add(hanging.connection_id)

        pusher.close([closed, hanging])
        pusher.close([])

        assert sorted(line.closed) == sorted([closed.connection_id, hanging.connection_id])
        assert pusher.send([Delivery(closed, pong(1)), Delivery(hanging, pong(2)), Delivery(kept, pong(3))]) == [
            "gone",
            "gone",
            "sent",
        ]


def test_closing_is_tried_again_and_then_given_up(real: SocketPusher, gateway: SocketGateway) -> None:
    busy, stuck = make_socket(), make_socket()
    gateway.throttled[busy.connection_id] = 2
    gateway.throttled[stuck.connection_id] = 99

    real.close([busy, stuck])

    assert gateway.closed == [busy.connection_id]
    assert len(gateway.requests) == 3 + 4


def test_a_throttled_frame_is_tried_again_alone(real: SocketPusher, gateway: SocketGateway) -> None:
    throttled, broken, fine = make_socket(), make_socket(), make_socket()
    gateway.throttled[throttled.connection_id] = 2
    gateway.broken[broken.connection_id] = 1

    outcomes = real.send(
        [Delivery(throttled, "1"), Delivery(broken, "2"), Delivery(fine, "3"), Delivery(throttled, "4")]
    )

    assert outcomes == ["sent"] * 4
    assert sorted(text for _, text in gateway.received) == ["1", "2", "3", "4"]
    assert len(gateway.requests) == 4 + 3


def test_gives_up_on_what_stays_refused(real: SocketPusher, gateway: SocketGateway) -> None:
    throttled, refused = make_socket(), make_socket()
    gateway.throttled[throttled.connection_id] = 99
    gateway.refused.add(refused.connection_id)

    assert real.send([Delivery(throttled, "1"), Delivery(refused, "2")]) == ["failed", "failed"]

    assert len([path for path, _ in gateway.requests if path.endswith("%2F%3D")]) == 4 + 1


def test_speaks_to_the_sockets_own_domain_through_the_endpoint(real: SocketPusher, gateway: SocketGateway) -> None:
    socket = Socket("L0SM9cOF/HcC=", make_socket().user_id, "abc.execute-api.us-east-1.amazonaws.com", "ws")

    assert real.send([Delivery(socket, "{}")]) == ["sent"]

    [(path, headers)] = gateway.requests
    assert path == "/ws/@connections/L0SM9cOF%2FHcC%3D"
    assert headers["host"] == socket.domain
    assert "/us-east-1/execute-api/aws4_request" in headers["authorization"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_writes_and_signs_the_address_as_the_sdk_does(gateway: SocketGateway, method: str) -> None:
    socket = make_socket()
    pusher = SocketPusher(settings.Region("us-east-1", gateway.url), timeout=TIMEOUT)
    seen: list[AWSPreparedRequest] = []
    client = boto3.client(
        "apigatewaymanagementapi", "us-east-1", endpoint_url=f"https://{socket.domain}/{socket.stage}"
    )

    def keep(request: AWSPreparedRequest, **_: object) -> None:
        seen.append(request)
        raise NotSentError

    client.meta.events.register("before-send.apigatewaymanagementapi.*", keep)
    asking: dict[str, Callable[[], object]] = {
        "POST": lambda: client.post_to_connection(ConnectionId=socket.connection_id, Data=b"{}"),
        "DELETE": lambda: client.delete_connection(ConnectionId=socket.connection_id),
    }
    with pytest.raises(NotSentError):
        asking[method]()
    if method == "POST":
        pusher.send([Delivery(socket, "{}")])
    else:
        pusher.close([socket])

    [(path, headers)] = gateway.requests
    assert f"https://{headers['host']}{path}" == seen[0].url
    assert headers["content-length"] == {"POST": "2", "DELETE": "0"}[method]
    assert scope(headers["authorization"]) == scope(seen[0].headers["Authorization"])


class NotSentError(Exception):
    pass


def scope(authorization: str | bytes) -> str:
    """The day, region and service a request is signed for."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    return text.split("Credential=")[1].split(",")[0]


def test_keeps_its_connections_open(real: SocketPusher, gateway: SocketGateway) -> None:
    socket = make_socket()
    for _ in range(5):
        real.send([Delivery(socket, "{}")])

    assert len(gateway.peers) == 1


def test_a_connection_that_ended_while_nobody_looked_is_made_anew(real: SocketPusher, gateway: SocketGateway) -> None:
    socket = make_socket()
    for number in range(3):
        assert real.send([Delivery(socket, str(number))]) == ["sent"]
        gateway.hang_up()

    assert gateway.received == [(socket.connection_id, str(number)) for number in range(3)]
    assert len(gateway.peers) == 3


def test_a_call_in_which_nobody_answers_ends(
    real: SocketPusher, gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher_module, "LINES", 2)
    monkeypatch.setattr(pusher_module, "BATCH_TIME", TIMEOUT * 1.5)
    sockets = [make_socket() for _ in range(10)]
    gateway.hanging |= {socket.connection_id for socket in sockets}
    started = time.perf_counter()

    assert real.send([Delivery(socket, "{}") for socket in sockets]) == ["failed"] * 10

    assert time.perf_counter() - started < 4 * TIMEOUT


def test_signs_with_the_credentials_of_now(
    real: SocketPusher, gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role's credentials are replaced every few hours, and come with a token."""
    for token in ("first/==", "second"):
        monkeypatch.setattr(
            real._credentials,
            "get_frozen_credentials",
            lambda token=token: ReadOnlyCredentials("AKID", "secret", token),
        )
        real.send([Delivery(make_socket(), "{}")])

    assert [headers["x-amz-security-token"] for _, headers in gateway.requests] == ["first/==", "second"]


def test_trusts_only_whom_it_knows(gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificate = gateway.speak_tls(tmp_path)
    region = settings.Region("us-east-1", gateway.url)
    deliveries = [Delivery(make_socket(), "1")]

    assert SocketPusher(region, timeout=TIMEOUT).send(deliveries) == ["failed"]
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    assert SocketPusher(region, timeout=5).send(deliveries) == ["sent"]


def test_an_endpoint_that_is_away_fails_every_frame(gateway: SocketGateway) -> None:
    pusher = SocketPusher(settings.Region("us-east-1", "http://127.0.0.1:9"), timeout=TIMEOUT)

    assert pusher.send([Delivery(make_socket(), "{}")]) == ["failed"]


def test_is_collected_where_another_loop_runs(gateway: SocketGateway) -> None:
    """What goes wrong in a finalizer is raised by pytest as an unraisable exception."""
    pusher = SocketPusher(settings.Region("us-east-1", gateway.url), timeout=TIMEOUT)
    pusher.send([Delivery(make_socket(), "{}")])
    ended = weakref.ref(pusher)
    held = [pusher]
    del pusher

    async def collect() -> None:
        held.clear()
        gc.collect()

    asyncio.run(collect())

    assert ended() is None
