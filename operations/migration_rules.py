"""What a migration may do while code of the version before still writes: docs/upgrading.md, "Migrations", says how.

squawk knows what PostgreSQL locks, rewrites and scans. Here stands what it cannot know: that our runner sets
lock_timeout, which files run in a transaction, and since which release nothing needs what a file takes away.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pglast import ast, parse_sql
from pglast.enums import AlterTableType, ConstrType, ObjectType
from pglast.visitors import Visitor

from mundotango.migrations import Migration, packaged

# What is older was applied before anybody had to be spared, and is never changed.
FIRST = "0022"
CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
POSTGRESQL = "18"

# The runner's affair, or of taste.
_LEFT_OUT = (
    "require-lock-timeout", "require-statement-timeout", "prefer-robust-stmts", "prefer-bigint-over-int",
    "prefer-bigint-over-smallint", "prefer-identity", "prefer-text-field", "prefer-timestamp-tz",
)  # fmt: skip
# These are quick, and break code that still counts on what was.
_TAKEN_AWAY = {
    "ban-drop-column", "ban-drop-table", "ban-drop-not-null", "ban-drop-constraint", "ban-drop-function",
    "ban-drop-view", "ban-drop-type", "renaming-column", "renaming-table", "renaming-object",
}  # fmt: skip
_SINCE = re.compile(r"^-- since (?P<release>\S+): \S", re.MULTILINE)
_RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)

# Each changes the catalogue alone, or is judged by squawk.
_IN_TRANSACTION = (
    ast.CreateStmt, ast.AlterTableStmt, ast.IndexStmt, ast.InsertStmt, ast.DropStmt, ast.RenameStmt, ast.CommentStmt,
    ast.CreateFunctionStmt, ast.CreateTrigStmt, ast.ViewStmt, ast.CreateEnumStmt, ast.AlterEnumStmt, ast.CreateSeqStmt,
    ast.GrantStmt, ast.CreateStatsStmt,
)  # fmt: skip
_ALTERING = {
    AlterTableType.AT_AddColumn, AlterTableType.AT_ColumnDefault, AlterTableType.AT_DropNotNull,
    AlterTableType.AT_SetNotNull, AlterTableType.AT_SetStatistics, AlterTableType.AT_SetRelOptions,
    AlterTableType.AT_ResetRelOptions, AlterTableType.AT_AddConstraint, AlterTableType.AT_ValidateConstraint,
    AlterTableType.AT_DropColumn, AlterTableType.AT_DropConstraint, AlterTableType.AT_AlterColumnType,
}  # fmt: skip
_FOR_OUTSIDE = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS, DROP INDEX CONCURRENTLY IF EXISTS, or a DO block that fills in small "
    "parts, with COMMIT after each"
)
_COUNTING = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}


def violations(migration: Migration, releases: set[str]) -> list[str]:
    """What of it may hold up or break others, each in a line. `releases` are those that were made."""
    if "squawk-" in migration.sql:
        return ["squawk's own comments are not heard; say `-- since X.Y.Z: why`, or do it in steps"]
    statements: list[Any] = [raw.stmt for raw in parse_sql(migration.sql)]
    judged = _outside(migration, statements) if migration.outside else _inside(statements)
    found = [*_squawk(migration), *judged]
    return [*(what for what, by_since in found if not by_since), *_since(migration, found, releases)]


# What is wrong, and whether it is right once a release named by `since` has gone before.
type Found = tuple[str, bool]


def _since(migration: Migration, found: list[Found], releases: set[str]) -> Iterator[str]:
    named = _SINCE.search(migration.sql)
    if named is None:
        yield from (f"{what}; name the release before it: -- since X.Y.Z: why" for what, by_since in found if by_since)
    elif named["release"] not in releases:
        yield f"since {named['release']}: no such release in CHANGELOG.md, so code that needs it may still run"


def _squawk(migration: Migration) -> Iterator[Found]:
    command = [
        str(Path(sys.executable).with_name("squawk")), "--reporter=json", f"--pg-version={POSTGRESQL}",
        f"--exclude={','.join(_LEFT_OUT)}", f"--{'no-' if migration.outside else ''}assume-in-transaction",
    ]  # fmt: skip
    done = subprocess.run(command, input=migration.sql, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"squawk: {done.stderr}")
    for said in json.loads(done.stdout or "[]"):
        rule = said["rule_name"]
        yield f"{rule}: {said['message']}", rule in _TAKEN_AWAY


def _outside(migration: Migration, statements: list[Any]) -> Iterator[Found]:
    if len(statements) != 1:
        yield "outside a transaction stands one statement, so that what failed can be repeated", False
    for one in statements:
        match one:
            case ast.IndexStmt(concurrent=True, if_not_exists=True):
                if one.idxname != migration.index:
                    yield f"say which index it makes: -- outside a transaction: index {one.idxname}", False
                if one.unique:
                    yield "unique: code of before may write the same twice", True
            case ast.DropStmt(concurrent=True, missing_ok=True, removeType=ObjectType.OBJECT_INDEX):
                pass
            case ast.DoStmt() if "COMMIT" in migration.sql:
                pass
            case _:
                yield f"{type(one).__name__}: not outside a transaction, but {_FOR_OUTSIDE}", False


def _inside(statements: list[Any]) -> Iterator[Found]:
    made = {_table(one) for one in statements if isinstance(one, ast.CreateStmt)}
    altered = {_table(one) for one in statements if isinstance(one, ast.AlterTableStmt)} - made
    if len(altered) > 1:
        yield (
            f"alters {', '.join(sorted(altered))}: one waits while the other is locked; a file for each",
            False,
        )
    for one in statements:
        if not isinstance(one, _IN_TRANSACTION):
            yield f"{type(one).__name__}: locks what it touches to the end of the file; see docs/upgrading.md", False
        elif isinstance(one, ast.InsertStmt) and not _is_of_values(one):
            yield "INSERT of what is read: fill outside a transaction, in small parts", False
        elif getattr(one, "concurrent", False):
            yield "CONCURRENTLY needs a file of its own: -- outside a transaction", False
        elif isinstance(one, ast.AlterTableStmt) and _table(one) not in made:
            yield from _altering(one)


def _table(statement: Any) -> str:
    return str(statement.relation.relname)


def _is_of_values(insert: Any) -> bool:
    return bool(insert.selectStmt and insert.selectStmt.valuesLists)


def _altering(statement: Any) -> Iterator[Found]:
    new = {cmd.def_.colname for cmd in statement.cmds if cmd.subtype == AlterTableType.AT_AddColumn}
    for cmd in statement.cmds:
        if cmd.subtype not in _ALTERING:
            yield f"{AlterTableType(cmd.subtype).name}: not known to be quick", False
        elif cmd.subtype == AlterTableType.AT_AddColumn:
            yield from _new_column(cmd.def_)
        elif cmd.subtype == AlterTableType.AT_AddConstraint:
            yield from _new_constraint(cmd.def_, new)


def _new_column(column: Any) -> Iterator[Found]:
    if column.typeName.names[-1].sval in _COUNTING or column.identity not in (None, "\x00"):
        yield f"{column.colname} counts up: the table is written anew under a lock", False
    for constraint in column.constraints or ():
        if constraint.contype in (ConstrType.CONSTR_CHECK, ConstrType.CONSTR_UNIQUE, ConstrType.CONSTR_IDENTITY):
            yield (
                f"{column.colname}: its constraint reads the table under a lock; add it NOT VALID",
                False,
            )


def _new_constraint(constraint: Any, new_columns: set[str]) -> Iterator[Found]:
    """What code of before does not keep, it breaks; of columns it does not know it writes the default."""
    columns = {key.sval for key in (*(constraint.keys or ()), *(constraint.fk_attrs or ()))}
    columns |= _columns_of(constraint.raw_expr) if constraint.raw_expr else set()
    if constraint.contype == ConstrType.CONSTR_NOTNULL or not columns or not columns <= new_columns:
        yield f"constraint {constraint.conname or ''}: code of before may not keep it", True


def _columns_of(expression: Any) -> set[str]:
    found: set[str] = set()

    class Columns(Visitor):
        def visit_ColumnRef(self, _ancestors: object, node: Any) -> None:  # noqa: N802 - pglast calls it so
            found.add(node.fields[-1].sval)

    Columns()(expression)
    return found


def main() -> int:
    releases = set(_RELEASE.findall(CHANGELOG.read_text(encoding="utf-8")))
    found = [
        f"{migration.name}: {what}"
        for migration in packaged()
        if migration.name >= FIRST
        for what in violations(migration, releases)
    ]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
