"""The custom resource `Migration`: brings the schema to what this code needs while the stack is deployed.

Create and Update apply what is missing; Delete and a rollback change nothing. The answer carries the edge's secret,
made once, and its hash, by which functions recognise it.
"""

import json
import time
from collections.abc import Callable
from copy import replace
from datetime import datetime
from typing import Any, Protocol

import psycopg

from functions.migrate.answer import Answer
from mundotango import migrations, settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import connection_options
from mundotango.adapters.tokens import database_token
from mundotango.keys.repository import KeyRepository
from mundotango.keys.service import make_keys, origin_secret
from mundotango.migrations.roles import OWNER, create_roles
from mundotango.observability import logger, observed

# What is left for the answer itself.
MARGIN_SECONDS = 45.0
# A server just made, and a policy just attached, let nobody in for some seconds.
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 2.0


class Refused(Exception):
    """The resource's properties cannot be used; the message holds nothing secret."""


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@observed
def lambda_handler(event: dict[str, Any], context: Context) -> None:
    with Answer(event, context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS) as answer:
        if event["RequestType"] == "Delete":
            answer.succeeded({})
            return
        try:
            answer.succeeded(migrate(event))
        except (Refused, migrations.MigrationFailed) as failure:
            answer.failed(str(failure))
        except psycopg.Error as failure:
            answer.failed(f"the database refused: {failure.diag.message_primary or str(failure).splitlines()[0]}")


def migrate(request: dict[str, Any]) -> dict[str, str]:
    """What the resource's attributes become."""
    properties = request["ResourceProperties"]
    since = _moment(properties.get("OriginSince"))
    database = settings.Database.from_env()
    if properties.get("MasterSecret"):
        _make_roles(database, properties["MasterSecret"])
    with _sign_in(database) as connection:
        applied = [] if _rolls_back(request) else migrations.apply(connection)
        keys = KeyRepository(connection)
        make_keys(keys, SystemClock(), since)
        secret, sha256 = origin_secret(keys)
    logger().info("migrated", applied=applied)
    return {"SchemaVersion": migrations.schema_version(), "OriginSecret": secret, "OriginSecretSha256": sha256}


def _moment(said: str | None) -> datetime | None:
    """Of a moment to come there would be another key with each deploy until then."""
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise Refused(f"OriginSince is not a moment: {said!r}") from None
    if moment.tzinfo is None or moment > SystemClock().now():
        raise Refused("OriginSince is to come, or names no zone; give one like 2026-11-29T01:00:00Z")
    return moment


def _make_roles(database: settings.Database, secret: str) -> None:
    """With the master's password, which only ever makes the two roles that need none."""
    try:
        master = json.loads(secret)
        user, password = str(master["username"]), str(master["password"])
    except (ValueError, KeyError, TypeError):
        # The cause is left out: it could quote the secret.
        raise Refused("MasterSecret is not the JSON object of username and password that RDS makes") from None
    with _connect(replace(database, user=user), lambda: password) as connection:
        create_roles(connection)


def _sign_in(database: settings.Database) -> psycopg.Connection[Any]:
    region = settings.Region.from_env().name
    return _connect(replace(database, user=OWNER), lambda: database_token(replace(database, user=OWNER), region))


def _connect(database: settings.Database, password: Callable[[], str]) -> psycopg.Connection[Any]:
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return psycopg.connect(**connection_options(database, password()))
        except psycopg.OperationalError as failure:
            if time.monotonic() > ends:
                raise
            logger().info("not let in yet", user=database.user, cause=type(failure).__name__)
            time.sleep(PAUSE_SECONDS)


def _rolls_back(request: dict[str, Any]) -> bool:
    """Whether CloudFormation goes back to an older schema: then what failed here must not be tried again.

    A property that was merely not given anew is the same before and after, and the schema is brought up to date.
    """
    wanted = request["ResourceProperties"].get("SchemaVersion")
    before = request.get("OldResourceProperties", {}).get("SchemaVersion")
    return wanted != before and wanted in migrations.earlier_versions()
