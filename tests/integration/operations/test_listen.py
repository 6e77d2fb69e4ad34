"""`mundo realtime listen` as somebody types it, against a site on loopback."""

import asyncio
import base64
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from operations import cli
from operations.realtime import listen
from operations.realtime.caller import Caller, SignedOut, seconds_left
from operations.refusal import Refusal
from tests.fakes.scripted_gateway import Frame, Peer, ScriptedGateway, at, post

TOKEN = "token"


class Site:
    """The API's two routes for sockets, and a socket server, each in a thread of its own."""

    def __init__(self) -> None:
        self.gateway = ScriptedGateway()
        self.asked: list[tuple[str, Any, str]] = []
        self.status = 201
        self._loop = asyncio.new_event_loop()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._threads = [
            threading.Thread(target=self._loop.run_forever),
            threading.Thread(target=self._http.serve_forever, args=(0.01,)),
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "Site":
        for thread in self._threads:
            thread.start()
        self.run(self.gateway.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.gateway.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._http.shutdown()
        for thread in self._threads:
            thread.join()
        self._http.server_close()
        self._loop.close()

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
                site.asked.append((self.path, body, self.headers["Authorization"]))
                answer = {"ticket": "the-ticket", "grant": "the-grant", "detail": "said why"}
                self.send_response(site.status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with Site() as opened:
        monkeypatch.setattr(listen, "_socket_url", lambda *_: opened.gateway.url)
        yield opened


@pytest.fixture
def token(tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return str(path)


def mundo(monkeypatch: pytest.MonkeyPatch, site: Site, *arguments: str, meanwhile: Callable[[], None]) -> int:
    """Its exit code, when it ends by itself or by the Ctrl-C that follows `meanwhile`."""
    monkeypatch.setattr("sys.argv", ["mundo", "realtime", "listen", "--site", site.url, *arguments])
    ended, failures = threading.Event(), list[Exception]()

    def act() -> None:
        try:
            meanwhile()
            time.sleep(0.1)  # until it is printed
        except Exception as failure:  # noqa: BLE001 - told by the test, not by the thread
            failures.append(failure)
        if not ended.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    acting = threading.Thread(target=act)
    acting.start()
    try:
        with pytest.raises(SystemExit) as exit_:
            cli.main()
    finally:
        ended.set()
        acting.join()
    assert failures == []
    return int(exit_.value.code or 0)


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.005)


def test_prints_what_comes_until_ctrl_c_and_comes_back_in_between(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cut() -> None:
        site.gateway.last.cut()

    def meanwhile() -> None:
        until(lambda: bool(site.gateway.peers) and site.gateway.last.asked("subscribe") != [])
        site.run(site.gateway.happens("city:lima"))
        site.run(site.gateway.happens("home"))
        site.run(cut())
        until(lambda: len(site.gateway.peers) == 2)
        site.run(site.gateway.happens(post(1)))

    arguments = ("--token-file", token, "--json", "--channel", "city:lima", "--channel", post(1))
    assert mundo(monkeypatch, site, *arguments, meanwhile=meanwhile) == 0

    printed = capsys.readouterr()
    told = [frame for frame in map(json.loads, printed.out.splitlines()) if "data" in frame]
    assert told == site.gateway.log
    assert printed.err.count("mundo: listening") == 2
    assert "Traceback" not in printed.err
    assert {path for path, _, _ in site.asked} == {"/api/realtime/tickets", "/api/realtime/grants"}
    assert ("/api/realtime/grants", {"channels": [post(1)]}, f"Bearer {TOKEN}") in site.asked


def test_prints_a_line_a_frame_for_people(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def meanwhile() -> None:
        until(lambda: bool(site.gateway.peers) and site.gateway.last.asked("resume") != [])
        site.run(site.gateway.happens("home"))

    assert mundo(monkeypatch, site, "--token-file", token, meanwhile=meanwhile) == 0

    [line] = [line for line in capsys.readouterr().out.splitlines() if "post.created" in line]
    assert line.startswith("20:00:00 post.created         home {")
    assert "La Viruta" in line


def test_is_over_when_the_server_says_so(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def suspend(peer: Peer, question: Frame) -> None:
        await site.gateway.resumed(peer, question)
        await peer.say({"v": 1, "type": "closing", "code": "suspended", "reconnect": False})

    site.gateway.answers = {"resume": suspend}
    monkeypatch.setattr("sys.argv", ["mundo", "realtime", "listen", "--site", site.url, "--token-file", token])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert capsys.readouterr().err.endswith("mundo: the server ended the connection: suspended; sign in again\n")


def test_says_which_channel_it_may_not_listen_to(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse(peer: Peer, question: Frame) -> None:
        await site.gateway.error(peer, question, "not-allowed", channel=post(1))

    site.gateway.answers = {"subscribe": refuse}
    monkeypatch.setattr("sys.argv", [
        "mundo", "realtime", "listen", "--site", site.url, "--token-file", token, "--channel", post(1)
    ])  # fmt: skip
    with pytest.raises(SystemExit, match="1"):
        cli.main()

    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"mundo: {post(1)}: not-allowed; name channels that this person may see"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "it is not said who listens; give --email, or --token-file"),
        (["--token-file", "/no/such/file"], "/no/such/file cannot be read"),
        (["--token-file", "TOKEN"], "the access token is not valid, or no longer; sign in again"),
    ],
    ids=["nobody", "no file", "signed out"],
)
def test_an_error_is_one_line(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], said: str,
) -> None:  # fmt: skip
    site.status = 401
    given = [token if each == "TOKEN" else each for each in arguments]
    monkeypatch.setattr("sys.argv", ["mundo", "realtime", "listen", "--site", site.url, *given])
    with pytest.raises(SystemExit, match="1"):
        cli.main()

    printed = capsys.readouterr()
    assert printed.err.startswith(f"mundo: {said}")
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def jwt(seconds: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + seconds}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


def test_signs_in_again_before_its_token_ends(site: Site) -> None:
    tokens = [jwt(60), jwt(3600), jwt(3600)]
    caller = Caller(site.url, sign_in=lambda: tokens.pop(0))
    for _ in range(3):
        assert caller.ticket() == "the-ticket"
    assert len(tokens) == 1, "the first had little left, the second had not"
    caller.close()


def test_what_the_api_refuses_is_a_refusal(site: Site) -> None:
    caller = Caller(site.url, token=TOKEN)
    site.status = 503
    with pytest.raises(Refusal, match="answered 503: said why"):
        caller.grant([post(1)])
    site.status = 401
    with pytest.raises(SignedOut):
        caller.ticket()
    caller.close()
    assert seconds_left("no token") == seconds_left(f"a.{at(1)}.c") == 0.0
