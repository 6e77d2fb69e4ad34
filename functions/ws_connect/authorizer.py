"""Decides who may open a socket: a page of ours, with a ticket that nobody used before.

Browsers apply no same-origin rule to sockets and send no headers of ours with them, so the page's origin is looked at
here and the ticket stands in the query string.
"""

from functools import cache
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import NotAllowed
from mundotango.observability import logger, observed
from mundotango.realtime.policy import end_of, may_connect_from
from mundotango.realtime.service import consume_ticket


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    ticket = (event.get("queryStringParameters") or {}).get("ticket") or ""
    if not may_connect_from(headers.get("origin", ""), allowed_origins(platform().site, headers)):
        logger().info("socket refused", refused={"origin": 1})
        return _decision(event, "Deny", "nobody")
    try:
        admitted = consume_ticket(platform().tickets, ticket, platform().clock)
    except NotAllowed:
        logger().info("socket refused", refused={"ticket": 1})
        return _decision(event, "Deny", "nobody")
    user_id, end = str(admitted.user_id), end_of(platform().clock.now(), admitted.token_ends_at)
    # The gateway gives it to the handler with each frame, as text: so a frame costs no read to find whether it is late.
    context = {"user_id": user_id, "ends_at": end.at.isoformat(), "ends_as": end.code}
    return {**_decision(event, "Allow", user_id), "context": context}


def allowed_origins(site: settings.Site, headers: dict[str, str]) -> list[str]:
    """The site's own, or that of the host the edge says the viewer asked for, if it proves to be the edge."""
    if site.url:
        return [site.url]
    proof = sha256(headers.get("x-origin-secret", "").encode(errors="replace")).hexdigest()
    host = headers.get("x-viewer-host", "")
    return [f"https://{host}"] if host and compare_digest(proof, site.origin_secret_sha256) else []


def _decision(event: dict[str, Any], effect: str, principal: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


if settings.runs_in_lambda():
    # Before the first handshake, at the speed Lambda starts with.
    _warm = (platform().tickets, platform().site)
