"""One layout, drawn by CloudWatch and by a terminal."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from operations import cli, dashboard
from operations.board import cloudwatch
from operations.board.layout import BOARD
from operations.board.model import Lines, Series, Widget
from operations.board.readings import (
    IN_LOCAL_CLOUD,
    NO_DATUM,
    ONLY_IN_LOG,
    STEPS,
    Answer,
    Line,
    Reading,
    Span,
    aggregated,
    from_log,
)
from operations.board.sources import question
from operations.refusal import Refusal
from operations.templates import ROOT, load

END = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
SPAN = Span.of(3, END)
WIDGETS = {widget.title: widget for row in BOARD for widget in row.widgets}


def line(minutes_ago: float, service: str = "api", **fields: Any) -> Line:
    return Line(END - timedelta(minutes=minutes_ago), service, fields)


def answer(title: str, *lines: Line) -> Answer:
    told = from_log(lines, SPAN)
    return Answer(WIDGETS[title], tuple(told[series] for series in WIDGETS[title].series))


def test_the_template_is_written_from_the_layout() -> None:
    assert cloudwatch.PATH.read_text(encoding="utf-8") == cloudwatch.template(), (
        "python -m operations.board.cloudwatch writes it"
    )


def test_what_cloudwatch_is_given_is_json_and_names_only_parameters() -> None:
    template = load("infra/dashboard.yaml")
    body = template["Resources"]["Board"]["Properties"]["DashboardBody"]["Fn::Sub"]
    named = set(re.findall(r"\$\{([\w:]+)\}", body))
    assert named | {"Name"} == template["Parameters"].keys() | {"AWS::Region"}
    widgets = json.loads(body)["widgets"]
    assert {each["properties"].get("title", "").partition(" (")[0] for each in widgets} - {""} == WIDGETS.keys()
    assert all(each["x"] + each["width"] <= 24 for each in widgets)


def test_each_question_has_its_entry_in_the_runbook() -> None:
    entries = re.findall(r"^##+ (.+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    for widget in WIDGETS.values():
        assert widget.runbook in entries, widget.title


def test_slow_answers_are_red_from_the_lines_of_the_log() -> None:
    slow = answer("Are answers slow?", *(line(2, status=200, ms=number * 10) for number in range(1, 101)))
    assert [reading.now for reading in slow.readings] == [500, 950, 990]
    assert slow.bad_now
    assert not answer("Are answers slow?", line(2, status=200, ms=400.0)).bad_now


def test_a_share_is_of_what_was_asked_in_the_same_step() -> None:
    failing = answer("Do answers fail?", *(line(2, status=status) for status in (200, 200, 500, 503)))
    assert failing.readings[0].now == 50
    assert answer("Do answers fail?", line(2, status=200)).readings[0].now == 0
    assert answer("Do answers fail?", line(200, status=500)).readings[0].reason == NO_DATUM


def test_what_is_too_little_is_bad_below_its_limit() -> None:
    assert answer("Does the cache help?", line(2, cache_hits=1, cache_misses=9)).bad_now
    assert not answer("Does the cache help?", line(2, cache_hits=9), line(3, cache_misses=1)).bad_now


def test_what_was_given_up_and_what_comes_late_are_red_from_the_lines_of_the_log() -> None:
    given_up = answer("Was anything given up?", line(2, "effects", dead_letters=0), line(3, "effects", dead_letters=2))
    assert given_up.readings[0].now == 2
    assert given_up.bad_now
    assert not answer("Was anything given up?", line(2, "effects", dead_letters=0)).bad_now

    late = answer("Are streams late?", line(2, "counters", age_ms=61_000), line(2, "counters", age_ms=90_000))
    assert [reading.now for reading in late.readings] == [None, 90_000, None]
    assert late.bad_now


def test_what_only_aws_measures_says_so() -> None:
    assert answer("Is the database busy?", line(2, status=200)).readings[0].reason == IN_LOCAL_CLOUD


def test_moments_fall_into_their_steps() -> None:
    assert SPAN.number(SPAN.begin) == 0
    assert SPAN.number(END - timedelta(seconds=1)) == STEPS - 1
    assert SPAN.number(END) == STEPS
    reading = answer("Who asks?", line(1, status=200), line(179.9, status=200)).readings[0]
    assert (reading.points[0], reading.points[-1], sum(filter(None, reading.points))) == (1, 1, 2)


@pytest.mark.parametrize(("stat", "value"), [("p50", 2), ("p99", 4), ("max", 4), ("min", 1), ("sum", 10), ("count", 4)])
def test_statistics(stat: Any, value: float) -> None:
    assert aggregated(stat, [1, 2, 3, 4]) == value


def test_insights_is_asked_for_the_same() -> None:
    assert cloudwatch.aggregate(Lines("api", "database_wait_ms", "p95")) == "pct(database_wait_ms, 95)"
    assert cloudwatch.aggregate(Lines("push", "failed", "sum")) == "sum(failed)"


@pytest.mark.parametrize(
    ("hours", "minutes", "period"), [(3, 6, "6m"), (30, 60, "60m"), (48, 120, "2h"), (336, 720, "12h")]
)
def test_a_step_is_no_longer_than_insights_bins(hours: float, minutes: int, period: str) -> None:
    """It takes 61 minutes for 60 without a word, and two bins would fall into one step."""
    span = Span.of(hours, END)
    assert span.step == timedelta(minutes=minutes)
    asked = question([WIDGETS["Does the cache help?"].series[0]], span.step)
    assert asked.endswith(f"by bin({period}) as step")


def test_what_a_reason_says_to_do_is_an_option() -> None:
    named = typer.main.get_command(cli.app).commands["dashboard"].params  # type: ignore[attr-defined]
    options = {option for one in named for option in (*one.opts, *one.secondary_opts)}
    said = ONLY_IN_LOG + (ROOT / "operations" / "board" / "sources.py").read_text()
    assert set(re.findall(r"--[a-z-]+", said)) <= options


def test_a_picture_that_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = from_log([line(2, status=200, ms=4.0)], SPAN)
    monkeypatch.setattr(dashboard, "find", lambda *_: type("Found", (), {"stack_name": "mundo"}))
    monkeypatch.setattr(dashboard, "read", lambda *_, **__: told)
    for to in ("nowhere/board.png", "board.nothing"):
        with pytest.raises(Refusal, match="cannot be written"):
            dashboard.dashboard(png=Path(to))


def test_a_flat_line_high_up_looks_like_one() -> None:
    series = Series("x")
    assert dashboard.sparkline(Reading(series, (100, 99, None, 0))) == "██ ▁"
    assert dashboard.sparkline(Reading(series, (0, 0))) == "▁▁"


def test_the_worst_of_too_little_is_the_least() -> None:
    little = Widget("?", "x", "MB", (Series("x"),), limit=150, bad="below")
    assert Answer(little, (Reading(little.series[0], (200, 120, 180)),)).worst == 120
