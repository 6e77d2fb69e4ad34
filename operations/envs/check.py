"""`make check-envs`: what each config env deploys, expanded, counted, linted and scanned."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from operations import config_env, expansion, parameters
from operations.envs.standing import given_to, whole
from operations.expansion import NESTED
from operations.refusal import Refusal
from operations.templates import ROOT

WITH_SAM = ROOT / ".local" / "env" / "sam" / "bin" / "python"
SCANNERS = ROOT / ".local" / "env" / "scan" / "bin"
# CloudFormation takes 500 and 1 MB: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_RESOURCES = 400
MOST_BYTES = 800_000
# Zones come from the region, which an expanded template has written out; SAM packages what a nested template nests.
RESOLVED = ("W3010", "W3002")
LOCAL = "local"  # never at AWS, and without TLS on this machine's own loopback: counted and linted, not scanned


@dataclass(frozen=True, slots=True)
class Deployed:
    """One template of one env, as CloudFormation gets it. `path` is empty for the root."""

    env: str
    path: str
    resources: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Finding:
    env: str
    path: str
    said: str

    def __str__(self) -> str:
        return f"{self.env} {self.path or 'root'}: {self.said}"


def names() -> list[str]:
    known = tomllib.loads(config_env.SAMCONFIG.read_text(encoding="utf-8"))
    return [name for name, value in known.items() if isinstance(value, dict)]


def examine(envs: Iterable[str]) -> tuple[list[Deployed], list[Finding]]:
    """Raises Refusal when an env cannot be expanded, or a scanner is not installed or fails."""
    for program in (WITH_SAM, SCANNERS / "cfn-lint", SCANNERS / "checkov"):
        if not program.exists():
            raise Refusal(f"{program.relative_to(ROOT)} is missing", cure="run make check-envs, which installs it")
    with tempfile.TemporaryDirectory() as folder:
        written, made = Path(folder) / "written", Path(folder) / "made"
        places = _write(envs, written)
        at_aws = [name for name, found in places.items() if any(env != LOCAL for env, _ in found)]
        shutil.copytree(written, made)
        counted = json.loads(_said(WITH_SAM, "operations/envs/with_sam.py", "transform", str(made)))
        with ThreadPoolExecutor() as both:
            linted, scanned = both.submit(_linted, written), both.submit(_scanned, made, at_aws)
        deployed = [
            Deployed(env, path, counted[name]["resources"], counted[name]["bytes"])
            for name, found in places.items()
            for env, path in found
        ]
        told = [(name, error) for name, one in counted.items() for error in one["errors"]]
        findings = [
            Finding(env, path, text)
            for name, text in [*told, *linted.result(), *scanned.result()]
            for env, path in places[name]
        ]
    return deployed, [*excesses(deployed), *findings]


def excesses(deployed: Iterable[Deployed]) -> Iterator[Finding]:
    for one in deployed:
        if one.resources > MOST_RESOURCES:
            yield Finding(one.env, one.path, f"{one.resources} resources, {MOST_RESOURCES} at most")
        if one.bytes > MOST_BYTES:
            yield Finding(one.env, one.path, f"{one.bytes:,} bytes, {MOST_BYTES:,} at most")


def _write(envs: Iterable[str], folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Each different template once; which env and path have it, by the file's name."""
    places: dict[str, list[tuple[str, str]]] = {}
    for name in envs:
        env = config_env.load(name)
        found = expansion.of_env(env)
        given = parameters.effective(env.parameters)
        for one in found:
            text = json.dumps(whole(one, given_to(one, found, given)), indent=1)
            file = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
            places.setdefault(file.name, []).append((name, one.path))
            for resource in one.resources.values():
                if resource["Type"] == NESTED:  # the linter looks at what it nests
                    nested = Path(resource["Properties"]["TemplateURL"])
                    (folder / nested).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / Path(one.file).parent / nested, folder / nested)
            folder.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return places


def _linted(folder: Path) -> list[tuple[str, str]]:
    files = map(str, folder.glob("*.json"))
    said = json.loads(
        _said(SCANNERS / "cfn-lint", "--ignore-checks", *RESOLVED, "--format", "json", "--template", *files) or "[]"
    )
    return [(Path(one["Filename"]).name, f"{one['Rule']['Id']} {one['Message']} at {_place(one)}") for one in said]


def _place(one: dict[str, Any]) -> str:
    return "/".join(map(str, one["Location"].get("Path") or ["its beginning"]))


def _scanned(folder: Path, files: list[str]) -> list[tuple[str, str]]:
    """By .checkov.yaml, but for the files it names."""
    known = yaml.safe_load((ROOT / ".checkov.yaml").read_text(encoding="utf-8"))
    config = folder / "checkov.yaml"
    config.write_text(yaml.safe_dump({**known, "file": [str(folder / name) for name in files]}))
    if not files:
        return []
    said = json.loads(_said(SCANNERS / "checkov", "--config-file", str(config), "--output", "json"))
    return [
        (Path(one["file_path"]).name, f"{one['check_id']} {one['check_name']} at {one['resource']}")
        for one in said.get("results", {}).get("failed_checks", [])
    ]


def _said(program: Path, *arguments: str) -> str:
    # Both scanners exit with another code than 0 when they find something.
    done = subprocess.run(
        [str(program), *arguments],
        cwd=ROOT,
        env=os.environ | {"AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and not done.stdout.strip().startswith(("[", "{")):
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise Refusal(f"{program.name} failed: {last}", cure="run make setup, or read what it says")
    return done.stdout


def table(deployed: list[Deployed]) -> Table:
    drawn = Table("config env", "resources", "largest", "of which", title="What each config env deploys")
    for env in dict.fromkeys(one.env for one in deployed):
        own = [one for one in deployed if one.env == env]
        largest = max(own, key=lambda one: one.bytes)
        parts = ", ".join(f"{one.path or 'root'} {one.resources}" for one in sorted(own, key=lambda one: one.path))
        drawn.add_row(env, str(sum(one.resources for one in own)), f"{largest.bytes / 1000:.0f} KB", parts)
    return drawn


def main(
    env: Annotated[list[str] | None, typer.Option("--env", help="This config env only; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Expand, count, lint and scan what each config env deploys."""
    try:
        with Console(stderr=True).status("linting and scanning; this takes some minutes"):
            deployed, findings = examine(env or names())
    except Refusal as refusal:
        print(f"check-envs: {refusal}", file=sys.stderr)
        raise typer.Exit(1) from None
    order = {name: place for place, name in enumerate(names())}
    deployed.sort(key=lambda one: (order[one.env], one.path))
    if as_json:
        print(json.dumps({"deployed": list(map(asdict, deployed)), "findings": list(map(asdict, findings))}))
    else:
        Console().print(table(deployed))
    for finding in findings:
        print(finding, file=sys.stderr)
    raise typer.Exit(1 if findings else 0)


if __name__ == "__main__":
    typer.run(main)
