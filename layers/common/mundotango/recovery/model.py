from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digest:
    """What a table holds: how many rows, and a sum over a hash of each, in whatever order they lie."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a server has come in the log of changes; `copy` where it follows another server."""

    lsn: int
    copy: bool
