"""Migrations spare the code that runs beside them, and what does not is seen."""

import pytest

from mundotango.migrations import Migration, packaged
from operations import migration_rules
from operations.migration_rules import violations

RELEASES = {"1.4.0"}
SINCE = "-- since 1.4.0: its code reads and writes it no more\n"
OUTSIDE = "-- outside a transaction\n"

ALLOWED = {
    "a new table": "CREATE TABLE t (id uuid PRIMARY KEY, u uuid REFERENCES users, n int CHECK (n > 0)); "
    "CREATE INDEX i ON t (u); INSERT INTO t (id) VALUES (gen_random_uuid());",
    "a column that may be empty": "ALTER TABLE posts ADD COLUMN a text;",
    "a column with a default that costs nothing": "ALTER TABLE posts ADD COLUMN a boolean NOT NULL DEFAULT false;",
    "a constraint on new columns": "ALTER TABLE posts ADD COLUMN a int, ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
    "a key on a new column": "ALTER TABLE posts ADD COLUMN a uuid, "
    "ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES users NOT VALID;",
    "validating": "ALTER TABLE posts VALIDATE CONSTRAINT c;",
    "an index beside who writes": f"{OUTSIDE[:-1]}: index i\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON posts (a);",
    "an index that goes": f"{OUTSIDE}DROP INDEX CONCURRENTLY IF EXISTS i;",
    "filling in parts": f"{OUTSIDE}DO $$ BEGIN LOOP UPDATE posts SET a = '' WHERE id IN (SELECT id FROM posts WHERE a "
    "IS NULL LIMIT 500); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$;",
    "NOT NULL where all is filled": SINCE + "ALTER TABLE posts ADD CONSTRAINT c NOT NULL a NOT VALID;",
    "a column that goes": SINCE + "ALTER TABLE posts DROP COLUMN a;",
    "a table that goes": SINCE + "DROP TABLE old;",
}

