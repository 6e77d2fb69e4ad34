"""Writes of the suspended end before the route; their reads, and what is open to them, do not."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from functions.api.app import create_api
from functions.api.dependencies import CallerDep
from functions.api.standing import open_to_suspended
from mundotango.bootstrap import Platform
from mundotango.cache_keys import standing_key
from tests.unit.api.test_errors import SOMEBODY

CLAIMS = {"token_use": "access", "sub": str(SOMEBODY)}
CONTEXT = {"requestContext": {"authorizer": {"jwt": {"claims": CLAIMS}}}}


def called(platform: Platform, method: str, path: str) -> httpx.Response:
    api = create_api(platform, features=frozenset())

    @api.api_route("/api/others", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def others(caller: CallerDep) -> UUID:
        return caller.user_id

    @api.post("/api/own")
    @open_to_suspended
    async def own(caller: CallerDep) -> UUID:
        return caller.user_id

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["aws.event"] = CONTEXT
        await api(scope, receive, send)

    async def call() -> httpx.Response:
        transport: Any = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path)

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/others", 200),
        ("HEAD", "/api/others", 200),
        ("POST", "/api/others", 403),
        ("PUT", "/api/others", 403),
        ("PATCH", "/api/others", 403),
        ("DELETE", "/api/others", 403),
        ("POST", "/api/own", 200),
    ],
)
def test_who_is_suspended_writes_nothing_but_what_is_open_to_them(
    platform: Platform, method: str, path: str, status: int
) -> None:
    platform.cache.set(standing_key(SOMEBODY), {"suspended": True}, 60)

    answer = called(platform, method, path)

    assert answer.status_code == status
    assert status != 403 or answer.json()["type"] == "/problems/suspended"


def test_who_is_not_suspended_writes(platform: Platform) -> None:
    assert called(platform, "POST", "/api/others").status_code == 200
