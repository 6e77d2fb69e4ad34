"""What the framework costs a warm request: the whole handler, from Lambda's event to its answer, beside the bare work.

The bare work is the same use case, so the same SQL over the same pool, the same schema, and its JSON; without FastAPI,
Mangum, the layers around them, validation of what was asked and the line in the log. PostgreSQL and Valkey are real, on
loopback; DynamoDB is a fake in this process, on both sides. Both sides take turns, and the medians are compared.

Run it by `python -m bench.request`; its last line is JSON. `feed_ratio` is the handler's time for GET /api/feed over
the bare time; `cached_ms` and `uncached_ms` are the handler's for a profile that the cache has, and has not.
"""

import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter
from uuid import UUID

from psycopg import Connection
from rich.console import Console
from rich.table import Table

from bench import events, stores
from tests.fixtures.gateway import Gateway, fake_platform

ROUNDS = 400
READER = UUID(int=1)
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

    def __init__(self) -> None:
        self.platform = fake_platform()
        for real in ("cache", "clock"):
            vars(self.platform).pop(real, None)
        self.gateway = Gateway(self.platform)

    def handler(self, path: str, *, user: UUID | None = None) -> Timed:
        self.gateway.call("GET", path, user=user)
        return self.gateway.prepared("GET", path, user=user)

    def bare_feed(self) -> bytes:
        from functions.api.routes.posts import seen_by
        from functions.api.schemas.posts import PostPage
        from mundotango.posts import service

        with self.platform.unit_of_work() as work:
            page = service.list_feed(work, READER, None, 20)
        shown = PostPage(items=seen_by(self.platform, page.items, READER), next_cursor=page.next_cursor)
        return shown.model_dump_json().encode()

    def bare_profile(self) -> bytes:
        from functions.api.schemas.users import UserBody
        from mundotango.users import service

        with self.platform.unit_of_work() as work:
            return UserBody.model_validate(service.get_user(work, "dancer_7")).model_dump_json().encode()

    def bare_events(self) -> bytes:
        from functions.api.schemas.events import EventBody, EventPage
        from mundotango.events import service

        with self.platform.unit_of_work() as work:
            page = service.list_events(work, limit=20, clock=self.platform.clock)
        items = [EventBody.model_validate(event) for event in page.items]
        return EventPage(items=items, next_cursor=page.next_cursor).model_dump_json().encode()


def medians(timed: dict[str, Timed]) -> dict[str, float]:
    """In ms; of each side as many calls, in an order that turns round each time."""
    found: dict[str, list[float]] = defaultdict(list)
    for turn in range(ROUNDS):
        for name in timed if turn % 2 == 0 else reversed(timed):
            started = perf_counter()
            timed[name]()
            found[name].append(perf_counter() - started)
    return {name: 1000 * statistics.median(times) for name, times in found.items()}
