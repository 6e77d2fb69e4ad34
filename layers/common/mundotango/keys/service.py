from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from mundotango.ids import new_id, new_secret
from mundotango.ports import Clock

if TYPE_CHECKING:  # who signs cursors needs this module, and no driver at import
    from mundotango.keys.repository import KeyRepository

CURSOR = "cursor"
ORIGIN = "origin"
CHECK_IN = "check-in"


def make_keys(keys: KeyRepository, clock: Clock, origin_since: datetime | None = None) -> None:
    """One key for each purpose that has none; the edge's is none if it was made before `origin_since`."""
    if origin_since is not None:
        keys.retire(ORIGIN, origin_since, clock.now())
    for purpose in (CURSOR, ORIGIN, CHECK_IN):
        if not keys.list_secrets(purpose):
            keys.add(new_id(), purpose, new_secret().encode(), clock.now())


def origin_secret(keys: KeyRepository) -> tuple[str, str]:
    """What the edge sends with each request to prove itself, and the SHA-256 by which functions recognise it."""
    secret = keys.list_secrets(ORIGIN)[-1]
    return secret.decode(), hashlib.sha256(secret).hexdigest()
