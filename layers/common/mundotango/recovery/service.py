"""Stopping writes, and telling whether two databases hold the same.

Writes are refused by PostgreSQL itself, whoever asks and whatever version of the code: the application's role makes its
own sessions read-only by default. The setting is a row of the catalogue, so a copy has it too and stays closed when it
is promoted, until it is told to open; and the old server stays closed whatever still talks to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mundotango.recovery.model import Digest, Position
from mundotango.recovery.repository import RecoveryRepository

if TYPE_CHECKING:
    from mundotango.adapters.postgres import Database

# A session that was being made when writes were refused has begun by now, or its client has given up.
SETTLING_SECONDS = 2.5
# What a request may take at most; who is still busy then is ended amid it.
BUSY_SECONDS = 15.0
PAUSE_SECONDS = 0.05
# For one table's digest.
DIGEST_SECONDS = 240.0


def stop_writes(
    database: Database, *, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
) -> Position:
    """Nothing is written by the application's role once this returns; the position is behind all that was.

    Sessions at rest are ended first, which costs nobody anything; busy ones are left to finish. Safe to repeat.
    """
    with database.transaction() as connection:
        RecoveryRepository(connection).refuse_writes()
    _renew_sessions(database, sleep, monotonic, end_busy=True)
    with database.transaction() as connection:
        return RecoveryRepository(connection).position()


def resume_writes(
    database: Database, *, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
) -> None:
    """Sessions that are busy reading are not ended: they are replaced when they are first refused a write."""
    with database.transaction() as connection:
        RecoveryRepository(connection).allow_writes()
    _renew_sessions(database, sleep, monotonic, end_busy=False)


def writes_stopped(database: Database) -> bool:
    with database.transaction() as connection:
        return RecoveryRepository(connection).refuses_writes()


def position(database: Database) -> Position:
    with database.transaction() as connection:
        return RecoveryRepository(connection).position()


def digests(database: Database) -> dict[str, Digest]:
    with database.transaction() as connection:
        return RecoveryRepository(connection).digests(DIGEST_SECONDS)


def row_differences(expected: dict[str, Digest], found: dict[str, Digest]) -> dict[str, int]:
    """By table, at least how many rows differ; where the counts are equal and the checksums not, one."""
    nothing = Digest(0, "0")
    pairs = {name: (expected.get(name, nothing), found.get(name, nothing)) for name in expected.keys() | found.keys()}
    return {name: max(abs(one.rows - other.rows), 1) for name, (one, other) in sorted(pairs.items()) if one != other}


def _renew_sessions(
    database: Database, sleep: Callable[[float], None], monotonic: Callable[[], float], *, end_busy: bool
) -> None:
    """Ends what began before now, until nothing of it is left."""
    started = monotonic()
    with database.transaction() as connection:
        before = RecoveryRepository(connection).now()
    while True:
        passed = monotonic() - started
        with database.transaction() as connection:
            left = RecoveryRepository(connection).end_sessions(before, busy=end_busy and passed > BUSY_SECONDS)
        if passed > SETTLING_SECONDS and (left == 0 or not end_busy):
            return
        sleep(PAUSE_SECONDS)
