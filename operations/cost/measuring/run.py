"""Plays each act several times: first for its times, then once more for its units, which does not meter time."""

import json
import os
import platform
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC
from typing import Any, NamedTuple

import boto3
import redis
from moto import mock_aws
from rich.console import Console

from bench import planted_events, stores
from bench.registration import announce
from bench.request import READER, plant
from bench.subjects import ORIGIN
from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from operations.cost.consumption import PATH
from operations.cost.measuring.acting import ACTS, COLD, TIMES, Town, photograph
from operations.cost.measuring.meters import AwsMeter
from operations.cost.measuring.stage import REGION, Invocation, Spent, Stage, make_stores

ROUNDS = 5
HEAVY_ROUNDS = 2  # of a picture, which takes seconds, and of many likes


@contextmanager
def _staged(console: Console) -> Iterator[tuple[Stage, Town, Any, "redis.Redis"]]:
    meter = AwsMeter()
    with stores.running() as found, redis.Redis(port=found.cache_port) as cache, mock_aws(), ExitStack() as stack:
        reader = boto3.client("dynamodb", REGION.name)
        with console.status("planting a town"), found.owner() as connection:
            planted_events.plant(connection)
            plant(connection)
            posts = [row[0] for row in connection.execute("SELECT id FROM posts ORDER BY id LIMIT 4000")]
            people = [row[0] for row in connection.execute("SELECT id FROM users WHERE handle LIKE 'dancer_%'")]
            events = [row[0] for row in connection.execute("SELECT id FROM events ORDER BY id LIMIT 500")]
        os.environ.pop("AWS_ENDPOINT_URL", None)
        os.environ.update(found.environment() | {"SITE_URL": ORIGIN, "ORIGIN_SECRET_SHA256": ""})
        os.environ["DATABASE_POOL_SIZE"] = "1"
        pool = Database(settings.Database.from_env(), REGION.name)
        occurrence = announce(pool, READER)
        with meter.installed():  # before the first client is made, which is the functions' own
            os.environ.update(make_stores())
            stage = Stage(cache, meter, stack.enter_context(found.owner()))
            yield stage, Town(posts, people, events, occurrence, photograph()), reader, cache
        stage.platform.database.close()
        pool.close()


def measure(console: Console) -> dict[str, Any]:
    with _staged(console) as (stage, town, reader, cache):
        times = {name: _timed(stage, town, cache, name, console) for name in ACTS}
        stage.meter_writes(reader)
        units = {name: _played(stage, town, cache, name) for name in ACTS}
        kept = {"picture_bytes": len(town.photograph)}
    found = {name: _merged(name, [one.home for one in times[name]], units[name].home) for name in ACTS}
    elsewhere = {name: _merged(name, [one.elsewhere for one in times[name]], units[name].elsewhere) for name in ACTS}
    return kept | {"acts": found, "elsewhere": {name: act for name, act in elsewhere.items() if act["functions"]}}


class Played(NamedTuple):
    home: Spent
    elsewhere: Spent


def _timed(stage: Stage, town: Town, cache: "redis.Redis", name: str, console: Console) -> list[Played]:
    with console.status(f"timing {name}"):
        _played(stage, town, cache, name)  # what is imported and connected once is no part of it
        rounds = HEAVY_ROUNDS if name in ("picture", "many_likes") else ROUNDS
        return [_played(stage, town, cache, name) for _ in range(rounds)]


def _played(stage: Stage, town: Town, cache: "redis.Redis", name: str) -> Played:
    if name in COLD:
        cache.flushall()
    stage.spent, stage.elsewhere = Spent(), Spent()
    ACTS[name](stage, town)
    return Played(stage.spent, stage.elsewhere)


def _merged(name: str, times: list[Spent], units: Spent) -> dict[str, Any]:
    often = TIMES.get(name, 1)
    return {
        "functions": {function: _each(used, often) for function, used in _functions(times).items()},
        "writes": _each(+units.writes, often),
        "expiries": _each(+units.expiries, often),
        "reads": _each(+units.reads, often),
        "requests": _each(+units.requests, often),
        "bytes": _each(+units.bytes, often),
        "frames": units.frames / often,
        "cache_commands": units.cache_commands / often,
        "cache_bytes": units.cache_bytes / often,
    }


def _each(summed: Mapping[str, Any], often: int) -> dict[str, Any]:
    """Of one act, where so many were played."""
    return {
        name: _each(amount, often) if isinstance(amount, Mapping) else round(float(amount) / often, 2)
        for name, amount in summed.items()
    }


def _functions(times: list[Spent]) -> dict[str, dict[str, Any]]:
    """By function, all its invocations of an act together; of times the least, as the machine has other work too."""
    found: dict[str, dict[str, Any]] = {}
    for function in dict.fromkeys(each.function for spent in times for each in spent.invocations):
        rounds = [[each for each in spent.invocations if each.function == function] for spent in times]
        last = rounds[-1]
        found[function] = {
            "invocations": statistics.median_low([len(each) for each in rounds]),
            "cpu_ms": _least(rounds, "cpu_ms"),
            "database_ms": _least(rounds, "database_ms"),
            "waits": dict(sum((each.waits for each in last), Counter[str]())),
            "sql": sum(each.sql for each in last),
            "cache": sum(each.cache for each in last),
            "log_bytes": sum(each.log_bytes for each in last),
            "answer_bytes": sum(each.answer_bytes for each in last),
        }
    return found


def _least(rounds: list[list[Invocation]], name: str) -> float:
    return round(min(sum(float(getattr(each, name)) for each in one) for one in rounds), 2)


def main() -> None:
    console = Console(stderr=True)
    found = measure(console)
    head = {
        "about": "Made by python -m operations.cost.measuring; the times are of one processor of the machine named.",
        "measured": SystemClock().now().astimezone(UTC).date().isoformat(),
        "processor": platform.machine(),
    }
    PATH.write_text(json.dumps(head | found, indent=1, sort_keys=False) + "\n", encoding="utf-8")
    console.print(f"wrote {PATH.name}: {len(found['acts'])} acts")
