"""The metrics that functions write are those that are declared, and counted."""

import ast
from typing import Any

import pytest

from mundotango.observability import METRICS, metric
from operations.templates import ROOT
from tests.fixtures.gateway import Log


def written() -> set[tuple[str, str]]:
    """Name and service of each call of `metric` in a function's own code."""
    found = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "metric":
                name = node.args[0]
                assert isinstance(name, ast.Constant), "a name that is not written out cannot be counted"
                found.add((str(name.value), path.parent.name))
    return found


def test_what_is_declared_is_written_where_it_says() -> None:
    assert written() == {(name, service) for name, one in METRICS.items() for service in one.services}


def test_nothing_else_writes_any() -> None:
    """A use case runs in several functions, and each would be a metric more."""
    for path in (ROOT / "layers").rglob("*.py"):
        assert path.name == "observability.py" or "import metric" not in path.read_text(encoding="utf-8"), path


def test_a_metric_has_its_service_as_its_one_dimension(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "push")
    metric("PushLatency", 120)
    (line,) = log.lines()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "MundoTango"
    assert directive["Dimensions"] == [["service"]]
    assert _of(directive) == [{"Name": "PushLatency", "Unit": "Milliseconds"}]
    assert line["service"] == "push"


def _of(directive: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: each[key] for key in ("Name", "Unit")} for each in directive["Metrics"]]
