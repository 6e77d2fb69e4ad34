"""The answer a custom resource owes CloudFormation: one, in time, whatever happened. Without it the stack hangs."""

import json
import time
import traceback
import urllib.request
from threading import Lock, Timer
from types import TracebackType
from typing import Any, Self

from mundotango.observability import logger

# Ours whatever becomes of the schema: another id would make CloudFormation delete the resource it knew before.
PHYSICAL_ID = "schema"
# CloudFormation accepts 4,096 bytes in all, and a reason is for people.
LONGEST_REASON = 1000
ATTEMPTS = 4
SEND_SECONDS = 10


class Answer:
    """Says FAILED by itself when the block raises, or has not answered `seconds` after it began."""

    def __init__(self, request: dict[str, Any], seconds: float) -> None:
        self._request = request
        self._once = Lock()
        self._watch = Timer(seconds, self.failed, ["not finished in time; see the log of the function"])
        self._watch.daemon = True

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._watch.cancel()
        if error is not None:
            # The stack alone: a message may quote what it is about, such as the secret, or the address to answer at.
            stack = "".join(traceback.format_tb(trace))
            logger().error("unexpected", cause=type(error).__name__, trace=stack)
            self.failed(f"unexpected {type(error).__name__}; see the log of the function")
        return isinstance(error, Exception)

    def succeeded(self, data: dict[str, str]) -> None:
        self._send({"Status": "SUCCESS", "NoEcho": True, "Data": data})

    def failed(self, reason: str) -> None:
        self._send({"Status": "FAILED", "Reason": reason[:LONGEST_REASON]})

    def _send(self, outcome: dict[str, Any]) -> None:
        if not self._once.acquire(blocking=False):
            return
        names = ("StackId", "RequestId", "LogicalResourceId")
        body = outcome | {name: self._request[name] for name in names}
        body["PhysicalResourceId"] = self._request.get("PhysicalResourceId", PHYSICAL_ID)
        put(self._request["ResponseURL"], json.dumps(body).encode())
        logger().info("answered", status=outcome["Status"], reason=outcome.get("Reason"))


def put(url: str, body: bytes) -> None:
    """Tried again when it fails; at the end it raises, and CloudFormation waits out its own time-out.

    The address is a capability and goes into no log.
    """
    # The signature covers an empty content type; without one, urllib would add its own.
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=SEND_SECONDS):  # noqa: S310 - CloudFormation's own address
                return
        except OSError as failure:
            logger().warning("answer not accepted", attempt=attempt, cause=type(failure).__name__)
            if attempt == ATTEMPTS:
                raise
            time.sleep(attempt)
