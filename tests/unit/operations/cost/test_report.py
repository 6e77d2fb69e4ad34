import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations import cli
from operations.cost import report
from operations.cost.commands import DOCS
from operations.cost.model import assumptions, project
from operations.cost.options import options
from operations.refusal import Refusal


def test_the_page_is_what_the_model_says() -> None:
    """`mundo cost --write` writes it."""
    assert (DOCS / "costs.md").read_text(encoding="utf-8") == report.text(assumptions())


def test_the_page_changes_with_a_price() -> None:
    given = assumptions()
    workload = replace(given.workload, person=replace(given.workload.person, sessions=26))

    assert report.text(replace(given, workload=workload)) != report.text(given)


def test_the_command_prints_a_list_of_what_each_number_of_people_costs() -> None:
    shown = CliRunner().invoke(cli.app, ["cost", "--users", "500,1000", "--json"])

    assert shown.exit_code == 0
    first, second = json.loads(shown.stdout)
    assert (first["users"], second["users"]) == (500, 1000)
    assert 0 < first["total_usd"] < second["total_usd"]
    assert second["total_usd"] == round(project("phase1", 1000).total_usd, 2)


@pytest.mark.parametrize("wrong", [["--users", "many"], ["--users", "0"], ["--users", "10", "--phase", "phase9"]])
def test_what_nobody_can_reckon_is_refused(wrong: list[str]) -> None:
    shown = CliRunner().invoke(cli.app, ["cost", *wrong])

    assert isinstance(shown.exception, Refusal)
    assert "\n" not in str(shown.exception)


def test_the_picture_is_drawn_where_it_is_wanted(tmp_path: Path) -> None:
    picture = tmp_path / "costs.png"

    shown = CliRunner().invoke(cli.app, ["cost", "--users", "1000", "--plot", str(picture)])

    assert shown.exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli.app, ["cost", "--users", "1000", "--plot", str(tmp_path / "none" / "costs.png")])

    assert isinstance(shown.exception, Refusal)


def test_a_promise_saves_a_part_of_what_it_is_for() -> None:
    found = options(project("phase1", 100_000))

    assert found
    assert all(0 < option.saves_usd <= option.of_usd for option in found)
