"""What routes are given: who calls, the platform, and one transaction that ends before the answer leaves.

All are `async def`, like the routes: FastAPI would take a plain one through its thread pool.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from functions.api import standing
from functions.api.errors import Unauthenticated
from mundotango.bootstrap import Platform
from mundotango.errors import NotAllowed
from mundotango.work import UnitOfWork

MODERATORS = "moderators"

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
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    claims = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    # The authorizer takes an identity token as well, whose audience is the same; only access tokens open the API.
    if claims.get("token_use") != "access":
        raise Unauthenticated
    try:
        found = Caller(user_id=UUID(claims["sub"]), groups=groups_of(claims))
    except (KeyError, ValueError) as error:
        raise Unauthenticated from error
    if standing.refuses_suspended(request.method, request.scope.get("endpoint")):
        standing.check(platform, found.user_id)
    return found


async def moderator(caller: Annotated[Caller, Depends(caller)]) -> Caller:
    if MODERATORS not in caller.groups:
        raise NotAllowed("for moderators only")
    return caller


async def outdated(platform: Annotated[Platform, Depends(platform)]) -> AsyncIterator[list[str]]:
    """Takes the cache keys that a route makes outdated, and forgets them once the commit went well: before it,
    a reader could still fill in what was."""
    keys: list[str] = []
    yield keys
    for key in keys:
        platform.cache.delete(key)


async def unit_of_work(
    platform: Annotated[Platform, Depends(platform)],
    _: Annotated[list[str], Depends(outdated, scope="function")],
) -> AsyncIterator[UnitOfWork]:
    with platform.unit_of_work() as work:
        yield work


CallerDep = Annotated[Caller, Depends(caller)]
ModeratorDep = Annotated[Caller, Depends(moderator)]
PlatformDep = Annotated[Platform, Depends(platform)]
OutdatedDep = Annotated[list[str], Depends(outdated, scope="function")]
# scope="function": it ends, and commits, before the answer is sent. By default a failed commit would still be a 200.
WorkDep = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]
