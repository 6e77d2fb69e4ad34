"""A push service on loopback (RFC 8030), in place of those of the browsers' makers: it keeps what it is sent, as it
came, for whoever asks for it by the address's last part, and forgets it when it stops. It reads nothing: it cannot.
"""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature

from devstack.browser import Browser, claims_of
from devstack.ports import LOOPBACK

MOST_BYTES = 4096
WAIT_SECONDS = 30.0

_running: dict[Path, PushServer] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)


class PushServer(ThreadingHTTPServer):
    """`answers` are what those who send to an address hear, where that is not 201."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.sent: dict[str, list[dict[str, str]]] = {}
        self.answers: dict[str, Answer] = {}
        self._thread = Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        return origin(self.server_port)

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def start(home: Path, port: int) -> None:
    """In this process, until `stop`."""
    _running[home] = PushServer(port)


def find(home: Path) -> PushServer:
    return _running[home]


def stop(home: Path) -> None:
    if (server := _running.pop(home, None)) is not None:
        server.close()


def origin(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def sent_to(browser: Browser) -> list[dict[str, Any]]:
    """What this browser would be shown, oldest first."""
    service, _, name = browser.endpoint.rpartition("/send/")
    kept = httpx.get(f"{service}/sent/{name}", timeout=10).raise_for_status().json()
    return [json.loads(browser.read(b64decode(one["body"]))) for one in kept]


def await_push(browser: Browser, number: int = 1, seconds: float = WAIT_SECONDS) -> list[dict[str, Any]]:
    """The same, as soon as there are so many.

    Raises:
        TimeoutError: there were fewer for so long.
    """
    deadline = time.monotonic() + seconds
    while len(found := sent_to(browser)) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(found)} pushes instead of {number} within {seconds:.0f} s")
        time.sleep(0.2)
    return found


class _Handler(BaseHTTPRequestHandler):
    server: PushServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = self.path.rpartition("/")[2]
        answer = self.server.answers.get(name) or Answer(self._judged(body))
        if answer.status == HTTPStatus.CREATED:
            kept = {"body": b64encode(body).decode()} | {key.lower(): value for key, value in self.headers.items()}
            self.server.sent.setdefault(name, []).append(kept)
        self._answer(answer.status, b"", answer.headers)

    def do_GET(self) -> None:
        self._answer(HTTPStatus.OK, json.dumps(self.server.sent.get(self.path.rpartition("/")[2], [])).encode(), {})

    def _judged(self, body: bytes) -> int:
        """As push services judge who sends."""
        if len(body) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if self.headers.get("Content-Encoding") != "aes128gcm" or not self.headers.get("TTL", "").isdecimal():
            return HTTPStatus.BAD_REQUEST
        try:
            claims, _ = claims_of(self.headers.get("Authorization", ""))
        except (ValueError, InvalidSignature):
            return HTTPStatus.UNAUTHORIZED
        left = claims["exp"] - time.time()
        good = claims["aud"] == self.server.origin and 0 < left <= 86400 and claims["sub"]
        return HTTPStatus.CREATED if good else HTTPStatus.FORBIDDEN

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:  # what is asked has addresses of devices in it
        pass
