"""The custom resource, from CloudFormation's request to its answer, on a server as RDS hands it over."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from devstack import postgres
from devstack.postgres import Server
from functions.migrate import handler
from mundotango import migrations, settings
from mundotango.adapters import tokens
from mundotango.migrations import Migration, MigrationFailed
from mundotango.migrations.roles import create_roles
from tests.fixtures.gateway import Log
from tests.fixtures.postgres import FAST, _free_port, superuser

PASSWORD = "pA$$w0rd-that-nobody-may-see"
PAYLOADS = Path(__file__).parents[1] / "payloads"


@dataclass
class CloudFormation:
    """Takes answers at a ResponseURL, after refusing as many as it is told to."""

    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refuse: int = 0


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    taking = CloudFormation()

    class Taker(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if taking.refuse:
                taking.refuse -= 1
                self.send_error(503)
                return
            taking.content_types.append(self.headers.get("Content-Type"))
            taking.answers.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    taking.url = f"http://127.0.0.1:{server.server_port}/answer?X-Amz-Signature=capability"
    yield taking
    server.shutdown()
    thread.join()
    server.server_close()


class Context:
    def __init__(self, seconds: float = 570) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: roles belong to all of a server's databases."""
    data = tmp_path_factory.mktemp("empty") / "data"
    server = postgres.start(data, _free_port(), FAST)
    yield server
    postgres.forget(data)


@pytest.fixture
def fresh(empty: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """As RDS makes it: a master that is no superuser, and the role whose members sign in by token."""
    with superuser(empty) as connection:
        connection.execute("CREATE ROLE rds_iam")
        connection.execute("CREATE ROLE master LOGIN CREATEROLE CREATEDB")
        connection.execute("GRANT rds_iam TO master WITH ADMIN OPTION")
        connection.execute("CREATE DATABASE mundotango OWNER master")
    # RDS lets its master install this one too, which PostgreSQL itself leaves to superusers.
    with superuser(empty, "mundotango") as connection:
        connection.execute("CREATE EXTENSION earthdistance CASCADE")
    for name, value in {
        "DATABASE_HOST": empty.host,
        "DATABASE_PORT": str(empty.port),
        "DATABASE_NAME": "mundotango",
        "DATABASE_USER": "mundo_migrate",
        "DATABASE_SSLMODE": "disable",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
    }.items():
        monkeypatch.setenv(name, value)
    tokens._credentials.cache_clear()
    yield empty
    tokens._credentials.cache_clear()
    with superuser(empty) as connection:
        connection.execute("DROP DATABASE mundotango WITH (FORCE)")
        for role in ("mundo_app", "mundo_migrate", "master", "rds_iam"):
            connection.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(role)))


def request(cloudformation: CloudFormation, kind: str = "Create", **changes: Any) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((PAYLOADS / "custom_resource_create.json").read_text())
    recorded |= {"RequestType": kind, "ResponseURL": cloudformation.url}
    recorded["ResourceProperties"] |= {
        "SchemaVersion": migrations.schema_version(),
        "MasterSecret": json.dumps({"username": "master", "password": PASSWORD}),
    }
    if kind != "Create":
        recorded["PhysicalResourceId"] = "schema"
    return recorded | changes


def test_a_first_deploy_makes_roles_tables_and_keys(fresh: Server, cloudformation: CloudFormation, log: Log) -> None:
    handler.lambda_handler(request(cloudformation), Context())
    (said,) = cloudformation.answers
    assert (said["Status"], said["NoEcho"], said["PhysicalResourceId"]) == ("SUCCESS", True, "schema")
    assert cloudformation.content_types == [""]
    data = said["Data"]
    assert data["SchemaVersion"] == migrations.schema_version()
    assert data["OriginSecretSha256"] == sha256(data["OriginSecret"].encode()).hexdigest()
    with superuser(fresh, "mundotango") as connection:
        owners = {
            owner for (owner,) in connection.execute("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")
        }
        members = {
            role
            for (role,) in connection.execute(
                "SELECT member::regrole::text FROM pg_auth_members WHERE roleid = 'rds_iam'::regrole"
            )
        }
    assert owners == {"mundo_migrate"}
    assert members >= {"mundo_migrate", "mundo_app"}
    with psycopg.connect(fresh.dsn("mundotango", "mundo_app")) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    logged = log.text()
    assert "migrated" in logged
    for secret in (PASSWORD, data["OriginSecret"], "X-Amz-Signature", "X-Amz-Credential"):
        assert secret not in logged


def test_a_second_deploy_changes_nothing_and_keeps_the_secret(fresh: Server, cloudformation: CloudFormation) -> None:
    handler.lambda_handler(request(cloudformation), Context())
    handler.lambda_handler(request(cloudformation, "Update", OldResourceProperties={"SchemaVersion": "x"}), Context())
    first, second = cloudformation.answers
    assert second["Status"] == "SUCCESS"
    assert first["Data"] == second["Data"]


