"""Every route over stores at moto that let the function do what its role says, and nothing else.

The other tests of routes are over fakes, which ask nobody.
"""

from collections.abc import Iterator
from dataclasses import asdict

import boto3
import pytest

from functions.api.access import declared_for
from functions.api.openapi import operations
from mundotango import settings
from mundotango.bootstrap import Platform
from tests.fakes.cache import FakeCache
from tests.fixtures.aws import TABLES, empty
from tests.fixtures.postgres import connect
from tests.integration.api.scene import Scene
from tests.roles import refused


@pytest.fixture
def scene(
    aws: settings.Region, database_settings: settings.Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    for name in ("uploads", "media"):
        monkeypatch.setenv(f"{name.upper()}_BUCKET", f"test-{name}")
        boto3.client("s3", aws.name).create_bucket(Bucket=f"test-{name}")
    platform = Platform()
    platform.reader = None

    def emptied() -> Platform:
        empty(*TABLES.keys() - {"media"})  # pictures take long to make, and are made again where one was deleted
        platform.cache = FakeCache(platform.clock)
        return platform

    with connect(database_settings) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        with connection.transaction(force_rollback=True):
            made = Scene(connection, emptied)
            yield made
            made.close()


@pytest.mark.slow
def test_no_route_asks_for_what_its_role_does_not_give(scene: Scene) -> None:
    for operation in operations():
        declared = asdict(declared_for(operation.endpoint) or pytest.fail(operation.path))
        who = next((each for each in ("owner", "stranger", "moderator", "anonymous") if declared[each] < 300), "owner")

        answer = scene.answer(operation, who)

        assert not refused, operation
        assert answer.status == declared[who], (operation, answer.text)
