"""The lines of the checklists that this checkout answers."""

import re
from pathlib import Path
from textwrap import shorten

from operations import config_env, expansion, records
from operations.cost import report
from operations.cost.model import assumptions
from operations.envs import check
from operations.house_rules import ROOT
from operations.records import Kind
from operations.scale.checklist import Answer, Place, done, undone
from operations.scale.of_stack import RECENT_DAYS
from operations.templates import load

DOCS = ROOT / "docs"
# `name  figure (aim at least 20)`, as the benchmarks print it; without a word, these have to be reached.
FIGURE = re.compile(r"^(\w+) +([-\d.]+|True|False) \(aim (at least |at most |below )?([-\d.]+|True)\)$", re.MULTILINE)
TO_REACH = frozenset({"requests_per_s", "cold_requests_per_s", "accepted"})
LOSSES = ("availability zone", "home region", "database", "table", "bucket", "bad deploy", "leaked key")


def costs(place: Place) -> Answer:
    if _read(DOCS / "costs.md") != report.text(assumptions()):
        return undone("docs/costs.md is older than what it is made of", "mundo cost --write, and read it")
    record = records.last(place.found, Kind.COST_REVIEW)
    if record is None or not record.is_within(RECENT_DAYS, place.now):
        cure = f"read docs/costs.md, then mundo scale reviewed --env {place.env.name}"
        return undone(f"nobody noted to have read them in {RECENT_DAYS} days", cure)
    return done(f"read on {record.at:%Y-%m-%d}")


def architecture(_: Place) -> Answer:
    page = _read(DOCS / "architecture.md")
    functions = [
        name for name, one in load("template.yaml")["Resources"].items() if one["Type"] == "AWS::Serverless::Function"
    ]
    missing = [name for name in functions if f"\n| {name} |" not in page]
    if missing:
        return undone(f"docs/architecture.md does not tell of {', '.join(missing)}", "add them to its table")
    return done(f"docs/architecture.md tells of {len(functions)} functions, where each is and what it calls")


def regions(_: Place) -> Answer:
    envs = [config_env.load(name) for name in config_env.names() if re.fullmatch(r"phase3-\w+-\w+-\d", name)]
    homes = [one.region for one in envs if one.parameters.get("IsHome", "true") == "true"]
    if len(envs) < 3 or len(homes) != 1:
        return undone("samconfig.toml has not three regions of phase 3 with one home", "add their config envs")
    decided = sorted(path.name for path in (DOCS / "decisions").glob("*-one-template-three-regions.md"))
    if not decided:
        return undone("no decision says how regions work together", "write it down in docs/decisions")
    for one in envs:
        expansion.of_env(one)
    return done(f"{', '.join(str(one.region) for one in envs)}, home {homes[0]}: docs/decisions/{decided[0]}")


def recovery(_: Place) -> Answer:
    page = _read(DOCS / "disaster-recovery.md").lower()
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    missing = [loss for loss in LOSSES if not any(loss in heading for heading in headings)]
    if missing:
        return undone(f"docs/disaster-recovery.md does not say what to do for: {', '.join(missing)}", "write it")
    return done(f"docs/disaster-recovery.md says what to do for each of {len(LOSSES)} losses")


def security(_: Place) -> Answer:
    """What is deployed next is scanned, some minutes."""
    names = [name for name in config_env.names() if name.startswith("phase3")]
    deployed, findings = check.examine(names)
    if findings:
        said = f"{len(findings)} findings, such as {shorten(str(findings[0]), 150)}"
        return undone(said, "make check-envs, and mend what it says")
    return done(f"checkov and cfn-lint find nothing in the {len(deployed)} templates of {len(names)} envs")


def benchmarks(_: Place) -> Answer:
    figures = list(FIGURE.finditer(_read(DOCS / "benchmarks.md")))
    missed = [f"{one[1]} {one[2]} (aim {one[3] or ''}{one[4]})" for one in figures if not _met(*one.groups())]
    if not figures:
        return undone("docs/benchmarks.md has no figure with an aim", "make bench")
    if missed:
        return undone(
            f"{len(missed)} of {len(figures)} miss their aim: {', '.join(missed)}", "make bench, or mend them"
        )
    return done(f"all {len(figures)} figures of docs/benchmarks.md reach their aims")


def _met(name: str, value: str, word: str | None, aim: str) -> bool:
    if aim == "True":
        return value == aim
    if word == "at least " or (not word and name in TO_REACH):
        return float(value) >= float(aim)
    return float(value) <= float(aim)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
