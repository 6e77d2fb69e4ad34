"""What a handler uses of AWS while it runs, read off its calls: units of DynamoDB, requests and bytes of S3 and SQS.

The stores are moto's, in the same process: what they take of the processor is known here, to be taken off.
Writes are reckoned by bench/write_meter.py, reads here: half a unit for each 4 KB begun of an item got or of a page
asked for, twice that when it is read consistently; a key that has nothing costs as the smallest item does.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from math import ceil
from threading import Lock, current_thread, local
from time import sleep, thread_time
from typing import Any

from botocore import handlers

from bench.write_meter import size_of

READ_UNIT = 4096
A_CALL = 0.005  # seconds


class AwsMeter:
    """Sees the calls of every client made while it is `installed`; `reads` in units by table."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, Counter[str]]] = {}
        self.reads: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.cpu_seconds_away = 0.0
        self._left = local()
        self._lock = Lock()

    def reset(self) -> None:
        self._calls.clear()
        for counter in (self.reads, self.requests, self.bytes):
            counter.clear()
        self.cpu_seconds_away = 0.0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """As moto gets between botocore and the network: in the list each new session takes its handlers from."""
        mine: list[Any] = [
            ("before-parameter-build", self._asked),
            ("before-call", self._begins),
            ("before-send", self._leaves, handlers.REGISTER_FIRST),
            ("before-send", self._returns, handlers.REGISTER_LAST),
            ("after-call", self._answered),
        ]
        handlers.BUILTIN_HANDLERS += mine
        try:
            yield
        finally:
            for each in mine:
                handlers.BUILTIN_HANDLERS.remove(each)

    def _asked(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def _begins(self, model: Any, **_: Any) -> None:
        thread = current_thread().name  # of a pool, with a number behind it
        with self._lock:
            mine = self._calls.setdefault(thread.rpartition("_")[0], {}).setdefault(thread, Counter())
            mine[str(model.service_model.service_name)] += 1
        sleep(A_CALL)  # or one thread would make the calls of all

    @property
    def waits(self) -> Counter[str]:
        """Calls by service; of threads that work side by side, those of the one that makes most."""
        return sum((max(threads.values(), key=Counter.total) for threads in self._calls.values()), Counter[str]())

    def _leaves(self, **_: Any) -> None:
        self._left.at = thread_time()

    def _returns(self, **_: Any) -> None:
        with self._lock:
            self.cpu_seconds_away += thread_time() - self._left.at

    def _answered(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        service = str(model.service_model.service_name)
        asked = context.get("asked", {})
        if service == "dynamodb":
            for table, units in _read_units(model.name, asked, parsed):
                with self._lock:
                    self.reads[table] += units  # type: ignore[assignment]
        else:
            self.requests[f"{service} {model.name}"] += 1
            self.bytes[f"{service} {model.name}"] += _bytes_of(asked, parsed)


def _read_units(operation: str, asked: dict[str, Any], parsed: dict[str, Any]) -> Iterator[tuple[str, float]]:
    match operation:
        case "GetItem":
            yield asked["TableName"], _units(parsed.get("Item"), consistent=asked.get("ConsistentRead"))
        case "Query" | "Scan":
            read = sum(map(size_of, parsed.get("Items", ())))
            yield asked["TableName"], _page(read, consistent=asked.get("ConsistentRead"))
        case "BatchGetItem":
            for table, wanted in asked["RequestItems"].items():
                found = parsed.get("Responses", {}).get(table, [])
                missing = [None] * (len(wanted["Keys"]) - len(found))
                consistent = wanted.get("ConsistentRead")
                yield table, sum(_units(item, consistent=consistent) for item in (*found, *missing))
        case "TransactGetItems":
            for each in asked["TransactItems"]:
                yield each["Get"]["TableName"], 2.0


def _units(item: dict[str, Any] | None, *, consistent: bool | None) -> float:
    return _page(size_of(item) if item else 0, consistent=consistent)


def _page(size: int, *, consistent: bool | None) -> float:
    return max(ceil(size / READ_UNIT), 1) * (1.0 if consistent else 0.5)


def _bytes_of(asked: dict[str, Any], parsed: dict[str, Any]) -> int:
    body = asked.get("Body")
    if isinstance(body, BytesIO):  # as botocore wraps bytes
        return len(body.getbuffer())
    return int(parsed.get("ContentLength", 0))
