"""Nothing ties a session of the database to who used it: a proxy may give each transaction another one."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.fixtures.gateway import Gateway, fake_platform

Join = Callable[[str], UUID]
ROOT = Path(__file__).parents[3]
# What RDS Proxy and PgBouncer keep a session for. SET LOCAL ends with its transaction.
PINS = re.compile(
    r"""
    (\A|;)\s*(SET\s+(?!LOCAL\b)|LISTEN\b|UNLISTEN\b|NOTIFY\b|PREPARE\b|DEALLOCATE\b|DISCARD\b|LOAD\b|RESET\b
        |DECLARE\b|CREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP)
    |\bpg_(try_)?advisory_(lock|unlock)|\bset_config\s*\(|\bpg_notify\s*\(|\bWITH\s+HOLD\b|\bINTO\s+TEMP|\bsetval\s*\(
    """,
    re.IGNORECASE | re.VERBOSE,
)


def texts() -> Iterator[tuple[str, str]]:
    """Every text in the layer and the functions that may be sent to the database."""
    for folder in ("layers/common/mundotango", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            # What the migration says, it says as the schema's owner, over a connection of its own.
            if "migrations" in path.parts or path.parts[-2] == "migrate":
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def test_no_statement_pins_a_session() -> None:
    found = dict(texts())

    assert sum("SELECT" in text for text in found.values()) >= 10
    assert {place: text for place, text in found.items() if PINS.search(text)} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "SET timezone = 'UTC'",
        "\n  LISTEN news",
        "SELECT pg_advisory_lock(1)",
        "CREATE TEMP TABLE a (b int)",
        "PREPARE x",
    ],
)
def test_a_statement_that_does_would_be_found(statement: str) -> None:
    assert PINS.search(statement)


@pytest.mark.parametrize(
    "statement", ["SET LOCAL statement_timeout = 50", "UPDATE a SET b = 1", "SELECT pg_advisory_xact_lock(1)"]
)
def test_a_statement_that_does_not_is_let_be(statement: str) -> None:
    assert not PINS.search(statement)


@pytest.fixture
def platform(real_database: Database) -> Platform:
    platform = fake_platform()
    platform.database = real_database
    return platform


def test_after_all_kinds_of_requests_a_session_is_as_it_was(
    gateway: Gateway, join: Join, real_database: Database
) -> None:
    def session() -> tuple[object, ...]:
        with real_database.transaction() as connection:
            row = connection.execute(
                """
                SELECT pg_backend_pid(), (SELECT count(*) FROM pg_prepared_statements),
                       (SELECT array_agg(name) FROM pg_settings WHERE source = 'session'),
                       (SELECT count(*) FROM pg_listening_channels()),
                       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
                       (SELECT count(*) FROM pg_class WHERE relpersistence = 't')
                """
            ).fetchone()
        assert row is not None
        return tuple(row)

    before = session()
    malena, troilo = join("malena"), join("troilo")
    for n in range(1, 8):
        post = gateway.post("/api/posts", user=troilo, json={"body": "Hola"}, headers={"Idempotency-Key": "k"})
        gateway.get("/api/feed", user=malena)
        gateway.get(post.headers["location"], user=malena)
        gateway.get("/api/users/troilo", user=malena)
        gateway.get("/api/public/events", query={"limit": n})
    for _ in range(7):  # by themselves: where a transaction is undone, psycopg forgets what it prepared
        gateway.put("/api/users/troilo/follow", user=malena)
    assert post.status == 201
    assert session() == before == (before[0], 0, None, 0, 0, 0)
