"""What the framework costs a warm request: the whole handler, from Lambda's event to its answer, beside the bare work.

The bare work is the same use case, so the same SQL over the same pool, the same schema, and its JSON; without FastAPI,
Mangum, the layers around them, validation of what was asked and the line in the log. PostgreSQL and Valkey are real, on
loopback; DynamoDB is a fake in this process, on both sides. Both sides take turns, and the medians are compared.

Run it by `python -m bench.request`; its last line is JSON. `feed_ratio` is the handler's time for GET /api/feed over
the bare time; `cached_ms` and `uncached_ms` are the handler's for a profile that the cache has, and has not.
"""

import copy
import json
import os
import statistics
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from uuid import UUID

import redis
from psycopg import Connection
from rich.console import Console
from rich.table import Table

from bench import planted_events, stores
from functions.api.handler import door
from functions.api.profiles import shown
from functions.api.routes.posts.posts import seen_by
from functions.api.schemas.events import EventBody, EventPage
from functions.api.schemas.posts import PostPage
from functions.api.schemas.users import KeptProfile, ProfileBody, RelationBody
from mundotango.agenda.model import Query
from mundotango.agenda.service import list_events
from mundotango.bootstrap import Platform
from mundotango.events.model import event_payload
from mundotango.feed.service import list_home
from mundotango.pagination import DEFAULT_LIMIT
from mundotango.users.service import get_id, get_page, get_relation
from tests.fixtures.gateway import PAYLOADS, fake_platform

ROUNDS = 400
READER = UUID(int=1)
HANDLE = "dancer_7"
AIM = 1.5

Timed = Callable[[], object]


def plant(connection: Connection) -> None:
    """A reader who follows 300 of 2,000 people, each with ten posts."""
    connection.execute(
        """
        INSERT INTO users (id, handle, display_name, bio, city, created_at, updated_at)
        SELECT lpad(to_hex(n), 32, '0')::uuid, 'dancer_' || n, 'Dancer ' || n, '', 'Buenos Aires', now(), now()
        FROM generate_series(1, 2000) AS n
        """
    )
    connection.execute(
        """
        INSERT INTO follows (follower_id, followee_id, created_at)
        SELECT %(reader)s, lpad(to_hex(n), 32, '0')::uuid, now() FROM generate_series(2, 301) AS n
        """,
        {"reader": READER},
    )
    connection.execute(
        """
        INSERT INTO posts (id, user_id, body, city, created_at, version)
        SELECT gen_random_uuid(), lpad(to_hex(1 + n %% 2000), 32, '0')::uuid,
               repeat('Anoche en la milonga. ', 8), 'Buenos Aires', now() - n * interval '1 minute', 1
        FROM generate_series(1, 20000) AS n
        """,
        {},
    )
    connection.execute("ANALYZE")


class Sides:
    """Each request by the handler, and what it does bare."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._door = door(platform)
        recorded = json.loads((PAYLOADS / "http_api_v2.json").read_text(encoding="utf-8"))
        recorded["requestContext"]["authorizer"]["jwt"]["claims"] |= {"sub": str(READER), "username": str(READER)}
        self._recorded = recorded

    def handler(self, path: str) -> Timed:
        """Its first call is made here, so that what is timed is warm."""
        event = copy.deepcopy(self._recorded)
        event["requestContext"]["http"] |= {"method": "GET", "path": path}
        event |= {"rawPath": path, "rawQueryString": ""}

        def call() -> object:
            answer = self._door(event, None)  # type: ignore[arg-type]
            if answer["statusCode"] != 200:
                raise SystemExit(f"bench: {path} answered {answer['statusCode']}: {answer['body']}")
            return answer

        call()
        return call

    def bare_feed(self) -> str:
        with self._platform.unit_of_work() as work:
            page = list_home(work, READER, None, DEFAULT_LIMIT)
        items = seen_by(self._platform, page.items, READER)
        return PostPage(items=items, next_cursor=page.next_cursor).model_dump_json()

    def bare_profile(self) -> str:
        with self._platform.unit_of_work() as work:
            user_id = get_id(work, HANDLE)
            profile = KeptProfile.model_validate(get_page(work, user_id))
            stands = None if user_id == READER else RelationBody.model_validate(get_relation(work, READER, user_id))
        return ProfileBody(**shown(profile, self._platform.clock.now()), relation=stands).model_dump_json()

    def bare_events(self) -> str:
        with self._platform.unit_of_work() as work:
            page = list_events(work, Query(), limit=DEFAULT_LIMIT, clock=self._platform.clock)
        items = [EventBody.model_validate(event_payload(event)) for event in page.items]
        return EventPage(items=items, next_cursor=page.next_cursor).model_dump_json()


@dataclass(frozen=True, slots=True)
class Case:
    """`before` is done before each call and is no part of its time."""

    name: str
    handler: Timed
    bare: Timed
    before: Callable[[], object] = lambda: None


def timed(cases: list[Case]) -> dict[str, tuple[float, float]]:
    """The medians of both sides in ms: they take turns, in an order that turns round each time."""
    found: dict[str, tuple[list[float], list[float]]] = {case.name: ([], []) for case in cases}
    for turn in range(ROUNDS):
        for case in cases if turn % 2 == 0 else reversed(cases):
            for side, call in sorted(enumerate((case.handler, case.bare)), reverse=bool(turn % 2)):
                case.before()
                started = perf_counter()
                call()
                found[case.name][side].append(perf_counter() - started)
    return {
        name: (1000 * statistics.median(handler), 1000 * statistics.median(bare))
        for name, (handler, bare) in found.items()
    }


def measure() -> dict[str, tuple[float, float]]:
    with stores.running() as found, redis.Redis(port=found.cache_port) as server:
        with found.owner() as connection:
            planted_events.plant(connection)
            plant(connection)
        os.environ.update(found.environment())
        platform = fake_platform()
        del platform.cache  # the real one, of Platform's own making
        sides = Sides(platform)
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            return timed(
                [
                    Case("feed", sides.handler("/api/feed"), sides.bare_feed),
                    Case("profile, cached", sides.handler(f"/api/users/{HANDLE}"), sides.bare_profile),
                    Case(
                        "profile, not cached",
                        sides.handler(f"/api/users/{HANDLE}"),
                        sides.bare_profile,
                        server.flushall,
                    ),
                    Case("events, cached", sides.handler("/api/public/events"), sides.bare_events),
                    Case("events, not cached", sides.handler("/api/public/events"), sides.bare_events, server.flushall),
                ]
            )


def main() -> None:
    found = measure()
    table = Table(title=f"Warm requests, median of {ROUNDS}, in ms", title_justify="left")
    for heading in ("request", "handler", "bare", "ratio"):
        table.add_column(heading, justify="left" if heading == "request" else "right")
    for name, (handler, bare) in found.items():
        table.add_row(name, f"{handler:.2f}", f"{bare:.2f}", f"{handler / bare:.2f}")
    Console().print(table)
    feed_ratio = found["feed"][0] / found["feed"][1]
    print(f"feed_ratio {feed_ratio:.2f} (aim {AIM})")
    told = {
        "feed_ratio": round(feed_ratio, 2),
        "cached_ms": round(found["profile, cached"][0], 2),
        "uncached_ms": round(found["profile, not cached"][0], 2),
    }
    print(json.dumps({"bench": "request", **told}))


if __name__ == "__main__":
    main()
