"""The registry knows every place where there can be something of a person; a new one without an entry fails here."""

import re
from pathlib import Path
from typing import Any

import pytest

from mundotango.adapters.postgres import Database
from mundotango.privacy.registry import IDENTITY, NOBODYS, STORES
from mundotango.realtime.policy import ACTIVITY_LIFE
from operations.templates import load

TEMPLATE = load("template.yaml")["Resources"]
# Of the form of a cache's key, but names of channels, lists and cursors; and the lists of a city's events.
NOT_KEYS = frozenset(
    """
    author blocks city conversation cursor event events followers following inbox mutes occurrences people post
    registrations search sessions tonight venues
    """.split()  # noqa: SIM905
)
# Names of uploads, places in streams, what a schedule said, and ids of mails and of items of inboxes.
QUEUES_OF_IDS = {f"{name}DeadLetters" for name in ("Upload", "Stream", "Schedule", "Mail", "WebPush")} | {
    "UploadQueue",
    "MailQueue",
    "WebPushQueue",
}
HELD = {held for store in STORES for held in store.holds}


@pytest.fixture(scope="module")
def tables_held() -> set[str]:
    return {held.split(".")[0] for held in HELD if re.fullmatch(r"[a-z_]+\.[a-z_]+", held)}


def columns(database: Database, query: str) -> set[str]:
    with database.transaction() as connection:
        return {f"{table}.{column}" for table, column in connection.execute(query)}


REFERENCES = """
    SELECT child.relname, attname FROM pg_constraint
    JOIN pg_class AS child ON child.oid = conrelid JOIN pg_class AS parent ON parent.oid = confrelid
    JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)
    WHERE contype = 'f' AND parent.relname {}
"""
# What can hold an id without saying so: the keys of other rows and references to other tables apart.
FREE_IDS = f"""
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND (udt_name IN ('uuid', '_uuid', 'jsonb', 'json'))
    AND (table_name, column_name) NOT IN ({REFERENCES.format("<> 'users'")})
    AND column_name <> 'id'
"""


def test_every_table_has_an_entry_or_is_nobodys(database: Database, tables_held: set[str]) -> None:
    every = columns(database, "SELECT tablename, '' FROM pg_tables WHERE schemaname = 'public'")

    assert {table.rstrip(".") for table in every} == tables_held | NOBODYS


def test_every_column_that_refers_to_people_has_an_entry(database: Database) -> None:
    assert columns(database, REFERENCES.format("= 'users'")) - HELD == set()


def test_every_column_that_could_hold_somebodys_id_has_an_entry(database: Database) -> None:
    found = {one for one in columns(database, FREE_IDS) if one.split(".")[0] not in NOBODYS}

    assert found - HELD == set(), "say in the registry whose it is"


def test_no_entry_is_of_a_column_that_is_not_there(database: Database) -> None:
    there = columns(
        database, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )

    assert {held for held in HELD if re.fullmatch(r"[a-z_]+\.[a-z_]+", held)} - there == set()


def test_every_table_and_bucket_of_the_template_has_an_entry() -> None:
    tables = {name for name, one in TEMPLATE.items() if one["Type"] == "AWS::DynamoDB::GlobalTable"}
    pools = {name for name, one in TEMPLATE.items() if one["Type"] == "AWS::Cognito::UserPool"}

    assert {held for held in HELD if held.endswith("Table")} == tables
    assert {held for held in HELD if held.endswith("Pool")} == pools


def test_every_queue_has_an_entry_or_holds_no_more_than_ids_and_places() -> None:
    queues = {name for name, one in TEMPLATE.items() if one["Type"] == "AWS::SQS::Queue"}

    assert {held for held in HELD if re.search("Queue|Letters", held)} == queues - QUEUES_OF_IDS


def test_frames_that_were_given_up_are_kept_no_longer_than_what_they_repeat() -> None:
    kept = TEMPLATE["ChunkDeadLetters"]["Properties"]["MessageRetentionPeriod"]

    assert kept <= ACTIVITY_LIFE.total_seconds()


def test_every_prefix_that_anything_is_written_to_has_an_entry() -> None:
    written = {
        statement["Resource"]["Fn::Sub"].replace("${", "").replace(".Arn}", "").rstrip("*")
        for role in TEMPLATE.values()
        if role["Type"] == "AWS::IAM::Role"
        for policy in role["Properties"]["Policies"]
        for statement in map(plain, policy["PolicyDocument"]["Statement"])
        if "s3:PutObject" in statement["Action"]
    }

    assert {held for held in HELD if "Bucket/" in held} == written


def test_every_key_of_the_cache_that_names_somebody_has_an_entry() -> None:
    written = {
        found
        for folder in ("functions", "layers/common/mundotango")
        for path in Path(folder).rglob("*.py")
        for found in re.findall(r'f"([a-z]+):\{', path.read_text("utf-8"))
    }

    assert written - NOT_KEYS == {held.split(":")[0] for held in HELD if ":" in held}


def plain(statement: dict[str, Any]) -> dict[str, Any]:
    return dict(statement["Fn::If"][1]) if "Fn::If" in statement else statement


def test_whatever_is_not_erased_says_what_ends_it() -> None:
    for store in STORES:
        assert all((store.what, store.how_long, store.why, store.exported, store.erased)), store.name
        if store.erase is None:
            assert re.search("end|follows|kept", store.erased), store.name
        assert bool(store.files) != store.exported.startswith("no"), store.name


def test_names_and_files_are_told_apart() -> None:
    assert len({store.name for store in STORES}) == len(STORES)
    files = [name for store in STORES for name, _ in store.files]
    assert len(set(files)) == len(files)
    for store in STORES:
        assert all(name in store.exported for name, _ in store.files), store.name


def test_the_sign_in_goes_first_and_the_profile_last() -> None:
    erased = [store.name for store in STORES if store.erase]

    assert erased[0] == IDENTITY.name
    assert erased[1] == "Outbox"
    assert erased[-1] == "Profile"
