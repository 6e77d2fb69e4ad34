"""What a restore brought back is put right before it serves, while nobody else may write."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import boto3
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from devstack.postgres import Server
from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import WritesStopped
from mundotango.privacy.erasing import erase_person, replay_erasures
from mundotango.recovery.service import resume_writes, stop_writes
from tests.factories.outbox import ample
from tests.factories.search import places
from tests.fakes.clock import FakeClock
from tests.fixtures.postgres import another
from tests.integration.privacy.conftest import Place
from tests.integration.privacy.test_erasing import leave, sign_ins_end, without
from tests.integration.test_jobs_pause import Hurried


@pytest.fixture(scope="module")
def database_settings(database_settings: settings.Database, postgres_server: Server) -> Iterator[settings.Database]:
    """Whoever stops writes ends the sessions of all tests on a database."""
    with another(postgres_server, database_settings) as own:
        yield own


class TestRestore:
    """An old copy of every store comes back, but not of the ledger."""

    def test_who_was_erased_is_erased_again(self, place: Place) -> None:
        copy = backup(place.master)
        leave(place, place.ana)
        sign_ins_end(place)
        place.run("erase_accounts")
        restore(place.master, copy)
        assert places(place.search(), place.ana.marker) >= {"users", "posts", "comments", "outbox"}

        assert place.run("replay_erasures") == {"job": "replay_erasures", "done": True, "replayed": 1, "found": 1}

        without(place.search(), place.ana)
        assert "users" in places(place.search(), place.bruno.marker)
        assert place.run("replay_erasures")["found"] == 0

    def test_it_comes_before_anybody_may_write_again(self, place: Place) -> None:
        copy = backup(place.master)
        leave(place, place.ana)
        sign_ins_end(place)
        place.run("erase_accounts")
        restore(place.master, copy)
        operator = place.platform.database.despite_stop()  # a way of its own, as an operator's call has
        stop_writes(operator, monotonic=Hurried())
        try:
            assert place.run("replay_erasures")["paused"]
            assert place.run("replay_erasures", while_stopped=True)["found"] == 1
            assert place.run("rebuild_edges", while_stopped=True)["done"]
            # Nobody else may: neither another job nor the same environment afterwards.
            assert place.run("erase_accounts", while_stopped=True)["paused"]
            assert place.run("replay_erasures")["paused"]
            with pytest.raises(WritesStopped), place.platform.database.transaction() as connection:
                connection.execute("DELETE FROM users")
        finally:
            resume_writes(operator, monotonic=Hurried())
            operator.close()

        without(place.search(), place.ana)
        assert "users" in places(place.search(), place.bruno.marker)

    def test_a_derived_table_that_was_lost_is_made_anew(self, place: Place) -> None:
        dynamodb = boto3.resource("dynamodb", "us-east-1").Table("test-edges")

        def there() -> set[tuple[str, ...]]:
            """What holds now; rows of what is over need not come back."""
            holding = [item for item in dynamodb.scan()["Items"] if item["active"]]
            return {tuple(str(item[part["AttributeName"]]) for part in keys) for item in holding}

        keys = dynamodb.key_schema
        place.run("rebuild_edges")  # those that were planted without the outbox
        before = there()
        assert before
        for item in dynamodb.scan()["Items"]:
            dynamodb.delete_item(Key={part["AttributeName"]: item[part["AttributeName"]] for part in keys})
        assert not there()

        assert place.run("rebuild_edges")["corrected"] > 0  # type: ignore[operator]

        assert there() == before

    def test_a_table_that_came_back_without_the_database_is_erased_too(self, place: Place) -> None:
        leave(place, place.ana)
        dynamodb = boto3.client("dynamodb", "us-east-1")
        items = dynamodb.scan(TableName="test-media")["Items"]
        sign_ins_end(place)
        place.run("erase_accounts")
        for item in items:
            dynamodb.put_item(TableName="test-media", Item=item)

        assert place.run("replay_erasures")["found"] == 1

        without(place.search(), place.ana)

    def test_a_replay_goes_on_where_its_time_was_up(self, all_stores: Platform, clock: FakeClock) -> None:
        people = [UUID(int=number) for number in range(1, 4)]
        for person in people:
            all_stores.erasures.note(person, clock.now())
        asked = 0

        def counting() -> float:
            nonlocal asked
            asked += 1
            return 300.0

        erase_person(all_stores, people[0], counting)
        enough_for_one = [300.0] * (asked + asked // 2)

        first = replay_erasures(all_stores, iter([*enough_for_one, 0.0]).__next__)
        assert first == {"done": False, "replayed": 1, "found": 0, "after": str(people[0])}
        rest = replay_erasures(all_stores, ample, UUID(str(first["after"])))
        assert rest == {"done": True, "replayed": 2, "found": 0}


def backup(master: psycopg.Connection) -> dict[str, list[Any]]:
    tables = [name for (name,) in master.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows = "SELECT to_jsonb(one) FROM {} AS one"
    return {name: [row for (row,) in master.execute(SQL(rows).format(Identifier(name)))] for name in tables}


def restore(master: psycopg.Connection, copy: dict[str, list[Any]]) -> None:
    with master.transaction():
        master.execute("SET LOCAL session_replication_role = replica")
        for name in copy:
            master.execute(SQL("DELETE FROM {}").format(Identifier(name)))
        for name, rows in copy.items():
            query = SQL("INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::{0}, %s)).*")
            for row in rows:
                master.execute(query.format(Identifier(name)), (Jsonb(row),))
