"""What the API says of how long each route's answers may be kept, asked of it with things to tell: PostgreSQL and
Valkey are real, on loopback; DynamoDB is a fake in this process."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from bench import planted_events, request, stores
from bench.edge_trace import Route
from functions.api.app import create_app
from tests.fixtures.gateway import Gateway, fake_platform

# Of each route, those that the trace asks most often.
ASKED = 200


_BETWEEN = """
    SELECT event_id FROM occurrences
    WHERE starts_at BETWEEN now() + %s::interval AND now() + %s::interval LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Said:
    cache_control: str
    bytes: int


@contextmanager
def asked(most: Mapping[Route, Counter[str]]) -> Iterator[dict[Route, Said]]:
    """`most`: by route, how often each address is asked. That of an event or a post names one that there is."""
    with stores.running() as found:
        with found.owner() as connection:
            planted_events.plant(connection)
            request.plant(connection)
            soon = [row[0] for row in connection.execute(_BETWEEN, ["1 hour", "20 hours", ASKED])]
            ahead = [row[0] for row in connection.execute(_BETWEEN, ["2 days", "14 days", ASKED])]
            posts = [row[0] for row in connection.execute("SELECT id FROM posts LIMIT %s", [ASKED])]
        os.environ.update(found.environment())
        platform = fake_platform()
        del platform.cache  # the real one, of Platform's own making
        addresses: dict[Route, list[str]] = {
            "tonight": [address for address, _ in most["tonight"].most_common(ASKED)],
            "events": [address for address, _ in most["events"].most_common(ASKED)],
            "event_soon": [f"/api/public/events/{one}" for one in soon],
            "event_ahead": [f"/api/public/events/{one}" for one in ahead],
            "public_post": [f"/api/public/posts/{one}" for one in posts],
        }
        gateway = Gateway(platform, create_app(platform))
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            said = {route: _said(gateway, each) for route, each in addresses.items()}
        yield said


def _without_the_time(cache_control: str) -> str:
    """What is kept for no hour is kept until the time comes that it says; bench/edge.py knows which."""
    return re.sub(r"max-age=20, s-maxage=(?!3600)\d+", "max-age=20, s-maxage=900", cache_control)


def _said(gateway: Gateway, addresses: list[str]) -> Said:
    """All of a route say the same, and have an ETag, or nothing is known of the others."""
    split = [urlsplit(address) for address in addresses]
    answers = [gateway.get(one.path, query=dict(parse_qsl(one.query))) for one in split]
    keepers = {_without_the_time(answer.headers["cache-control"]) for answer in answers}
    if len(keepers) != 1 or any(answer.status != 200 or "etag" not in answer.headers for answer in answers):
        raise SystemExit(f"bench: {addresses[0]} and its like are not kept alike: {keepers}")
    return Said(keepers.pop(), sum(len(answer.text.encode()) for answer in answers) // len(answers))
