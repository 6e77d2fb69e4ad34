"""The functions as AWS calls them, over the real PostgreSQL and Valkey and moto's DynamoDB, S3 and SQS, each metered.

Nothing in here listens: sockets are told by a pusher that counts. What a table's stream would bring is brought to the
functions that read it, through the filters that the template has.
"""

import io
import json
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import boto3
import psycopg
import redis

from bench.write_meter import WriteMeter
from functions.api.handler import door
from functions.counters import handler as counters
from functions.effects import handler as effects
from functions.image_worker import handler as image_worker
from functions.push import handler as push
from functions.ws_connect import authorizer
from functions.ws_connect import handler as ws_connect
from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.dynamodb import bind, connection
from mundotango.bootstrap import Platform
from mundotango.commands.repository import CommandRow
from mundotango.limits.repository import RateRow
from mundotango.media.repository import MediaRow
from mundotango.notifications.inbox_table import NotificationRow
from mundotango.privacy.ledger import ErasureRow
from mundotango.reactions.counters import CounterRow
from mundotango.reactions.repository import ReactionRow
from mundotango.realtime.connections import ConnectionRow
from mundotango.realtime.edges import EdgeRow
from mundotango.realtime.model import Delivery, Outcome, Socket
from mundotango.realtime.repository import ActivityRow, TicketRow
from operations.cost.measuring.meters import AwsMeter
from operations.streams import as_brought

REGION = settings.Region("us-east-1", "")
TABLES: dict[str, Any] = {
    "activities": ActivityRow,
    "commands": CommandRow,
    "connections": ConnectionRow,
    "counters": CounterRow,
    "edges": EdgeRow,
    "erasures": ErasureRow,
    "idempotency": RateRow,
    "media": MediaRow,
    "notifications": NotificationRow,
    "reactions": ReactionRow,
    "tickets": TicketRow,
}
QUEUES = ("chunks", "mails", "web_pushes")
BUCKETS = ("uploads", "media")


@dataclass(slots=True)
class Invocation:
    """Milliseconds of a processor: the function's without what the emulator took, and PostgreSQL's. Waits are left out,
    as they tell more of what else this machine does than of the platform."""

    function: str
    cpu_ms: float
    database_ms: float
    waits: Counter[str]
    sql: int
    cache: int
    log_bytes: int
    answer_bytes: int


@dataclass(slots=True)
class Spent:
    """What one action took, all functions together, and by invocation."""

    invocations: list[Invocation] = field(default_factory=list)
    writes: Counter[str] = field(default_factory=Counter)
    expiries: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    cache_commands: int = 0
    cache_bytes: int = 0


class CountingPusher:
    def __init__(self) -> None:
        self.frames = 0

    def send(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self.frames += len(deliveries)
        return ["sent"] * len(deliveries)

    def close(self, sockets: Collection[Socket]) -> None:
        """There is nothing to close."""


class Clock:
    """The system's, put forward as often as somebody waits."""

    def __init__(self) -> None:
        self._waited = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self._waited

    def wait(self, seconds: float) -> None:
        self._waited += timedelta(seconds=seconds)


class Stage:
    """`call` is one invocation; what it took is put to what the action under way has spent, at home and elsewhere."""

    def __init__(self, cache: "redis.Redis", aws: AwsMeter, database: psycopg.Connection) -> None:
        self._cache, self._aws, self._database = cache, aws, database
        self.pusher = CountingPusher()
        self.platform = Platform()
        self.platform.pusher = self.pusher
        self.clock = Clock()
        self.platform.clock = self.clock
        self._elsewhere = Platform()
        self._elsewhere.pusher, self._elsewhere.clock = self.pusher, self.clock
        self._elsewhere.region = replace(REGION, home="eu-west-1")
        self._acting = self.platform
        self.streams = Streams()
        for module in (counters, effects, image_worker, push, ws_connect, authorizer):
            module.platform = lambda: self._acting  # type: ignore[attr-defined]
        self._handlers: dict[str, Callable[[Any, Any], Any]] = {
            "ApiFunction": door(self.platform),
            "CountersFunction": counters.lambda_handler,
            "EffectsFunction": effects.lambda_handler,
            "ImageWorkerFunction": image_worker.lambda_handler,
            "PushFunction": push.lambda_handler,
            "WsAuthorizerFunction": authorizer.lambda_handler,
            "WsConnectFunction": ws_connect.lambda_handler,
        }
        self._writes: WriteMeter | None = None
        self.spent, self.elsewhere = Spent(), Spent()

    def meter_writes(self, reader: Any) -> None:
        """From here on; it reads each item before and after, so times are of no use meanwhile."""
        written_by: Any = connection(REGION).client
        self._writes = WriteMeter(written_by, reader)

    def call(self, function: str, event: dict[str, Any]) -> Any:
        self._aws.reset()
        if self._writes:
            self._writes.reset()
        self.pusher.frames = 0
        before, worked = _traffic(self._cache), self._backends()
        log = io.StringIO()
        with redirect_stdout(log), _log_to(log):
            cpu_started = process_time()
            answer = self._handlers[function](event, None)
            cpu = process_time() - cpu_started
        after = _traffic(self._cache)
        database_ms = sum(ns - worked.get(pid, 0) for pid, ns in self._backends().items()) / 1e6
        commands = after[0] - before[0] - 1  # one is the question itself
        self.spent.cache_commands += commands
        self.spent.cache_bytes += after[1] - before[1] - self._question_bytes
        self._note(function, cpu, database_ms, commands, log.getvalue(), answer)
        return answer

    def _backends(self) -> dict[int, int]:
        """Nanoseconds that each of the platform's sessions has had of a processor, as the kernel counts them."""
        rows = self._database.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'mundo_app'").fetchall()
        return {pid: int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) for (pid,) in rows}

    @property
    def _question_bytes(self) -> int:
        first, second = _traffic(self._cache), _traffic(self._cache)
        return second[1] - first[1]

    def _note(self, function: str, cpu: float, database_ms: float, commands: int, log: str, answer: Any) -> None:
        cpu_ms = 1000 * max(cpu - self._aws.cpu_seconds_away, 0)
        body = len(json.dumps(answer, default=str)) if answer is not None else 0
        waits, statements = self._aws.waits, _statements(log)
        self.spent.invocations.append(
            Invocation(function, cpu_ms, database_ms, waits, statements, commands, len(log), body)
        )
        self.spent.reads += self._aws.reads
        self.spent.requests += self._aws.requests
        self.spent.bytes += self._aws.bytes
        self.spent.frames += self.pusher.frames
        if self._writes:
            self.spent.writes += self._writes.units
            self.spent.expiries += self._writes.expiries

    def follow(self) -> None:
        """Brings what the streams have to their readers, and what those write to its readers, until nothing is left."""
        while any(self._bring(*each) for each in READERS):
            pass

    def _bring(self, table: str, function: str, wanted: Callable[[dict[str, Any]], bool]) -> bool:
        records = [as_brought(record, self.clock.now()) for record in self.streams.new(table) if wanted(record)]
        if records:
            answer = self.call(function, {"Records": records})
            if answer["batchItemFailures"]:
                raise SystemExit(f"mundo: {function} did not take a batch of {table}")
            if table in ELSEWHERE_TOO:
                self._bring_elsewhere(function, records)
        return bool(records)

    def _bring_elsewhere(self, function: str, records: list[dict[str, Any]]) -> None:
        """What the same records take in a region that is not home, which tells its own sockets and no more."""
        self.spent, self.elsewhere, self._acting = self.elsewhere, self.spent, self._elsewhere
        try:
            self.call(function, {"Records": records})
        finally:
            self.spent, self.elsewhere, self._acting = self.elsewhere, self.spent, self.platform


