"""How long a cold start takes: the imports and the first request of each function, each in a fresh process.

The measure is the ratio to a naive API (bench/naive_api.py) timed in the same rounds, in an order that turns round each
time. Times are the processor's, which is what a cold start waits for: a busy machine changes them least. The making of
SDK clients and the first query to PostgreSQL are timed on both sides too, and printed apart: they are no part of the
ratio. Only `jobs` and `migrate` cannot do their work without that query, and are shown with it.

Run it by `python -m bench.cold_start`; its last line is JSON. `api_vs_plain` compares what we ship to the baseline as a
plain `sam build` leaves it, without bytecode; the others compare to the baseline with bytecode.
"""

import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import stub_aws, subjects
from bench.staging import Trees
from bench.subjects import ENDPOINT, NAIVE, OURS, Subject
from devstack import database, postgres
from mundotango import migrations
from mundotango.migrations.roles import OWNER

ROUNDS = 10
PROBE = Path(__file__).parent / "probe.py"
AIMS = {"api_vs_plain": 0.2, "api_vs_pyc": 0.6, "image_worker_vs_pyc": 0.35, "ws_connect_vs_pyc": 0.35}


@dataclass(frozen=True, slots=True)
class Run:
    """Processor seconds of one cold start; `after` holds what was timed apart once the first request was served."""

    importing: float
    request: float
    clients: float
    after: Mapping[str, float]

    @property
    def total(self) -> float:
        return self.importing + self.request


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


Variant = tuple[Subject, bool]  # whether there is bytecode


def cold_start(variant: Variant, trees: Trees, environment: Mapping[str, str]) -> Run:
    """Raises SystemExit with the function's own words when it did not serve its request."""
    subject, compiled = variant
    job = {
        "path": trees.path(subject.artifact, compiled=compiled),
        "handler": subject.handler,
        "event": subject.event,
        "after": subject.after,
    }
    # The interpreter itself, not .venv's: neither site-packages nor the checkout may be found.
    interpreter = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
    told = json.dumps(job).replace(ENDPOINT, environment["AWS_ENDPOINT_URL"])
    command = [interpreter, "-I", "-S", "-B", str(PROBE), told]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environment), check=False)
    if done.returncode:
        raise SystemExit(f"bench: {subject.name} failed:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    if subject.proof not in done.stdout:
        raise SystemExit(f"bench: {subject.name} did not serve its request:\n{done.stdout[-3000:]}")
    return Run(result["import"], result["request"], result["clients"], result["after"])


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """What the functions need around them, as their environment tells them."""
    with (
        tempfile.TemporaryDirectory(prefix="mundo-bench-") as folder,
        stub_aws.serve(subjects.picture(), subjects.rows()) as endpoint,
    ):
        server = postgres.start(Path(folder) / "postgres", free_port())
        try:
            database.create(server)
            with psycopg.connect(server.dsn(database.NAME, OWNER), autocommit=True) as connection:
                migrations.apply(connection)
            yield subjects.environment(endpoint, server.port)
        finally:
            postgres.forget(server.data_dir)


def measure(variants: list[Variant], console: Console) -> dict[Variant, list[Run]]:
    runs: dict[Variant, list[Run]] = defaultdict(list)
    with console.status("staging what is timed, as the build ships it"):
        trees = Trees({subject.artifact for subject, _ in variants if subject.artifact})
    with stores() as environment:
        for variant in track(variants, "warming the disk's cache", console=console):
            cold_start(variant, trees, environment)
        for turn in track(range(ROUNDS), f"{ROUNDS} rounds of {len(variants)} cold starts", console=console):
            for variant in variants if turn % 2 == 0 else reversed(variants):
                runs[variant].append(cold_start(variant, trees, environment))
    return runs


def ratios(medians: Mapping[Variant, float]) -> dict[str, float]:
    by_name = {(subject.name, compiled): seconds for (subject, compiled), seconds in medians.items()}
    plain, pyc = by_name["naive", False], by_name["naive", True]
    return {
        "api_vs_plain": by_name["api", True] / plain,
        "api_vs_pyc": by_name["api", True] / pyc,
        **{f"{one.name}_vs_pyc": by_name[one.name, True] / pyc for one in OURS if one.name != "api"},
    }


def show(runs: Mapping[Variant, list[Run]], found: Mapping[str, float], console: Console) -> None:
    table = Table(title=f"Cold starts, median of {ROUNDS}, in ms of the processor", title_justify="left")
    for heading in ("function", ".pyc", "imports", "first request", "together", "clients, apart"):
        table.add_column(heading, justify="left" if heading in {"function", ".pyc"} else "right")
    for (subject, compiled), measured in runs.items():
        columns = [[run.importing, run.request, run.total, run.clients] for run in measured]
        medians = [f"{1000 * statistics.median(column):.0f}" for column in zip(*columns, strict=True)]
        table.add_row(subject.name, "yes" if compiled else "no", *medians)
    console.print(table)

    apart = Table(title="Apart, with bytecode, in ms of the processor", title_justify="left")
    for heading in ("what", "naive", "api"):
        apart.add_column(heading, justify="left" if heading == "what" else "right")
    sides = [[run.after for run in runs[variant]] for variant in runs if variant[0].after and variant[1]]
    for name in sides[0][0]:
        apart.add_row(name, *(f"{1000 * statistics.median(run[name] for run in side):.0f}" for side in sides))
    console.print(apart)

    for name, ratio in found.items():
        aim = f" (aim {AIMS[name]})" if name in AIMS else ""
        console.print(f"{name:<24} {ratio:.3f}{aim}", highlight=False)


def main() -> None:
    console = Console(stderr=True)
    variants: list[Variant] = [(NAIVE, False), (NAIVE, True), *((one, True) for one in OURS)]
    runs = measure(variants, console)
    found = ratios({variant: statistics.median(run.total for run in measured) for variant, measured in runs.items()})
    show(runs, found, Console())
    print(json.dumps({"bench": "cold_start", **{name: round(ratio, 3) for name, ratio in found.items()}}))


if __name__ == "__main__":
    main()
