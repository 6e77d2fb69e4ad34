"""What routes are given: who calls, the platform, and one transaction that ends before the answer leaves.

All are `async def`, like the routes: FastAPI would take a plain one through its thread pool.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from functions.api import standing
from functions.api.callers import claims_of, user_of
from functions.api.errors import Unauthenticated
from mundotango.bootstrap import Platform
from mundotango.errors import NotAllowed
from mundotango.work import UnitOfWork

MODERATORS = "moderators"

# Where a request with an Idempotency-Key has what makes its effect happen once (functions/api/idempotency.py).
ONCE = "mundotango.once"

_GROUP = re.compile(r"[^\s\[\],\"]+")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token the gateway's authorizer accepted."""

    user_id: UUID
    groups: frozenset[str]


def groups_of(claims: dict[str, Any]) -> frozenset[str]:
    """The Cognito groups in a token's claims: the HTTP API flattens the list to `[a b]`; elsewhere it stays a list."""
    groups = claims.get("cognito:groups", [])
    return frozenset(_GROUP.findall(groups) if isinstance(groups, str) else groups)


async def platform(request: Request) -> Platform:
    found: Platform = request.app.state.platform
    return found


async def caller(request: Request, platform: Annotated[Platform, Depends(platform)]) -> Caller:
    """Writes of the suspended end here, unless their route is open to them."""
    user_id = user_of(request.scope)
    if user_id is None:
        raise Unauthenticated
    if standing.refuses_suspended(request.method, request.scope.get("endpoint")):
        standing.check(platform, user_id)
    return Caller(user_id=user_id, groups=groups_of(claims_of(request.scope)))


async def member_of_moderators(caller: Annotated[Caller, Depends(caller)]) -> Caller:
    """By the token alone, for what must answer while every store is away."""
    if MODERATORS not in caller.groups:
        raise NotAllowed("for moderators only")
    return caller


async def moderator(
    caller: Annotated[Caller, Depends(member_of_moderators)], platform: Annotated[Platform, Depends(platform)]
) -> Caller:
    """Not while suspended, also to read: the queue says who reported whom."""
    standing.check(platform, caller.user_id)
    return caller


async def outdated(platform: Annotated[Platform, Depends(platform)]) -> AsyncIterator[list[str]]:
    """Takes the cache keys that a route makes outdated, and forgets them after the commit: before it,
    a reader could still fill in what was."""
    keys: list[str] = []
    try:
        yield keys
    finally:
        # Also of an answer that failed: a route may have committed before, and forgetting too much costs a look.
        for key in keys:
            platform.cache.delete(key)


async def unit_of_work(
    request: Request,
    response: Response,
    platform: Annotated[Platform, Depends(platform)],
    _: Annotated[list[str], Depends(outdated, scope="function")],
) -> AsyncIterator[UnitOfWork]:
    with platform.unit_of_work() as work:
        yield work
        once = request.scope.get(ONCE)
        if once is not None:
            once.note(work, response.headers.get("location"), platform.clock)


async def reading(request: Request, platform: Annotated[Platform, Depends(platform)]) -> AsyncIterator[UnitOfWork]:
    with platform.reading(user_of(request.scope)) as work:
        yield work


CallerDep = Annotated[Caller, Depends(caller)]
ModeratorDep = Annotated[Caller, Depends(moderator)]
MemberDep = Annotated[Caller, Depends(member_of_moderators)]
PlatformDep = Annotated[Platform, Depends(platform)]
OutdatedDep = Annotated[list[str], Depends(outdated, scope="function")]
# scope="function": it ends, and commits, before the answer is sent. By default a failed commit would still be a 200.
WorkDep = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]
# For a GET: perhaps at the reader, never committed. What fills the cache takes `platform.unit_of_work()`.
ReadDep = Annotated[UnitOfWork, Depends(reading, scope="function")]
