from pathlib import Path

import pytest
from rich.console import Console

from operations import suites
from operations.suites import Result, Suite

REPORT = """<?xml version="1.0"?><testsuites>
<testsuite tests="7" failures="1" errors="1" skipped="2"></testsuite></testsuites>"""


def test_counts_what_pytest_reported(tmp_path: Path) -> None:
    report = tmp_path / "unit.xml"
    report.write_text(REPORT)

    assert suites.count(report) == {"passed": 3, "failed": 2, "skipped": 2}
    assert suites.count(tmp_path / "never-written.xml") == {}


@pytest.mark.parametrize(
    ("code", "counts", "good"),
    [(0, {"passed": 3}, True), (1, {"passed": 3, "failed": 1}, False), (5, {"passed": 0}, False), (0, {}, False)],
)
def test_a_suite_without_tests_is_not_good(code: int, counts: dict[str, int], good: bool) -> None:
    assert Result(Suite("unit", budget=10), 1.0, code, counts).good is good


def test_the_last_line_is_a_summary_of_all_suites(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        Result(Suite("unit", budget=10), 1.5, 0, {"passed": 3, "failed": 0, "skipped": 1}),
        Result(Suite("template", budget=60), 2.0, 1, {"passed": 2, "failed": 1, "skipped": 0}),
    ]
    suites.show(results, Console(quiet=True))

    assert capsys.readouterr().out.strip().strip("= ") == "5 passed, 1 failed, 1 skipped in 3.50s"


def test_a_suite_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert suites.main(["smoke"]) == 2
    assert "no suite smoke; the suites are unit, contract, integration, template, e2e" in capsys.readouterr().err
