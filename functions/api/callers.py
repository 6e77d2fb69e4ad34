"""Who calls, as the gateway's authorizer found it in their token, for what is done before any route is known."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.types import Scope


def claims_of(scope: Scope) -> dict[str, Any]:
    context = scope.get("aws.event", {}).get("requestContext", {})
    claims: dict[str, Any] = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    return claims


def user_of(scope: Scope) -> UUID | None:
    """None where nobody is signed in: the path is public, or a capability, or the route will say so."""
    claims = claims_of(scope)
    # The authorizer takes an identity token as well, whose audience is the same; only access tokens open the API.
    if claims.get("token_use") != "access":
        return None
    try:
        return UUID(claims["sub"])
    except (KeyError, ValueError):
        return None


def token_end_of(scope: Scope) -> datetime | None:
    """When the token ends; None where there is none, or it does not say."""
    try:
        return datetime.fromtimestamp(int(claims_of(scope)["exp"]), UTC)
    except (KeyError, ValueError, OverflowError):
        return None