REFUSED = {
    "NOT NULL without a default": ("ALTER TABLE posts ADD COLUMN a text NOT NULL;", "adding-required-field"),
    "SET NOT NULL": ("ALTER TABLE posts ALTER COLUMN a SET NOT NULL;", "adding-not-nullable-field"),
    "NOT NULL at once": (SINCE + "ALTER TABLE posts ADD CONSTRAINT c NOT NULL a;", "not-valid"),
    "NOT NULL in the release that adds it": (
        "ALTER TABLE posts ADD COLUMN a text, ADD CONSTRAINT c NOT NULL a NOT VALID;",
        "code of before may not keep it",
    ),
    "an index": ("CREATE INDEX i ON posts (a);", "require-concurrent-index-creation"),
    "CONCURRENTLY in a transaction": ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON posts (a);", "file of its own"),
    "an index that cannot be repeated": (f"{OUTSIDE}CREATE INDEX CONCURRENTLY i ON posts (a);", "IF NOT EXISTS"),
    "another index's name": (
        f"{OUTSIDE[:-1]}: index j\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON posts (a);",
        "index i",
    ),
    "a unique index": (
        f"{OUTSIDE[:-1]}: index i\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON posts (a);",
        "may write the same twice",
    ),
    "two statements outside": (
        f"{OUTSIDE}DROP INDEX CONCURRENTLY IF EXISTS i; DROP INDEX CONCURRENTLY IF EXISTS j;",
        "one statement",
    ),
    "altering outside": (f"{OUTSIDE}ALTER TABLE posts ADD COLUMN a text;", "AlterTableStmt: not outside"),
    "filling all at once": (f"{OUTSIDE}DO $$ BEGIN UPDATE posts SET a = ''; END $$;", "small parts"),
    "an index that goes, locked": ("DROP INDEX i;", "require-concurrent-index-deletion"),
    "another type": ("ALTER TABLE posts ALTER COLUMN a TYPE bigint;", "changing-column-type"),
    "a column's new name": ("ALTER TABLE posts RENAME COLUMN a TO b;", "renaming-column"),
    "a table's new name": ("ALTER TABLE posts RENAME TO notes;", "renaming-table"),
    "a column in use": ("ALTER TABLE posts DROP COLUMN a;", "ban-drop-column"),
    "a table in use": ("DROP TABLE posts;", "ban-drop-table"),
    "a release to come": (SINCE.replace("1.4.0", "9.0.0") + "DROP TABLE posts;", "no such release"),
    "no reason": ("-- since 1.4.0:\nDROP TABLE posts;", "ban-drop-table"),
    "a key, validated": (
        SINCE + "ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES users (id);",
        "adding-foreign-key-constraint",
    ),
    "a key within the column": (
        "ALTER TABLE posts ADD COLUMN a uuid REFERENCES users;",
        "adding-foreign-key-constraint",
    ),
    "a check, validated": (SINCE + "ALTER TABLE posts ADD CONSTRAINT c CHECK (a > 0);", "not-valid"),
    "a check within the column": ("ALTER TABLE posts ADD COLUMN a int CHECK (a > 0);", "reads the table under a lock"),
    "a check that old code does not keep": (
        "ALTER TABLE posts ADD CONSTRAINT c CHECK (body <> '') NOT VALID;",
        "may not keep it",
    ),
    "validated in the same file": (
        SINCE + "ALTER TABLE posts ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE posts VALIDATE CONSTRAINT c;",
        "same transaction",
    ),
    "UNIQUE": (SINCE + "ALTER TABLE posts ADD CONSTRAINT u UNIQUE (a);", "disallowed-unique-constraint"),
    "a default of each row's own": (
        "ALTER TABLE posts ADD COLUMN a timestamptz DEFAULT clock_timestamp();",
        "adding-field-with-default",
    ),
    "a column that counts": ("ALTER TABLE posts ADD COLUMN a bigserial;", "counts up"),
    "a computed column": (
        "ALTER TABLE posts ADD COLUMN a text GENERATED ALWAYS AS (lower(body)) STORED;",
        "adding-field-with-default",
    ),
    "changing rows": ("UPDATE posts SET a = '';", "UpdateStmt"),
    "copying rows": ("CREATE TABLE t (id uuid); INSERT INTO t SELECT id FROM posts;", "small parts"),
    "calling what changes rows": ("SELECT write_event_documents(array_agg(id)) FROM events;", "SelectStmt"),
    "a lock": ("LOCK TABLE posts IN SHARE MODE;", "LockStmt"),
    "a block that hides it": ("DO $$ BEGIN ALTER TABLE posts DROP COLUMN a; END $$;", "DoStmt"),
    "a time-out of its own": ("SET lock_timeout = 0; ALTER TABLE posts ADD COLUMN a text;", "VariableSetStmt"),
    "two tables": ("ALTER TABLE posts ADD COLUMN a text; ALTER TABLE users ADD COLUMN a text;", "a file for each"),
    "turning triggers off": ("ALTER TABLE posts DISABLE TRIGGER ALL;", "not known to be quick"),
    "being told not to look": ("-- squawk-ignore-file\nDROP TABLE posts;", "not heard"),
}


@pytest.mark.parametrize("sql", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_spares_others_is_allowed(sql: str) -> None:
    assert violations(Migration("0099_test.sql", sql), RELEASES) == []


@pytest.mark.parametrize(("sql", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_locks_or_breaks_others_is_refused(sql: str, reason: str) -> None:
    assert reason in "; ".join(violations(Migration("0099_test.sql", sql), RELEASES))


def test_the_migrations_keep_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    code = migration_rules.main()
    assert (code, capsys.readouterr().err) == (0, "")


def test_those_of_before_would_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above would see one."""
    monkeypatch.setattr(migration_rules, "FIRST", "0021")
    assert [each.name for each in packaged() if each.name >= "0021"]
    assert migration_rules.main() == 1
