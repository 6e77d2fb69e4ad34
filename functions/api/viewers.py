"""Where a request comes from: the address, to count by and for nothing else, and whether it came by the edge."""

from hashlib import sha256
from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.types import Scope

from mundotango.settings import Site


def viewer_address(scope: Scope, site: Site) -> str:
    """As the edge saw it, where the request proves that it came by the edge; else as the gateway did.

    Each who hands a request on writes whom it had it from at the end of `X-Forwarded-For`; what stands further in front
    is whatever the viewer says.
    """
    context = scope.get("aws.event", {}).get("requestContext", {})
    seen: str = context.get("http", {}).get("sourceIp", "")
    if not by_edge(scope, site):
        return seen
    handed_on = [part.strip() for part in Headers(scope=scope).get("x-forwarded-for", "").split(",") if part.strip()]
    if handed_on and handed_on[-1] == seen:
        handed_on.pop()
    return handed_on[-1] if handed_on else seen


def by_edge(scope: Scope, site: Site) -> bool:
    """Whether a request proves that it came by the edge, so that what the edge writes into it is the edge's word."""
    proof = sha256(Headers(scope=scope).get("x-origin-secret", "").encode("latin-1")).hexdigest()
    return bool(site.origin_secret_sha256) and compare_digest(proof, site.origin_secret_sha256)
