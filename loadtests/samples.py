"""What a tool of load tests wrote down of each request, in one form."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """`at` is the start of the request in seconds since 1970, `error` empty where it was answered as wanted."""

    at: float
    name: str
    ms: float
    error: str = ""


def of_evening(path: Path) -> list[Sample]:
    """Locust's, a line of JSON each as evening.py writes it."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Sample(at, name, ms, error) for at, name, ms, error in rows]


def of_ab(path: Path, name: str) -> list[Sample]:
    """ab's `-g` file: tab-separated, with the start in whole seconds. It has only what was answered."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Sample(float(row["seconds"]), name, float(row["ttime"])) for row in csv.DictReader(file, delimiter="\t")
        ]


def of_k6(path: Path) -> list[Sample]:
    """k6's `--out csv`: a row for each value of each of its metrics."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric_name"] == "http_req_duration"]
    return [
        Sample(
            float(row["timestamp"]),
            row["name"],
            float(row["metric_value"]),
            "" if row["status"] == "200" else (row["error"] or f"status {row['status']}"),
        )
        for row in rows
    ]
