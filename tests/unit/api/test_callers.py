import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from functions.api.dependencies import groups_of
from functions.api.openapi import operations
from mundotango.cache_keys import standing_key
from tests.fixtures.gateway import PAYLOADS, Gateway, fake_platform
from tests.unit.api.test_errors import SOMEBODY, UPLOAD

CLAIMS = json.loads((PAYLOADS / "claims_groups.json").read_text())
OPEN = ("/api/public/", "/api/link/")


@pytest.mark.parametrize(
    ("form", "groups"),
    [
        ("http_api", {"moderators", "teachers"}),
        ("http_api_one", {"moderators"}),
        ("token", {"moderators", "teachers"}),
        ("none", set()),
    ],
)
def test_groups_are_read_in_every_form(form: str, groups: set[str]) -> None:
    assert groups_of(CLAIMS[form]) == groups


@pytest.mark.parametrize("flat", ["", "[]", "moderators", '["moderators"]', "[moderators]", "[ moderators ]"])
def test_a_group_counts_only_by_its_whole_name(flat: str) -> None:
    assert groups_of({"cognito:groups": flat}) == ({"moderators"} if "moderators" in flat else set())
    assert "moderators" not in groups_of({"cognito:groups": "[not-moderators moderators2]"})


def private_routes() -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in operations() if not each.path.startswith(OPEN)]


@pytest.fixture(scope="module")
def entrance() -> Iterator[Gateway]:
    """One for all the routes: whoever is turned away at the entrance leaves nothing behind it."""
    client = Gateway(fake_platform())
    yield client
    client.close()


@pytest.mark.parametrize(("method", "path"), private_routes())
def test_no_private_route_answers_a_caller_without_claims(entrance: Gateway, method: str, path: str) -> None:
    path = path.replace("{handle}", "carlos").replace("{post_id}", str(SOMEBODY)).replace("{media_id}", str(SOMEBODY))

    answer = entrance.call(method, path)

    assert (answer.status, answer.problem) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "claims",
    [{"token_use": "id"}, {"token_use": None}, {"sub": "somebody"}, {"sub": ""}],
    ids=["identity token", "no use", "no UUID", "empty"],
)
def test_claims_that_are_no_access_token_open_nothing(gateway: Gateway, claims: dict[str, Any]) -> None:
    answer = gateway.post("/api/media", json=UPLOAD, claims=gateway.recorded_claims | claims)

    assert (answer.status, answer.problem) == (401, "unauthenticated")


def test_the_recorded_claims_open_it(gateway: Gateway) -> None:
    known = standing_key(UUID(gateway.recorded_claims["sub"]))
    gateway.platform.cache.set(known, {"suspended": False}, 60)

    assert gateway.post("/api/media", json=UPLOAD, claims=gateway.recorded_claims).status == 201


@pytest.mark.parametrize("groups", [(), ("teachers",), ("not-moderators",)])
def test_health_of_the_stores_is_for_moderators(gateway: Gateway, groups: tuple[str, ...]) -> None:
    answer = gateway.get("/api/health", user=SOMEBODY, groups=groups)

    assert (answer.status, answer.problem) == (403, "not-allowed")
