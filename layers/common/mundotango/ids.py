"""New ids, made nowhere else."""

import secrets
import time
import uuid
from threading import Lock

_DERIVED = uuid.UUID("6f2f7c0e-3b0e-5d52-9d1c-6a2f5b8f4f11")
_TICKS_A_MILLISECOND = 4096  # what the twelve bits beside the milliseconds can tell apart

_lock = Lock()
_last_tick = 0


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562, 5.7) that sorts after every one this process made before; the bits after the time are random.

    Made here and not by the package uuid6, whose import looks up its own version: 15 ms of each function's cold start.
    """
    return _id_at(_next_tick())


def new_id_after(other: uuid.UUID) -> uuid.UUID:
    """A new id that also sorts after this one, which a machine whose clock is ahead may have made."""
    return _id_at(max(_next_tick(), _tick_of(other) + 1))


def _next_tick() -> int:
    global _last_tick  # noqa: PLW0603 - the clock may stand still or go back; the order of ids may not
    with _lock:
        _last_tick = max(time.time_ns() * _TICKS_A_MILLISECOND // 1_000_000, _last_tick + 1)
        return _last_tick


def _tick_of(other: uuid.UUID) -> int:
    return (other.int >> 80) * _TICKS_A_MILLISECOND + (other.int >> 64 & 0xFFF)


def _id_at(tick: int) -> uuid.UUID:
    milliseconds, fraction = divmod(tick, _TICKS_A_MILLISECOND)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62))


def new_position() -> str:
    """Where an activity stands in its channel: a UUIDv7 made when it is appended, so that a later append sorts later.

    Two machines' clocks may differ by seconds; a reader who comes back asks from 60 s before its last position.
    """
    return str(new_id())


def new_secret() -> str:
    """A capability of 256 random bits, URL-safe; what is stored of it is only its hash."""
    return secrets.token_urlsafe(32)


def derived_id(*parts: str) -> uuid.UUID:
    """The same id for the same parts, for what may be announced twice and must be known again."""
    return uuid.uuid5(_DERIVED, "\x1f".join(parts))