def test_a_secret_of_the_edge_that_leaked_is_replaced_once(fresh: Server, cloudformation: CloudFormation) -> None:
    handler.lambda_handler(request(cloudformation), Context())
    rotating = request(cloudformation, "Update", OldResourceProperties={})
    rotating["ResourceProperties"]["OriginSince"] = datetime.now(UTC).isoformat()
    for _ in range(2):  # the second is any later deploy, which says the same still
        handler.lambda_handler(rotating, Context())

    before, after, later = (said["Data"] for said in cloudformation.answers)
    assert before["OriginSecret"] != after["OriginSecret"]
    assert after == later
    assert after["OriginSecretSha256"] == sha256(after["OriginSecret"].encode()).hexdigest()
    with superuser(fresh, "mundotango") as connection:
        retired = connection.execute("SELECT purpose FROM signing_keys WHERE retired_at IS NOT NULL").fetchall()
    assert retired == [("origin",)]  # lists and codes that people have in hand go on


@pytest.mark.parametrize("since", ["yesterday", "2026-11-29T01:00:00", "9999-01-01T00:00:00Z"])
def test_a_moment_that_is_none_or_to_come_is_refused(fresh: Server, cloudformation: CloudFormation, since: str) -> None:
    asked = request(cloudformation)
    asked["ResourceProperties"]["OriginSince"] = since
    handler.lambda_handler(asked, Context())
    assert cloudformation.answers[0]["Reason"].startswith("OriginSince is")


def test_where_the_roles_are_there_already_no_master_is_needed(fresh: Server, cloudformation: CloudFormation) -> None:
    with superuser(fresh, "mundotango") as connection:
        create_roles(connection)
    without = request(cloudformation)
    del without["ResourceProperties"]["MasterSecret"]
    handler.lambda_handler(without, Context())
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    "secret",
    [PASSWORD, json.dumps([PASSWORD]), json.dumps({"username": PASSWORD}), "{"],
    ids=["no JSON", "a list", "half of it", "half an object"],  # a test's name is in its log
)
def test_a_secret_of_another_form_is_refused_without_being_told(
    fresh: Server, cloudformation: CloudFormation, log: Log, secret: str
) -> None:
    asked = request(cloudformation)
    asked["ResourceProperties"]["MasterSecret"] = secret
    handler.lambda_handler(asked, Context())
    (said,) = cloudformation.answers
    assert said["Status"] == "FAILED"
    assert said["Reason"].startswith("MasterSecret is not")
    logged = log.text()
    assert "MasterSecret is not" in logged
    assert PASSWORD not in said["Reason"] + logged


def test_deleting_leaves_everything(fresh: Server, cloudformation: CloudFormation) -> None:
    handler.lambda_handler(request(cloudformation), Context())
    handler.lambda_handler(request(cloudformation, "Delete"), Context())
    assert cloudformation.answers[1]["Status"] == "SUCCESS"
    with superuser(fresh, "mundotango") as connection:
        assert connection.execute("SELECT count(*) FROM schema_migrations").fetchone() == (len(migrations.packaged()),)


def test_deleting_needs_no_database(cloudformation: CloudFormation) -> None:
    handler.lambda_handler(request(cloudformation, "Delete"), Context())
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_a_migration_that_fails_says_why_and_leaves_nothing(
    fresh: Server, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = migrations.packaged()
    bad = Migration("0099_bad.sql", "CREATE TABLE half (id int); SELECT 1 / 0;")
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "packaged", lambda: [*good, bad])
        handler.lambda_handler(request(cloudformation), Context())
        failed = cloudformation.answers[-1]
        assert (failed["Status"], failed["Reason"]) == ("FAILED", "0099_bad.sql: division by zero")
        # CloudFormation goes back, perhaps before the code did: what failed is not tried again.
        back = request(cloudformation, "Update", OldResourceProperties={"SchemaVersion": migrations.schema_version()})
        back["ResourceProperties"]["SchemaVersion"] = migrations.schema_version(good)
        handler.lambda_handler(back, Context())
        assert cloudformation.answers[-1]["Status"] == "SUCCESS"
        # A property that was only left as it was is no way back.
        forgotten = request(cloudformation, "Update")
        forgotten["OldResourceProperties"] = dict(forgotten["ResourceProperties"])
        handler.lambda_handler(forgotten, Context())
        assert cloudformation.answers[-1]["Status"] == "FAILED"
    with superuser(fresh, "mundotango") as connection:
        assert connection.execute("SELECT to_regclass('half'), to_regclass('users') IS NULL").fetchone() == (
            None,
            False,
        )


