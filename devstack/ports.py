"""Which ports on loopback a local cloud uses: the usual ones where they are free, and the same at the next start."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    postgres: int
    valkey: int
    gateway: int
    push: int


USUAL = Ports(postgres=5432, valkey=6379, gateway=4566, push=4570)


def choose(record: Path, *, usual: bool = True) -> tuple[Ports, list[str]]:
    """The ports recorded in the file `record`, or new ones, which are then recorded.

    Call it while none of the own servers runs. Answers too with one line for each recorded port that another
    program has taken since, and that is therefore another one now. `usual=False` keeps away from the usual ports.
    """
    recorded = _read(record)
    moved: list[str] = []
    taken: set[int] = set()
    chosen: dict[str, int] = {}
    for name, preferred in (asdict(USUAL) | recorded).items():
        known = name in recorded
        port = preferred if (known or usual) and is_free(preferred) else _free(taken)
        if known and port != preferred:
            moved.append(f"port {preferred} of {name} is taken by another program: it is {port} now")
        taken.add(port)
        chosen[name] = port
    ports = Ports(**chosen)
    record.write_text(json.dumps(asdict(ports)) + "\n")
    return ports, moved


def is_free(port: int) -> bool:
    """Whether a server may listen there; one that listens on all addresses counts as well."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0


def free_port() -> int:
    """For a server that is to be started at once."""
    return _free(set())


def _free(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def _read(record: Path) -> dict[str, int]:
    """Those of an earlier version may lack one."""
    try:
        read = json.loads(record.read_text())
        return {name: int(read[name]) for name in asdict(USUAL) if name in read}
    except (OSError, ValueError, TypeError):
        return {}
