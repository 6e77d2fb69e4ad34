"""Every route that reads people, one that is yet to come too, keeps two apart of whom one blocked the other."""

from collections.abc import Callable
from itertools import product
from uuid import UUID

import pytest

from functions.api.openapi import describe
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]

# What stands in a path for the person who must not be seen, or for one who knows both; a path that names something
# else is for whoever adds it to fill in here.
NAMED = {"handle": ("unseen", "friend")}
QUERIES: dict[str, tuple[dict[str, str], ...]] = {"/api/users": ({"q": "unseen"}, {"city": "Buenos Aires"})}
# Where whoever blocked somebody looks at whom.
OWN_BLOCKS = "/api/users/me/blocks"


def reading() -> list[tuple[str, dict[str, str]]]:
    """Every path below /api/users that is read, filled in every way, with each query that makes it show people."""
    asked: list[tuple[str, dict[str, str]]] = []
    for path, operations in describe()["paths"].items():
        if "get" in operations and path.startswith("/api/users"):
            names = [each["name"] for each in operations["get"].get("parameters", []) if each["in"] == "path"]
            filled = [dict(zip(names, values, strict=True)) for values in product(*(NAMED[name] for name in names))]
            asked += [(path.format(**each), query) for each in filled for query in QUERIES.get(path, ({},))]
    return asked


@pytest.fixture
def apart(gateway: Gateway, join: Join) -> dict[str, UUID]:
    """Two who know a third, asked to follow each other or did, and then one blocked the other."""
    people = {handle: join(handle) for handle in ("unseen", "reader", "friend")}
    everybody = [(who, whom) for who in people for whom in people if who != whom]
    for who, whom in everybody:
        assert gateway.put(f"/api/users/{whom}/follow", user=people[who]).status == 204
    assert gateway.put("/api/users/unseen/mute", user=people["reader"]).status == 204
    gateway.patch("/api/users/me", user=people["reader"], json={"private": True})
    gateway.delete("/api/users/reader/follow", user=people["unseen"])
    assert gateway.put("/api/users/reader/follow", user=people["unseen"]).status == 202
    return people


@pytest.mark.parametrize("blocked", [False, True])
def test_no_route_shows_one_to_the_other(gateway: Gateway, apart: dict[str, UUID], blocked: bool) -> None:
    shown_before = [path for path, query in reading() if _shows(gateway, path, query, apart["reader"])]
    assert len(shown_before) >= 7

    blocker, other = ("unseen", "reader") if blocked else ("reader", "unseen")
    assert gateway.put(f"/api/users/{other}/block", user=apart[blocker]).status == 204

    shown = [path for path, query in reading() if _shows(gateway, path, query, apart["reader"])]
    assert shown == ([] if blocked else [OWN_BLOCKS])


def _shows(gateway: Gateway, path: str, query: dict[str, str], reader: UUID) -> bool:
    answer = gateway.get(path, user=reader, query=query)
    assert answer.status in (200, 404), answer.text
    return "unseen" in answer.text.casefold()
