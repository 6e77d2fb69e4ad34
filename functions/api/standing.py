"""Whether the caller is suspended: they read on, but write nothing beyond what concerns their own data."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from functions.api.cached import remember
from mundotango.bootstrap import Platform
from mundotango.cache_keys import standing_key
from mundotango.errors import Suspended

READS = frozenset({"GET", "HEAD"})
STANDING_SECONDS = 60

_open_to_suspended: set[Callable[..., Any]] = set()


class Standing(BaseModel):
    suspended: bool


def open_to_suspended[Endpoint: Callable[..., Any]](endpoint: Endpoint) -> Endpoint:
    """Beside a route that writes: whoever is suspended may still call it, such as for their own data."""
    _open_to_suspended.add(endpoint)
    return endpoint


def refuses_suspended(method: str, endpoint: Callable[..., Any] | None) -> bool:
    return method not in READS and endpoint not in _open_to_suspended


def check(platform: Platform, user_id: UUID) -> None:
    """Costs a statement a minute for each person who writes, or one a write while the cache is away."""

    def load() -> Standing:
        with platform.unit_of_work() as work:
            return Standing(suspended=work.moderation.is_suspended(user_id))

    if remember(platform.cache, standing_key(user_id), STANDING_SECONDS, Standing, load).suspended:
        raise Suspended("this account is suspended")
