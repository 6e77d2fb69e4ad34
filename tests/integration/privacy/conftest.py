"""A platform whose stores are all real, those of AWS at moto, and a smaller one; people's sign-ins are a fake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import psycopg
import pytest

from devstack.postgres import Server
from functions.effects import handler as effects
from functions.jobs import handler as jobs
from mundotango import settings
from mundotango.adapters.cache import Cache
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from tests.factories.media import ready_media
from tests.factories.search import everything
from tests.factories.traces import Traces, newcomer, plant
from tests.factories.traces_of_events import insert
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeEdge, FakeIdentities
from tests.fixtures.aws import stream_records
from tests.fixtures.gateway import fake_platform
from tests.fixtures.postgres import superuser


class Ample:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass
class Stage:
    """A platform, its jobs, and somebody."""

    platform: Platform
    clock: FakeClock
    ana: Traces

    def run(self, job: str, **more: Any) -> dict[str, object]:
        return jobs.lambda_handler({"job": job, **more}, Ample())


@dataclass
class Place(Stage):
    """Two people who left everything that can be left, in stores that are all real."""

    identities: FakeIdentities
    bruno: Traces
    master: psycopg.Connection
    valkey_port: int

    def carry_out(self) -> None:
        """What the stream of commands brings."""
        assert effects.lambda_handler({"Records": stream_records("commands")}, None) == {"batchItemFailures": []}

    def search(self) -> dict[str, list[str]]:
        return everything(self.master, self.valkey_port)


@pytest.fixture
def all_stores(
    aws: settings.Region,
    real_database: Database,
    clock: FakeClock,
    valkey_settings: settings.Cache,
    make_cache: Callable[..., Cache],
    monkeypatch: pytest.MonkeyPatch,
) -> Platform:
    for name in ("uploads", "media"):
        monkeypatch.setenv(f"{name.upper()}_BUCKET", f"test-{name}")
        boto3.client("s3", aws.name).create_bucket(Bucket=f"test-{name}")
    monkeypatch.setenv("EDGE_SETTLES", "0")
    platform = Platform()
    platform.clock, platform.database = clock, real_database
    platform.cache = make_cache(valkey_settings)
    platform.identities, platform.edge = FakeIdentities(), FakeEdge()
    for module in (jobs, effects):
        monkeypatch.setattr(module, "platform", lambda: platform)
    return platform


@pytest.fixture
def place(
    all_stores: Platform,
    clock: FakeClock,
    database_settings: settings.Database,
    postgres_server: Server,
    valkey_port: int,
) -> Iterator[Place]:
    identities = all_stores.identities
    assert isinstance(identities, FakeIdentities)
    ana, bruno = newcomer(), newcomer()
    identities.known = {ana.id, bruno.id}
    plant(all_stores, ana, bruno)
    with superuser(postgres_server, database_settings.name) as master:
        yield Place(all_stores, clock, ana, identities, bruno, master, valkey_port)


@pytest.fixture
def stage(real_database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Where only the database is real, and somebody has a profile and a picture."""
    platform, ana = fake_platform(), newcomer()
    platform.database, platform.clock = real_database, clock
    monkeypatch.setattr(jobs, "platform", lambda: platform)
    with real_database.transaction() as connection:
        insert(
            connection, "users", id=ana.id, handle=ana.handle, display_name="Ana", bio="", city="",
            created_at=clock.now(), updated_at=clock.now(),
        )  # fmt: skip
    platform.media.add(ready_media(owner_id=ana.id))
    return Stage(platform, clock, ana)