def test_a_server_that_lets_nobody_in_is_told_in_time(
    fresh: Server, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PORT", str(_free_port()))
    monkeypatch.setattr(handler, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(handler, "PAUSE_SECONDS", 0.05)
    handler.lambda_handler(request(cloudformation), Context())
    (said,) = cloudformation.answers
    assert said["Status"] == "FAILED"
    assert "Connection refused" in said["Reason"]


def test_what_nobody_thought_of_is_answered_too(
    fresh: Server, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_HOST")
    handler.lambda_handler(request(cloudformation), Context())
    assert cloudformation.answers[0]["Reason"].startswith("unexpected MissingSetting")


def test_what_nobody_thought_of_is_traced_once_and_quotes_nothing(
    fresh: Server, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    def surprise(_: object) -> None:
        raise KeyError(PASSWORD) from ValueError(cloudformation.url)

    monkeypatch.setattr(handler, "create_roles", surprise)
    handler.lambda_handler(request(cloudformation), Context())
    (said,) = cloudformation.answers
    assert said["Reason"] == "unexpected KeyError; see the log of the function"
    logged = log.text()
    for secret in (PASSWORD, "X-Amz-Signature"):
        assert secret not in said["Reason"] + logged
    (traced,) = [line for line in map(json.loads, logged.splitlines()) if line["level"] == "ERROR"]
    assert traced["cause"] == "KeyError"
    assert "create_roles(connection)" in traced["trace"]


def test_a_migration_that_hangs_is_answered_before_the_function_ends(
    fresh: Server, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler.lambda_handler(request(cloudformation), Context())
    monkeypatch.setattr(handler, "MARGIN_SECONDS", 0)
    slow = Migration("0099_slow.sql", "SELECT pg_sleep(1);")
    good = migrations.packaged()
    monkeypatch.setattr(migrations, "packaged", lambda: [*good, slow])
    handler.lambda_handler(request(cloudformation, "Update"), Context(seconds=0.3))
    assert [said["Status"] for said in cloudformation.answers] == ["SUCCESS", "FAILED"]  # and not a third
    assert cloudformation.answers[1]["Reason"].startswith("not finished in time")


def test_an_answer_that_is_not_accepted_is_sent_again(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.migrate.answer.time.sleep", lambda _: None)
    cloudformation.refuse = 2
    handler.lambda_handler(request(cloudformation, "Delete"), Context())
    assert len(cloudformation.answers) == 1


# --- The schema itself


@pytest.fixture
def owner(fresh: Server) -> Iterator[psycopg.Connection]:
    with superuser(fresh, "mundotango") as connection:
        create_roles(connection)
    with psycopg.connect(fresh.dsn("mundotango", "mundo_migrate"), autocommit=True) as connection:
        yield connection


def test_a_role_waits_for_a_statement_as_long_as_the_settings_say(
    fresh: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SQL_TIMEOUT", 7)
    with superuser(fresh, "mundotango") as connection:
        create_roles(connection)
    with psycopg.connect(fresh.dsn("mundotango", "mundo_app")) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("7s",)


ONE = Migration("0001_one.sql", "CREATE TABLE one (note text DEFAULT '100%');")
TWO = Migration("0002_two.sql", "CREATE TABLE two (id int); INSERT INTO two VALUES (1); -- :x %s $$;")


def test_each_file_is_applied_once_in_order(owner: psycopg.Connection) -> None:
    assert migrations.apply(owner, [ONE]) == ["0001_one.sql"]
    assert migrations.apply(owner, [ONE, TWO]) == ["0002_two.sql"]
    assert migrations.apply(owner, [ONE, TWO]) == []
    assert migrations.apply(owner, [ONE]) == []  # older code, after a rollback
    assert owner.execute("SELECT count(*) FROM two").fetchone() == (1,)


def test_a_file_that_was_changed_is_refused(owner: psycopg.Connection) -> None:
    migrations.apply(owner, [ONE])
    with pytest.raises(MigrationFailed, match=r"0001_one.sql was changed"):
        migrations.apply(owner, [Migration(ONE.name, ONE.sql + " ")])


def test_two_runs_at_once_apply_each_file_once(owner: psycopg.Connection, fresh: Server) -> None:
    slow = Migration("0001_slow.sql", "SELECT pg_sleep(0.2); CREATE TABLE one (id int);")
    applied: list[str] = []

    def run() -> None:
        with psycopg.connect(fresh.dsn("mundotango", "mundo_migrate"), autocommit=True) as connection:
            applied.extend(migrations.apply(connection, [slow]))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert applied == ["0001_slow.sql"]


def test_a_run_that_was_killed_leaves_no_lock(owner: psycopg.Connection, fresh: Server) -> None:
    with psycopg.connect(fresh.dsn("mundotango", "mundo_migrate"), autocommit=True) as killed:
        killed.execute("BEGIN")
        killed.execute("SELECT pg_advisory_xact_lock(%s)", (migrations._LOCK,))
        killed.execute("CREATE TABLE one (id int)")
        killed.pgconn.finish()
    assert migrations.apply(owner, [ONE]) == ["0001_one.sql"]


def test_the_version_is_of_names_and_contents() -> None:
    versions = {
        migrations.schema_version([ONE]),
        migrations.schema_version([ONE, TWO]),
        migrations.schema_version([Migration("0001_other.sql", ONE.sql)]),
        migrations.schema_version([Migration(ONE.name, ONE.sql + " ")]),
        migrations.schema_version(),
    }
    assert len(versions) == 5
    assert migrations.schema_version() == migrations.schema_version(migrations.packaged())
