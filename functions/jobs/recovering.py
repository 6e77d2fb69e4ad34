"""What an operator asks of the database as a whole: to take no writes, to take them, how far it is, what it holds.

They answer while writes are stopped, unlike jobs. `host` in the event means another server than the function's own:
a copy about to be promoted, or what a drill restored; whether this function may sign in there its role says.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import replace
from dataclasses import asdict
from typing import Any

from mundotango import settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.recovery import service

type Said = dict[str, object]

# What makes a restored database fit to serve. An operator may have them done before anybody else writes to it.
AFTER_RESTORE = {"replay_erasures", "rebuild_edges", "recount"}


def writes_stopped(platform: Platform) -> bool:
    return service.writes_stopped(platform.database)


@contextmanager
def writing(platform: Platform) -> Iterator[None]:
    """For one job: the platform's own transactions are read-write, and so is nothing else, nor after it."""
    own = platform.database
    platform.database = own.despite_stop()
    try:
        yield
    finally:
        platform.database.close()
        platform.database = own


def _stop_writes(event: dict[str, Any]) -> Said:
    with _database(event) as database:
        return asdict(service.stop_writes(database)) | {"done": True}


def _resume_writes(event: dict[str, Any]) -> Said:
    with _database(event) as database:
        service.resume_writes(database)
    return {"done": True}


def _database_position(event: dict[str, Any]) -> Said:
    with _database(event) as database:
        return asdict(service.position(database)) | {"done": True}


def _database_digests(event: dict[str, Any]) -> Said:
    with _database(event) as database:
        tables = {name: asdict(digest) for name, digest in service.digests(database).items()}
    return {"tables": tables, "done": True}


@contextmanager
def _database(event: dict[str, Any]) -> Iterator[Database]:
    """A way there that is closed after: its session is older than what it sets, and would not be held to it."""
    own = settings.Database.from_env()
    database = Database(replace(own, host=event.get("host") or own.host), settings.Region.from_env().name)
    try:
        yield database
    finally:
        database.close()


JOBS: dict[str, Callable[[dict[str, Any]], Said]] = {
    "stop_writes": _stop_writes,
    "resume_writes": _resume_writes,
    "database_position": _database_position,
    "database_digests": _database_digests,
}
