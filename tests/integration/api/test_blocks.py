from collections.abc import Callable
from uuid import UUID

import pytest
from psycopg.sql import SQL, Identifier

from mundotango import ids
from mundotango.adapters.postgres import Database
from tests.fakes.realtime import FakeEdges
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]


def handles(gateway: Gateway, path: str, user: UUID, **query: object) -> list[str]:
    answer = gateway.get(f"/api/users{path}", user=user, query=query)
    assert answer.status == 200, answer.text
    return [person["handle"] for person in answer.json()["items"]]


def told(gateway: Gateway, author: UUID) -> list[UUID]:
    assert isinstance(gateway.platform.edges, FakeEdges)
    return gateway.platform.edges.followers(author)


def test_a_block_ends_what_was_between_them(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.put("/api/users/carlos/follow", user=malena)
    gateway.put("/api/users/malena/follow", user=carlos)
    assert (told(gateway, malena), told(gateway, carlos)) == ([carlos], [malena])

    for _ in range(2):
        assert gateway.put("/api/users/carlos/block", user=malena).status == 204

    assert (told(gateway, malena), told(gateway, carlos)) == ([], [])
    for _ in range(2):
        assert gateway.delete("/api/users/carlos/block", user=malena).status == 204
    relation = gateway.get("/api/users/carlos", user=malena).json()["relation"]
    assert not any(relation.values())


def test_a_block_ends_what_was_asked(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.patch("/api/users/me", user=malena, json={"private": True})
    gateway.put("/api/users/malena/follow", user=carlos)

    gateway.put("/api/users/malena/block", user=carlos)
    gateway.delete("/api/users/malena/block", user=carlos)

    assert handles(gateway, "/me/follow-requests", malena) == []
    assert gateway.put("/api/users/me/follow-requests/carlos", user=malena).problem == "not-found"


@pytest.mark.parametrize("blocker", ["malena", "carlos"])
def test_neither_sees_the_other_in_any_list(
    gateway: Gateway, join: Join, malena: UUID, carlos: UUID, blocker: str
) -> None:
    teo = join("teo")
    for handle, user in (("malena", teo), ("carlos", teo), ("teo", malena), ("teo", carlos)):
        gateway.put(f"/api/users/{handle}/follow", user=user)
    by_id, other = {"malena": (malena, "carlos"), "carlos": (carlos, "malena")}[blocker]
    gateway.put(f"/api/users/{other}/block", user=by_id)

    for reader, unseen, own in ((malena, "carlos", "malena"), (carlos, "malena", "carlos")):
        assert handles(gateway, "/teo/followers", reader) == [own]
        assert handles(gateway, "/teo/following", reader) == [own]
        assert unseen not in handles(gateway, "", reader, q=unseen)
        assert unseen not in handles(gateway, "", reader, city="Buenos Aires")
        assert unseen not in handles(gateway, "/me/suggestions", reader)
        for path in (unseen, f"{unseen}/followers", f"{unseen}/following"):
            assert gateway.get(f"/api/users/{path}", user=reader).problem == "not-found", path
    assert set(handles(gateway, "/teo/followers", teo)) == {"malena", "carlos"}


def test_nobody_follows_or_mutes_across_a_block(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.put("/api/users/carlos/block", user=malena)

    for user, other in ((malena, "carlos"), (carlos, "malena")):
        for act in ("follow", "mute"):
            assert gateway.put(f"/api/users/{other}/{act}", user=user).problem == "not-found"
            assert gateway.delete(f"/api/users/{other}/{act}", user=user).problem == "not-found"
    assert told(gateway, carlos) == told(gateway, malena) == []


def test_who_blocks_sees_whom_and_can_end_it(gateway: Gateway, join: Join, malena: UUID, carlos: UUID) -> None:
    join("teo")
    for handle in ("carlos", "teo"):
        gateway.put(f"/api/users/{handle}/block", user=malena)

    assert set(handles(gateway, "/me/blocks", malena)) == {"carlos", "teo"}
    assert handles(gateway, "/me/blocks", carlos) == []
    assert gateway.get("/api/users/carlos", user=malena).problem == "not-found"
    gateway.delete("/api/users/carlos/block", user=malena)
    assert handles(gateway, "/me/blocks", malena) == ["teo"]
    assert gateway.get("/api/users/carlos", user=malena).status == 200


def test_who_was_blocked_blocks_back_and_each_block_is_ended_by_who_made_it(
    gateway: Gateway, malena: UUID, carlos: UUID
) -> None:
    gateway.put("/api/users/carlos/block", user=malena)

    assert gateway.put("/api/users/malena/block", user=carlos).status == 204
    assert handles(gateway, "/me/blocks", carlos) == ["malena"]
    assert gateway.delete("/api/users/carlos/block", user=malena).status == 204
    assert gateway.get("/api/users/carlos", user=malena).problem == "not-found"
    assert gateway.get("/api/users/malena", user=carlos).problem == "not-found"

    assert gateway.delete("/api/users/malena/block", user=carlos).status == 204
    assert gateway.get("/api/users/carlos", user=malena).status == 200


def test_who_was_blocked_ends_no_block_but_their_own(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.put("/api/users/carlos/block", user=malena)

    assert gateway.delete("/api/users/malena/block", user=carlos).status == 204

    assert handles(gateway, "/me/blocks", malena) == ["carlos"]
    assert gateway.get("/api/users/malena", user=carlos).problem == "not-found"


@pytest.mark.parametrize("absent", ["suspended_at", "leaves_at"])
def test_who_is_absent_is_neither_blocked_nor_unblocked(
    gateway: Gateway, database: Database, malena: UUID, carlos: UUID, absent: str
) -> None:
    gateway.put("/api/users/carlos/block", user=malena)
    with database.transaction() as connection:
        connection.execute(SQL("UPDATE users SET {} = now() WHERE id = %s").format(Identifier(absent)), (carlos,))

    assert gateway.put("/api/users/carlos/block", user=malena).problem == "not-found"
    assert gateway.delete("/api/users/carlos/block", user=malena).problem == "not-found"
    assert handles(gateway, "/me/blocks", malena) == []


def test_the_muted_are_followed_and_not_heard(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.put("/api/users/carlos/follow", user=malena)

    for _ in range(2):
        assert gateway.put("/api/users/carlos/mute", user=malena).status == 204
    assert told(gateway, carlos) == []
    assert handles(gateway, "/me/mutes", malena) == ["carlos"]
    relation = gateway.get("/api/users/carlos", user=malena).json()["relation"]
    assert (relation["following"], relation["muted"]) == (True, True)
    assert gateway.get("/api/users/malena", user=carlos).json()["relation"]["muted"] is False

    for _ in range(2):
        assert gateway.delete("/api/users/carlos/mute", user=malena).status == 204
    assert told(gateway, carlos) == [malena]
    assert handles(gateway, "/me/mutes", malena) == []


def test_who_is_muted_before_being_followed_is_not_heard_either(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.put("/api/users/carlos/mute", user=malena)
    gateway.put("/api/users/carlos/follow", user=malena)
    assert told(gateway, carlos) == []
    gateway.delete("/api/users/carlos/follow", user=malena)
    gateway.delete("/api/users/carlos/mute", user=malena)
    assert told(gateway, carlos) == []


@pytest.mark.parametrize("act", ["block", "mute"])
def test_what_cannot_be_is_refused(gateway: Gateway, malena: UUID, act: str) -> None:
    assert gateway.put(f"/api/users/malena/{act}", user=malena).problem == "invalid"
    assert gateway.put(f"/api/users/nobody_at_all/{act}", user=malena).problem == "not-found"
    assert gateway.delete(f"/api/users/nobody_at_all/{act}", user=malena).problem == "not-found"
    assert gateway.put(f"/api/users/malena/{act}", user=ids.new_id()).problem == "profile-missing"