def _status(record: dict[str, Any]) -> bool:
    image = record["dynamodb"].get("NewImage", {})
    return image.get("status", {}).get("S") in ("received", "ready", "failed")


def _told_once(record: dict[str, Any]) -> bool:
    return record["dynamodb"]["Keys"]["target"]["S"].startswith("post#") and "tb" in record["dynamodb"].get(
        "NewImage", {}
    )


# What every region is told of, each for its own sockets.
ELSEWHERE_TOO = {"activities", "counters"}
READERS: tuple[tuple[str, str, Callable[[dict[str, Any]], bool]], ...] = (
    ("reactions", "CountersFunction", lambda record: record["eventName"] in ("INSERT", "MODIFY")),
    ("media", "PushFunction", _status),
    ("activities", "PushFunction", lambda record: record["eventName"] == "INSERT"),
    ("counters", "PushFunction", _told_once),
    ("commands", "EffectsFunction", lambda _: False),  # mails and identities have no emulator here
)


class Streams:
    """Of the tables at moto, each read on from where it was read to."""

    def __init__(self) -> None:
        self._streams = boto3.client("dynamodbstreams", REGION.name)
        self._tables = boto3.client("dynamodb", REGION.name)
        self._following: dict[str, str] = {}

    def new(self, table: str) -> list[dict[str, Any]]:
        """moto has two records of an update that makes a row, DynamoDB one: the first has nothing but the key."""
        return [each for each in self._rest(table) if each["dynamodb"].get("NewImage") != each["dynamodb"]["Keys"]]

    def _rest(self, table: str) -> Iterator[dict[str, Any]]:
        following = self._following.get(table) or self._beginning(table)
        while (page := self._streams.get_records(ShardIterator=following, Limit=1000))["Records"]:
            yield from map(dict, page["Records"])
            following = page["NextShardIterator"]
        self._following[table] = following

    def _beginning(self, table: str) -> str:
        arn = self._tables.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        shard = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        asked = self._streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return str(asked["ShardIterator"])


def make_stores() -> dict[str, str]:
    """Tables, queues and buckets at moto; how a function is told of them."""
    told: dict[str, str] = {}
    for name, model in TABLES.items():
        table = bind(model, name, REGION)
        table.Meta.stream_view_type = "NEW_AND_OLD_IMAGES"
        table.create_table(billing_mode="PAY_PER_REQUEST")
        told[f"{name.upper()}_TABLE"] = name
    s3, sqs = boto3.client("s3", REGION.name), boto3.client("sqs", REGION.name)
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket)
        told[f"{bucket.upper()}_BUCKET"] = bucket
    for queue in QUEUES:
        told[f"{queue.upper()}_QUEUE"] = sqs.create_queue(QueueName=queue)["QueueUrl"]
    return told


def _traffic(cache: "redis.Redis") -> tuple[int, int]:
    """Commands and bytes so far, both ways."""
    stats: Any = cache.info("stats")
    return stats["total_commands_processed"], stats["total_net_input_bytes"] + stats["total_net_output_bytes"]


def _statements(log: str) -> int:
    found = 0
    for line in log.splitlines():
        if line.startswith("{"):
            found += int(json.loads(line).get("sql_statements", 0))
    return found


@contextmanager
def _log_to(stream: io.StringIO) -> Iterator[None]:
    """The logger keeps the standard output it was made with."""
    kept = [
        (handler, handler.stream)
        for name in list(logging.root.manager.loggerDict)
        for handler in getattr(logging.root.manager.loggerDict[name], "handlers", ())
        if isinstance(handler, logging.StreamHandler)
    ]
    for handler, _ in kept:
        handler.setStream(stream)
    try:
        yield
    finally:
        for handler, original in kept:
            handler.setStream(original)
