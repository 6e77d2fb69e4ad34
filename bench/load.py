"""How many requests a second one machine answers, by the owner's own test: `ab -n 10000 -c 100` on the list of events.

The API runs behind a server process (bench/serve.py), one for each processor, with 50,000 events in PostgreSQL and
Valkey before it; the generator has one processor, which it shares with them. Then 20,000 requests for 1,000 distinct
lists, of a city from a day on, drawn by Zipf: once with Valkey, and once with nobody at its address.

Run it by `python -m bench.load`; its last line is JSON. It needs ab, of Debian's apache2-utils.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from bench import planted_events, stores
from bench.cold_start import free_port

ADDRESS = "/api/public/events"
REQUESTS, AT_ONCE = 10_000, 100
DISTINCT, DRAWN = 1000, 20_000
START_SECONDS = 30.0
PROCESSES = os.cpu_count() or 1
PINNED = ("taskset", "--cpu-list", "0")
# A server process has many requests and few connections: as many as the platform's plan gives it.
POOL = {"DATABASE_POOL_SIZE": "20"}
AIMS = {"requests_per_s": 1000, "p95_ms": 300, "failed": 0, "cold_requests_per_s": 250}


@contextmanager
def served(environment: dict[str, str]) -> Iterator[int]:
    """The API at a port of its own, once it answers."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "bench.serve:app", "--port", str(port), "--workers",
        str(PROCESSES), "--no-access-log", "--log-level", "warning", "--lifespan", "off",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, env=os.environ | POOL | environment, stdout=log, stderr=log)
        try:
            _await(port, server)
            yield port
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-2000:].decode(errors="replace"))
            raise
        finally:
            server.terminate()
            server.wait()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 0.2) as probe:
                probe.sendall(b"GET /api/public/health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                if b" 200 " in probe.recv(100):
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("bench: the server did not start")


def apache_bench(port: int, requests: int = REQUESTS) -> dict[str, float]:
    url = f"http://127.0.0.1:{port}{ADDRESS}"
    done = subprocess.run(
        [*PINNED, "ab", "-n", str(requests), "-c", str(AT_ONCE), "-q", url], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench: ab failed: {done.stderr.strip()}")
    said = done.stdout
    refused = re.search(r"Non-2xx responses:\s+(\d+)", said)
    return {
        "requests_per_s": _number(r"Requests per second:\s+([\d.]+)", said),
        "p95_ms": _number(r"\n\s+95%\s+(\d+)", said),
        "failed": _number(r"Failed requests:\s+(\d+)", said) + (int(refused[1]) if refused else 0),
    }


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise SystemExit(f"bench: ab does not say {pattern}:\n{said}")
    return float(found[1])


def addresses() -> list[str]:
    """The draws: the query of rank n comes with weight 1/n."""
    dice = Random(planted_events.SEED)  # noqa: S311
    names, today = planted_events.cities(), datetime.now(UTC).date()
    days = [today + timedelta(days=day) for day in range(DISTINCT // len(names) + 1)]
    asked = [(name, day) for day in days for name in names][:DISTINCT]
    queries = [f"{ADDRESS}?{urlencode({'city': name, 'from': f'{day}T00:00:00Z'})}" for name, day in asked]
    return dice.choices(queries, [1 / (rank + 1) for rank in range(DISTINCT)], k=DRAWN)


def visited(port: int) -> float:
    """Requests a second."""
    done = subprocess.run(
        [*PINNED, sys.executable, "-m", "bench.visitors", str(port), str(AT_ONCE)],
        input="\n".join(addresses()), capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    if said["failed"]:
        raise SystemExit(f"bench: {said['failed']} of {DRAWN} requests were not answered")
    return float(said["answered"] / said["seconds"])


def measure() -> dict[str, float]:
    with stores.running() as found:
        with found.owner() as connection:
            planted_events.plant(connection)
        with served(found.environment()) as port:
            apache_bench(port, 1000)  # a server process is warm but once
            measured = apache_bench(port)
            measured["zipf_requests_per_s"] = visited(port)
        with served(found.environment() | {"CACHE_PORT": str(free_port())}) as port:
            measured["cold_requests_per_s"] = visited(port)
    return measured


def main() -> None:
    if shutil.which("ab") is None:
        raise SystemExit("bench: there is no ab here: apt-get install apache2-utils")
    root = Path(__file__).parent.parent
    os.chdir(root)
    measured = {name: round(value) for name, value in measure().items()}
    for name, aim in AIMS.items():
        print(f"{name:<22} {measured[name]:>6} (aim {aim})")
    print(json.dumps({"bench": "load", **measured, "server_processes": PROCESSES}))


if __name__ == "__main__":
    main()
