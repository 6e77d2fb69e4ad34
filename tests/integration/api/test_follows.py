from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.bootstrap import Platform
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeEdges
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]


@pytest.fixture
def platform(platform: Platform, clock: FakeClock) -> Platform:
    platform.clock = clock
    return platform


@pytest.fixture
def private(gateway: Gateway, join: Join) -> UUID:
    """Malena, who approves who follows her."""
    malena = join("malena")
    assert gateway.patch("/api/users/me", user=malena, json={"private": True}).status == 200
    return malena


def handles(gateway: Gateway, path: str, user: UUID) -> list[str]:
    answer = gateway.get(path, user=user)
    assert answer.status == 200, answer.text
    return [person["handle"] for person in answer.json()["items"]]


def followers(gateway: Gateway, author: UUID) -> list[UUID]:
    assert isinstance(gateway.platform.edges, FakeEdges)
    return gateway.platform.edges.followers(author)


def test_a_private_account_is_asked(gateway: Gateway, join: Join, private: UUID) -> None:
    carlos = join("carlos")

    for _ in range(2):
        asked = gateway.put("/api/users/malena/follow", user=carlos)
        assert (asked.status, asked.json()) == (202, {"state": "requested"})

    relation = gateway.get("/api/users/malena", user=carlos).json()["relation"]
    assert (relation["requested"], relation["following"]) == (True, False)
    assert followers(gateway, private) == []
    assert handles(gateway, "/api/users/me/follow-requests", private) == ["carlos"]
    for _ in range(2):
        assert gateway.put("/api/users/me/follow-requests/carlos", user=private).status == 204
    assert followers(gateway, private) == [carlos]
    assert handles(gateway, "/api/users/me/follow-requests", private) == []
    relation = gateway.get("/api/users/malena", user=carlos).json()["relation"]
    assert (relation["requested"], relation["following"]) == (False, True)
    assert gateway.put("/api/users/malena/follow", user=carlos).status == 204


def test_a_request_is_declined_or_taken_back(gateway: Gateway, join: Join, private: UUID) -> None:
    carlos = join("carlos")
    gateway.put("/api/users/malena/follow", user=carlos)
    for _ in range(2):
        assert gateway.delete("/api/users/me/follow-requests/carlos", user=private).status == 204
    assert gateway.put("/api/users/me/follow-requests/carlos", user=private).problem == "not-found"
    gateway.put("/api/users/malena/follow", user=carlos)
    assert gateway.delete("/api/users/malena/follow", user=carlos).status == 204
    assert handles(gateway, "/api/users/me/follow-requests", private) == []
    assert followers(gateway, private) == []


def test_a_follower_is_removed(gateway: Gateway, join: Join) -> None:
    malena, carlos, teo = join("malena"), join("carlos"), join("teo")
    gateway.put("/api/users/carlos/follow", user=malena)
    for person in (carlos, teo):
        gateway.put("/api/users/malena/follow", user=person)
    assert gateway.get("/api/users/malena", user=carlos).json()["counts"]["followers"] == 2

    for _ in range(2):
        assert gateway.delete("/api/users/me/followers/carlos", user=malena).status == 204

    assert followers(gateway, malena) == [teo]
    assert handles(gateway, "/api/users/malena/followers", malena) == ["teo"]
    assert followers(gateway, carlos) == [malena]
    seen = gateway.get("/api/users/malena", user=carlos).json()
    assert (seen["counts"]["followers"], seen["relation"]["following"]) == (1, False)
    assert gateway.get("/api/users/carlos", user=malena).json()["relation"]["followed_by"] is False
    assert gateway.put("/api/users/malena/follow", user=carlos).status == 204


def test_who_only_asked_is_declined_by_it(gateway: Gateway, join: Join, private: UUID) -> None:
    carlos = join("carlos")
    gateway.put("/api/users/malena/follow", user=carlos)

    assert gateway.delete("/api/users/me/followers/carlos", user=private).status == 204

    assert handles(gateway, "/api/users/me/follow-requests", private) == []
    assert gateway.get("/api/users/malena", user=carlos).json()["relation"]["requested"] is False


def test_nobody_is_removed_who_is_not_there(gateway: Gateway, join: Join, apart: Callable[[UUID, UUID], None]) -> None:
    malena, carlos = join("malena"), join("carlos")
    apart(carlos, malena)

    for handle in ("nobody_at_all", "carlos", "x"):
        assert gateway.delete(f"/api/users/me/followers/{handle}", user=malena).problem == "not-found"
    assert gateway.delete("/api/users/me/followers/malena", user=ids.new_id()).status == 204


def test_nobody_accepts_for_another(gateway: Gateway, join: Join, private: UUID) -> None:
    carlos, teo = join("carlos"), join("teo")
    gateway.put("/api/users/malena/follow", user=carlos)

    assert gateway.put("/api/users/me/follow-requests/malena", user=carlos).problem == "not-found"
    assert gateway.put("/api/users/me/follow-requests/carlos", user=teo).problem == "not-found"
    assert gateway.put("/api/users/me/follow-requests/nobody_at_all", user=private).problem == "not-found"
    assert followers(gateway, private) == []


