"""Whose request it is where nobody is signed in: the address it came from, to count by and for nothing else."""

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
    headers = Headers(scope=scope)
    proof = sha256(headers.get("x-origin-secret", "").encode("latin-1")).hexdigest()
    if not site.origin_secret_sha256 or not compare_digest(proof, site.origin_secret_sha256):
        return seen
    handed_on = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if handed_on and handed_on[-1] == seen:
        handed_on.pop()
    return handed_on[-1] if handed_on else seen
