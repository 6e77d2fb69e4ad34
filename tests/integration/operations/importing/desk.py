"""Where an operator has a file, and what has become of it in the database."""

import csv
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from mundotango.bootstrap import Platform
from mundotango.events.model import Dated
from mundotango.users.model import User
from operations import cli
from tests.factories.imports import table
from tests.fakes.clock import FakeClock


class Desk:
    """Where an operator has a file, and imports it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "milongas.csv"
        self.report = directory / "skipped.csv"

    def bring(self, *rows: dict[str, Any]) -> None:
        self.file.write_text(table(*rows), encoding="utf-8")

    def run(self, *options: str) -> Result:
        return CliRunner().invoke(cli.app, ["events", "import", str(self.file), "--organiser", "@La_Viruta", *options])

    def reported(self) -> list[dict[str, str]]:
        with self.report.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def counted(platform: Platform) -> dict[str, int]:
    with platform.database.transaction() as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # type: ignore[index]
            for name in ("events", "occurrences", "venues", "outbox")
        }


NOTHING = {"events": 0, "occurrences": 0, "venues": 0, "outbox": 0}


def own(platform: Platform, clock: FakeClock, organiser: User) -> list[Dated]:
    with platform.unit_of_work() as work:
        return work.events.list_own(organiser.id, clock.now(), None, 100)
