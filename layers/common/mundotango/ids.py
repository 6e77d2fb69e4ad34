"""New ids, made nowhere else."""

import secrets
import uuid

from uuid6 import uuid7

_DERIVED = uuid.UUID("6f2f7c0e-3b0e-5d52-9d1c-6a2f5b8f4f11")


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562, 5.7): ordered by the millisecond it was made in."""
    return uuid.UUID(int=uuid7().int)


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
