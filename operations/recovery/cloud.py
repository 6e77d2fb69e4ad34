"""The restore drill at AWS: a temporary database and temporary tables, restored to a moment, compared and deleted.

People write on meanwhile, and a database knows no past to compare with. So everything is looked at twice, a little
before the moment and a little after it: what was the same both times was so at the moment, and the restored has to be
equal. What changed in between is told as not comparable; at a quiet hour it is little.

Nothing here was tried on AWS; the calls are held to botocore's models.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mundotango.recovery.model import Digest
from operations import jobs, records
from operations.deployed import Deployed
from operations.recovery import databases, stores
from operations.recovery.admission import admitted
from operations.recovery.report import Line, Report
from operations.refusal import Refusal, aws_errors_explained

# With point-in-time recovery, because what is in them cannot be made anew (docs/decisions/0046).
TABLES = ("ReactionsTable", "MediaTable", "ErasuresTable")
NOTES = [
    "objects of S3 are not restored here: what protects them, and how it is tried, is in docs/disaster-recovery.md"
]

type Say = Callable[[str], None]
type Look = Callable[[], dict[str, Digest]]


@dataclass(frozen=True, slots=True)
class Steady:
    """What was in each of several tables at the moment; None where it changed around it."""

    at: datetime
    tables: dict[str, Digest | None]


def drill(found: Deployed, say: Say, *, sleep: Callable[[float], None] = time.sleep) -> Report:
    """Takes an hour or so, most of it waiting for AWS. Notes that it was done."""
    tables = {name: found.physical_id(name) for name in TABLES}
    source = databases.serving(found)
    say("looking at everything, before and after the moment")
    database = steady(lambda: _digests(found, source.host), sleep)
    items = steady(lambda: {name: stores.digest_table(found.dynamodb, tables[name]) for name in TABLES}, sleep)
    say("waiting until the moment can be restored")
    rpo = databases.await_restorable(found, source, max(database.at, items.at), sleep)
    with aws_errors_explained("asking what can be restored of the tables"):
        stores.await_restorable(found.dynamodb, tables.values(), items.at, sleep)
    stamp = f"{database.at:%Y%m%d%H%M%S}"
    with _temporary_tables(found, tables, items.at, stamp, say, sleep) as restored_tables:
        lines = [
            _line("dynamodb", name, known, stores.digest_table(found.dynamodb, restored_tables[name]))
            for name, known in items.tables.items()
        ]
    began = time.monotonic()
    say("restoring the database")
    with databases.temporary(found, source, database.at, f"drill-{stamp}", sleep) as restored:
        rto = time.monotonic() - began
        say("comparing it")
        with admitted(found, [restored.resource_id], sleep):
            there = _digests(found, restored.host)
        lines += [
            _line("postgresql", name, known, there.get(name, Digest(0, ""))) for name, known in database.tables.items()
        ]
        say("deleting it")
    if all(line.difference is None for line in lines if line.store == "postgresql"):
        raise Refusal("every table changed around the moment, so nothing was compared", cure="drill at a quiet hour")
    report = Report("aws", database.at, rpo, rto, lines, NOTES)
    told = {name: value for name, value in report.as_json().items() if name not in {"lines", "notes"}}
    records.note(found, records.Kind.RESTORE_DRILL, told)
    return report


def steady(look: Look, sleep: Callable[[float], None]) -> Steady:
    """The moment is a whole second, as AWS restores to one, and lies between the two looks."""
    before = look()
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    sleep(1.5)
    after = look()
    return Steady(at, {name: digest if after.get(name) == digest else None for name, digest in before.items()})


def _line(store: str, name: str, known: Digest | None, restored: Digest) -> Line:
    if known is None:
        return Line(store, name, 0, restored.rows, None, "changed around the moment")
    return stores.compare(store, name, known, restored)


def _digests(found: Deployed, host: str) -> dict[str, Digest]:
    [said] = jobs.run(found, "database_digests", "reading every table", host=host)
    return {name: Digest(**digest) for name, digest in said["tables"].items()}


@contextmanager
def _temporary_tables(
    found: Deployed, tables: dict[str, str], at: datetime, stamp: str, say: Say, sleep: Callable[[float], None]
) -> Iterator[dict[str, str]]:
    made: dict[str, Any] = {}
    try:
        for name, table in tables.items():
            say(f"restoring {name}")
            made[name] = f"{table}-drill-{stamp}"
            with aws_errors_explained(f"restoring the table {table}"):
                stores.restore_table(found.dynamodb, table, made[name], at, sleep)
        yield made
    finally:
        for table in made.values():
            with aws_errors_explained(f"deleting the table {table}: delete it by hand"):
                try:
                    found.dynamodb.delete_table(TableName=table)
                except found.dynamodb.exceptions.ResourceNotFoundException:
                    continue