def test_an_account_that_opens_is_followed_at_once(gateway: Gateway, join: Join, private: UUID) -> None:
    carlos, teo = join("carlos"), join("teo")
    for person in (carlos, teo):
        gateway.put("/api/users/malena/follow", user=person)
    gateway.patch("/api/users/me", user=private, json={"private": False})
    # Whoever had asked still waits: to open an account is to accept nobody.
    assert followers(gateway, private) == []
    assert handles(gateway, "/api/users/me/follow-requests", private) == ["teo", "carlos"]
    assert gateway.put("/api/users/me/follow-requests/teo", user=private).status == 204

    assert gateway.put("/api/users/malena/follow", user=carlos).status == 204

    assert handles(gateway, "/api/users/me/follow-requests", private) == []


def test_lists_of_a_private_account_are_for_its_followers(gateway: Gateway, join: Join, private: UUID) -> None:
    carlos, teo = join("carlos"), join("teo")
    gateway.put("/api/users/carlos/follow", user=private)
    gateway.put("/api/users/malena/follow", user=carlos)
    gateway.put("/api/users/me/follow-requests/carlos", user=private)

    assert gateway.get("/api/users/malena", user=teo).status == 200
    for name in ("followers", "following"):
        refused = gateway.get(f"/api/users/malena/{name}", user=teo)
        assert (refused.status, refused.problem) == (403, "not-allowed")
        assert handles(gateway, f"/api/users/malena/{name}", carlos) == ["carlos"]
        assert handles(gateway, f"/api/users/malena/{name}", private) == ["carlos"]


def test_pages_of_followers_are_newest_first_and_stand_still(gateway: Gateway, join: Join, clock: FakeClock) -> None:
    malena, people = join("malena"), [join(f"dancer_{n}") for n in range(7)]
    for person in people[:6]:
        clock.advance(timedelta(seconds=1))
        gateway.put("/api/users/malena/follow", user=person)
        gateway.put(f"/api/users/dancer_{people.index(person)}/follow", user=malena)

    for name in ("followers", "following"):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = gateway.get(f"/api/users/malena/{name}", user=people[0], query={"limit": 2, "cursor": cursor}).json()
            if name == "followers" and not seen:
                gateway.put("/api/users/malena/follow", user=people[6])
                gateway.delete("/api/users/malena/follow", user=people[4])
            seen += [person["handle"] for person in page["items"]]
            cursor = page["next_cursor"]
        assert seen == [f"dancer_{n}" for n in (5, 4, 3, 2, 1, 0)]


def test_a_cursor_is_of_one_list(gateway: Gateway, join: Join) -> None:
    malena, carlos, teo = join("malena"), join("carlos"), join("teo")
    for person in (carlos, teo):
        gateway.put("/api/users/malena/follow", user=person)
    cursor = gateway.get("/api/users/malena/followers", user=malena, query={"limit": 1}).json()["next_cursor"]

    for path in ("malena/following", "carlos/followers", "me/follow-requests", "me/blocks", "me/mutes"):
        answer = gateway.get(f"/api/users/{path}", user=malena, query={"cursor": cursor})
        assert (answer.status, answer.problem) == (400, "bad-cursor"), path


def test_nobody_follows_everybody(gateway: Gateway, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mundotango.follows.service.MOST_FOLLOWED", 2)
    carlos = join("carlos")
    for handle in ("malena", "teo", "ines", "nuria"):
        join(handle)
    gateway.patch("/api/users/me", user=join("camille"), json={"private": True})
    assert gateway.put("/api/users/malena/follow", user=carlos).status == 204
    assert gateway.put("/api/users/camille/follow", user=carlos).status == 202

    for handle in ("teo", "ines"):
        refused = gateway.put(f"/api/users/{handle}/follow", user=carlos)
        assert (refused.status, refused.problem) == (409, "follow-limit")
    assert gateway.put("/api/users/malena/follow", user=carlos).status == 204
    assert gateway.put("/api/users/camille/follow", user=carlos).status == 202
    gateway.delete("/api/users/malena/follow", user=carlos)
    assert gateway.put("/api/users/teo/follow", user=carlos).status == 204


def test_who_was_at_the_limit_is_still_accepted(
    gateway: Gateway, join: Join, private: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mundotango.follows.service.MOST_FOLLOWED", 1)
    carlos = join("carlos")
    gateway.put("/api/users/malena/follow", user=carlos)
    assert gateway.put("/api/users/me/follow-requests/carlos", user=private).status == 204


def test_the_lists_of_nobody_are_not_found(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    for path in ("nobody_at_all/followers", "x/following", "me/followers"):
        assert gateway.get(f"/api/users/{path}", user=malena).problem == "not-found", path
    assert gateway.get("/api/users/me/follow-requests", user=ids.new_id()).json()["items"] == []
