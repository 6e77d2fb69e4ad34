"""As much of AWS on loopback as a function's first request asks for, answered at once: it is not what is timed.

DynamoDB: a table has one row at most, which stays as it is, and what was put last; all else finds nothing. Cognito:
nobody. S3: every object is the same picture. Every write succeeds.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

Rows = dict[str, dict[str, Any]]  # the one row of each table that has one


@contextmanager
def serve(picture: bytes, rows: Rows) -> Iterator[str]:
    """The address of a running stub."""

    class Handler(_Handler):
        object_body = picture
        items = rows
        last_put: ClassVar[Rows] = {}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    object_body = b""
    items: Rows
    last_put: ClassVar[Rows]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(self.object_body, "image/jpeg")

    def do_PUT(self) -> None:
        self._read()
        self._answer(b"", "text/plain")

    do_DELETE = do_PUT  # noqa: N815

    def do_POST(self) -> None:
        body = self._read()
        operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
        answer = self._operation(operation, json.loads(body)) if operation else {}
        self._answer(json.dumps(answer).encode(), "application/x-amz-json-1.0")

    def _operation(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        table = request.get("TableName", "")
        match operation:
            case "ListUsers":
                return {"Users": []}
            case "PutItem":
                self.last_put[table] = request["Item"]
            case "GetItem":
                put = self.last_put.get(table, {})
                found = put if request["Key"].items() <= put.items() else self.items.get(table)
                return {"Item": found} if found else {}
            case "DeleteItem" | "UpdateItem":
                return {"Attributes": request["Key"] | self.items.get(table, {})}
            case "BatchGetItem":
                rows = {name: [self.items[name]] if name in self.items else [] for name in request["RequestItems"]}
                return {"Responses": rows, "UnprocessedKeys": {}}
            case "Query" | "Scan":
                return {"Items": [], "Count": 0, "ScannedCount": 0}
        return {}

    def _read(self) -> bytes:
        if self.headers.get("transfer-encoding", "") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: what is timed writes its own lines."""
