from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from tests.fakes.cache import FakeCache
from tests.fakes.realtime import FakeEdges
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]
BARE: dict[str, Any] = {
    "bio": "", "city": "", "country": "", "latitude": None, "longitude": None, "languages": [], "dance_role": "",
    "dancing_since": None, "years_dancing": None, "occupations": [], "links": [], "avatar": None, "cover": None,
    "visibility": "public", "private": False, "version": 1, "counts": {"followers": 0, "following": 0, "posts": 0},
}  # fmt: skip
STRANGERS = {"following": False, "requested": False, "followed_by": False, "muted": False, "blocked": False}
MALENA = {"handle": "Malena", "display_name": "Malena Ríos", "city": "Buenos Aires", "bio": "Baila.\nSiempre."}


def test_a_profile_is_made_and_read(gateway: Gateway) -> None:
    user_id = ids.new_id()

    made = gateway.post("/api/users", user=user_id, json=MALENA)

    assert made.status == 201
    assert made.headers["location"] == "/api/users/malena"
    assert made.json() == BARE | MALENA | {
        "id": str(user_id),
        "handle": "malena",
        "created_at": made.json()["created_at"],
    }
    assert made.json()["created_at"].endswith("Z")
    assert gateway.get("/api/users/me", user=user_id).json() == made.json()
    seen = gateway.get("/api/users/MALENA", user=ids.new_id()).json()
    assert seen == made.json() | {"relation": STRANGERS}
    assert gateway.get("/api/users/malena", user=user_id).json() == made.json() | {"relation": None}


def test_who_has_no_profile_is_told_so(gateway: Gateway) -> None:
    answer = gateway.get("/api/users/me", user=ids.new_id())

    assert (answer.status, answer.problem) == (404, "profile-missing")
    assert gateway.post("/api/posts", user=ids.new_id(), json={"body": "Hola"}).problem == "profile-missing"


def test_a_handle_is_anybodys_once(gateway: Gateway, join: Join) -> None:
    join("malena")

    answer = gateway.post("/api/users", user=ids.new_id(), json=MALENA)

    assert (answer.status, answer.problem) == (409, "handle-taken")


def test_a_person_has_one_profile(gateway: Gateway, join: Join) -> None:
    malena = join("malena")

    answer = gateway.post("/api/users", user=malena, json=MALENA | {"handle": "other"})

    assert (answer.status, answer.problem) == (409, "profile-exists")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"handle": "me"}, "handle"),
        ({"handle": "a"}, "handle"),
        ({"handle": "carlos gardel"}, "handle"),
        ({"handle": "x" * 5000}, "handle"),
        ({"display_name": "   "}, "display_name"),
        ({"display_name": "Male\x00na"}, "display_name"),
        ({"display_name": "\ud800"}, "display_name"),
        ({"bio": "x" * 1001}, "bio"),
        ({"city": 7}, "city"),
        ({"admin": True}, "admin"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_by_field(gateway: Gateway, change: dict[str, object], field: str) -> None:
    answer = gateway.post("/api/users", user=ids.new_id(), json=MALENA | change)

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == {field}


@pytest.mark.parametrize("handle", ["nobody-here", "x" * 500, "%00", "\x00", "..", "ünï"])
def test_nobody_has_a_handle_that_cannot_be(gateway: Gateway, handle: str) -> None:
    answer = gateway.get(f"/api/users/{handle}", user=ids.new_id())

    assert (answer.status, answer.problem) == (404, "not-found")


def test_follows_reach_the_copy_that_others_read(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    edges = gateway.platform.edges
    assert isinstance(edges, FakeEdges)

    for _ in range(2):
        assert gateway.put("/api/users/carlos/follow", user=malena).status == 204
    assert edges.followers(carlos) == [malena]

    for _ in range(2):
        assert gateway.delete("/api/users/carlos/follow", user=malena).status == 204
    assert edges.followers(carlos) == []


def test_follows_that_cannot_be_are_refused(gateway: Gateway, join: Join) -> None:
    malena = join("malena")

    assert gateway.put("/api/users/nobody_at_all/follow", user=malena).problem == "not-found"
    assert gateway.put("/api/users/malena/follow", user=malena).problem == "invalid"
    assert gateway.put("/api/users/malena/follow", user=ids.new_id()).problem == "profile-missing"


def test_a_profile_is_read_from_the_cache_while_it_lasts(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    cache = gateway.platform.cache
    first = gateway.get("/api/users/me", user=malena).json()
    kept: dict[str, Any] = cache.get(f"user:{malena}") or {}
    cache.set(f"user:{malena}", kept | {"display_name": "From the cache"}, 60)

    assert gateway.get("/api/users/me", user=malena).json()["display_name"] == "From the cache"

    assert isinstance(cache, FakeCache)
    cache.away = True
    assert gateway.get("/api/users/me", user=malena).json() == first


def test_an_entry_of_another_shape_is_read_anew(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    gateway.platform.cache.set(f"user:{malena}", {"handle": "malena"}, 60)

    assert gateway.get("/api/users/me", user=malena).json()["display_name"] == "Malena"


def test_making_a_profile_forgets_what_the_cache_had_of_it(gateway: Gateway) -> None:
    user_id = ids.new_id()
    gateway.platform.cache.set(f"user:{user_id}", {"stale": True}, 60)

    gateway.post("/api/users", user=user_id, json=MALENA)

    assert gateway.platform.cache.get(f"user:{user_id}") is None
