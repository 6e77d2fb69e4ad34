"""What each route answers to whom, declared beside it: the access matrix, which tests/integration/api/test_access.py
plays. Nothing reads it while requests are served.

The *owner* is whose things the path and the body name, a *stranger* is somebody with a profile, the *blocked* one is
blocked by the owner, the *anonymous* one shows no token, the *moderator* is in the group, the *suspended* one was
suspended by a moderator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Access:
    owner: int
    stranger: int
    blocked: int
    anonymous: int
    moderator: int
    suspended: int


_declared: dict[Callable[..., Any], Access] = {}


def access[Endpoint: Callable[..., Any]](
    signed_in: int, *, anonymous: int = 401, **others: int
) -> Callable[[Endpoint], Endpoint]:
    """The status for whoever has a token, and for those of `owner`, `stranger`, … who are answered otherwise."""
    everybody = dict.fromkeys(("owner", "stranger", "blocked", "moderator", "suspended"), signed_in)
    declared = Access(anonymous=anonymous, **everybody | others)

    def declare(endpoint: Endpoint) -> Endpoint:
        _declared[endpoint] = declared
        return endpoint

    return declare


def declared_for(endpoint: Callable[..., Any]) -> Access | None:
    return _declared.get(endpoint)
