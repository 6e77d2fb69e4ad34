"""The gateway's management address on loopback: takes frames for open sockets, and fails as the real one does."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from tests.factories.certificates import certificate_and_key


class SocketGateway:
    """`throttled` and `broken` say how many times a connection is refused first; `hanging` ones never answer."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self.closed: list[str] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.peers: set[int] = set()
        self.gone: set[str] = set()
        self.hanging: set[str] = set()
        self.throttled: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.refused: set[str] = set()
        self._scheme = "http"
        self._connections: list[socket] = []
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def speak_tls(self, folder: Path) -> Path:
        """From now on, with a certificate of its own, which it returns."""
        chain = folder / "gateway.pem"
        chain.write_bytes(certificate_and_key("127.0.0.1"))
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"
        return chain

    def hang_up(self) -> None:
        """End every connection, as a server does with those that are idle for long."""
        while self._connections:
            connection = self._connections.pop()
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, connection_id: str, text: str) -> int:
        if connection_id in self.hanging - self.gone:
            self._released.wait()
        refused = self._refusal(connection_id)
        if refused is None:
            self.received.append((connection_id, text))
        return refused or 200

    def close(self, connection_id: str) -> int:
        """A socket that takes nothing is closed all the same."""
        refused = self._refusal(connection_id)
        if refused is None:
            self.closed.append(connection_id)
            self.gone.add(connection_id)
        return refused or 204

    def _refusal(self, connection_id: str) -> int | None:
        if connection_id in self.gone:
            return 410
        if connection_id in self.refused:
            return 403
        for waiting, status in ((self.throttled, 429), (self.broken, 502)):
            if waiting[connection_id]:
                waiting[connection_id] -= 1
                return status
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                gateway._connections.append(self.request)
                super().setup()

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(gateway.take, text)

            def do_DELETE(self) -> None:
                self._answer(gateway.close)

            def _answer(self, ask: Callable[..., int], *text: str) -> None:
                gateway.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                gateway.peers.add(self.client_address[1])
                status = ask(unquote(self.path.rpartition("/")[2]), *text)
                if gateway._released.is_set():
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
