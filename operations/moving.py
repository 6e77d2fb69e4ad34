"""Moving the database from its instance to a cluster that follows it, while people read on.

Each step is noted when it is done, so whoever was cut off goes on where they were. Until the functions are pointed
elsewhere there is a way back: the old server has everything, and nothing was written anywhere else.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Protocol

from mundotango.recovery.model import Digest, Position
from mundotango.recovery.service import row_differences
from operations.refusal import Refusal

# How long people wait for their writes before the command gives up and lets them write where they did.
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.5
# The old server stays, closed to writes, for as long.
KEPT = timedelta(days=7)


class Step(IntEnum):
    """The last thing that was done."""

    NOTHING = 0
    STOPPED = 1
    CAUGHT_UP = 2
    PROMOTED = 3
    SWITCHED = 4
    RESUMED = 5


@dataclass(frozen=True, slots=True)
class Move:
    """`position` is behind the last write on the old server."""

    step: Step = Step.NOTHING
    old: str = ""
    new: str = ""
    position: int = 0
    stopped_at: datetime | None = None
    resumed_at: datetime | None = None

    @property
    def seconds_without_writes(self) -> float | None:
        if self.stopped_at is None or self.resumed_at is None:
            return None
        return (self.resumed_at - self.stopped_at).total_seconds()


class Servers(Protocol):
    """The two servers, named by their hosts, and what is around them. All raise Refusal."""

    def look(self) -> tuple[str, str]:
        """The old and the new one, when everything is in place for the move."""

    def stop_writes(self, host: str) -> Position: ...

    def resume_writes(self, host: str) -> None: ...

    def position(self, host: str) -> Position: ...

    def digests(self, host: str) -> dict[str, Digest]: ...

    def promote(self, host: str) -> None:
        """Safe to repeat; returns when the server is a copy no more."""

    def switch(self, host: str) -> None:
        """Points every function there; safe to repeat."""


class Kept(Protocol):
    """Where the move stands, for whoever goes on with it."""

    def load(self) -> Move: ...

    def save(self, move: Move) -> None: ...


type Say = Callable[[str], None]


def go_on(
    servers: Servers, kept: Kept, say: Say, *, patience: float = PATIENCE_SECONDS, pause: float = PAUSE_SECONDS
) -> Move:
    """From wherever the move stands to its end.

    Raises:
        Refusal: nothing is lost; where the copy could not be shown to be equal, writes go on at the old server.
    """
    move = kept.load()
    while move.step is not Step.RESUMED:
        move = _next(move, servers, kept, say, patience, pause)
        kept.save(move)
    return move


def abort(servers: Servers, kept: Kept) -> Move:
    """Lets people write at the old server again. Raises Refusal once functions may write to the new one."""
    move = kept.load()
    if move.step >= Step.SWITCHED:
        raise Refusal("functions use the new server already", cure="go on: mundo scale move-database")
    if move.step is Step.NOTHING:
        move = replace(move, old=servers.look()[0])
    servers.resume_writes(move.old)
    kept.save(Move())
    return move


def kept_until(move: Move) -> datetime | None:
    return move.resumed_at and move.resumed_at + KEPT


def _next(move: Move, servers: Servers, kept: Kept, say: Say, patience: float, pause: float) -> Move:
    match move.step:
        case Step.NOTHING:
            say("looking whether everything is in place")
            old, new = servers.look()
            say("stopping writes: they are answered 503 with Retry-After from here on")
            # Noted before: whoever is cut off amid this finds the way back.
            kept.save(replace(move, old=old, new=new, stopped_at=_now()))
            stopped = replace(kept.load(), position=servers.stop_writes(old).lsn)
            return replace(stopped, step=Step.STOPPED)
        case Step.STOPPED:
            say("waiting until the copy has everything")
            try:
                _await_equal(move, servers, patience, pause)
            except Refusal:
                abort(servers, kept)
                raise
            return replace(move, step=Step.CAUGHT_UP)
        case Step.CAUGHT_UP:
            say("promoting the copy")
            servers.promote(move.new)
            return replace(move, step=Step.PROMOTED)
        case Step.PROMOTED:
            _check_equal(move, servers)
            say("pointing the functions at it")
            servers.switch(move.new)
            return replace(move, step=Step.SWITCHED)
        case _:
            say("letting people write again")
            servers.resume_writes(move.new)
            return replace(move, step=Step.RESUMED, resumed_at=_now())


def _await_equal(move: Move, servers: Servers, patience: float, pause: float) -> None:
    """By position first, which is cheap to ask for; then by what is in every table, which is what counts."""
    ends = time.monotonic() + patience
    while servers.position(move.new).lsn < move.position:
        if time.monotonic() > ends:
            raise Refusal(
                f"the copy was not there after {patience:.0f} s, and writes go on at the old server",
                cure="look at its replication, then start again",
            )
        time.sleep(pause)
    _check_equal(move, servers)


def _check_equal(move: Move, servers: Servers) -> None:
    if different := row_differences(servers.digests(move.old), servers.digests(move.new)):
        raise Refusal(
            f"the copy differs in {', '.join(different)}",
            cure="give up with mundo scale move-database --abort, and make the copy anew",
        )


def _now() -> datetime:
    return datetime.now(UTC)
