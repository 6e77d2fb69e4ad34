"""PostgreSQL and Valkey on loopback for a benchmark, empty but for the schema, and gone after it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.cold_start import free_port
from devstack import database, postgres, valkey
from devstack.postgres import Server
from mundotango import migrations
from mundotango.adapters.clock import SystemClock
from mundotango.keys.repository import KeyRepository
from mundotango.keys.service import make_keys
from mundotango.migrations.roles import OWNER

CACHE_USER = "mundo-app"


@dataclass(frozen=True, slots=True)
class Stores:
    server: Server
    cache_port: int

    def owner(self) -> psycopg.Connection:
        """A session of the role that owns the tables, which may fill and analyse them."""
        return psycopg.connect(self.server.dsn(database.NAME, OWNER), autocommit=True)

    def environment(self) -> dict[str, str]:
        """How a process is told of them; there is nobody to check the credentials that sign its tokens."""
        return {
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "CACHE_HOST": postgres.HOST,
            "CACHE_PORT": str(self.cache_port),
            "CACHE_TLS": "false",
            "CACHE_USER": CACHE_USER,
            "DATABASE_HOST": self.server.host,
            "DATABASE_NAME": database.NAME,
            "DATABASE_PORT": str(self.server.port),
            "DATABASE_SSLMODE": "disable",
            "DATABASE_USER": "mundo_app",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": "bench",
        }


@contextmanager
def running() -> Iterator[Stores]:
    with tempfile.TemporaryDirectory(prefix="mundo-bench-") as folder:
        cache = Path(folder) / "valkey"
        server = postgres.start(Path(folder) / "postgres", free_port())
        try:
            stores = Stores(server, free_port())
            valkey.start(cache, stores.cache_port, user=CACHE_USER)
            database.create(server)
            with stores.owner() as connection:
                migrations.apply(connection)
                make_keys(KeyRepository(connection), SystemClock())
            yield stores
        finally:
            valkey.stop(cache)
            postgres.forget(server.data_dir)
