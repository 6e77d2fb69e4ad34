"""What people say of themselves, who reads it, and what it costs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.media.model import kept_picture, shown_picture
from tests.factories.media import pending_media, ready_media
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]
PUBLIC = "public, max-age=300, stale-while-revalidate=60, stale-if-error=600"
FULL = {
    "display_name": "Malena Ríos 💃",
    "bio": "Baila.\nSiempre.",
    "city": "São Paulo",
    "country": "BR",
    "latitude": -23.55,
    "longitude": -46.63,
    "languages": ["es", "pt-BR", "zh-Hant", "es-419"],
    "dance_role": "both",
    "dancing_since": 1999,
    "occupations": ["teacher", "dj"],
    "links": ["https://malena.example/tango?lang=es", "https://ñandú.example"],
    "visibility": "members",
    "private": True,
}


@pytest.fixture
def platform(platform: Platform, clock: FakeClock) -> Platform:
    platform.clock = clock
    return platform


def test_a_profile_says_all_it_was_given(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    before = gateway.get("/api/users/me", user=malena).json()

    changed = gateway.patch("/api/users/me", user=malena, json=FULL)

    assert changed.status == 200
    assert changed.json() == before | FULL | {"years_dancing": 27, "version": 2}
    assert gateway.get("/api/users/me", user=malena).json() == changed.json()
    seen = gateway.get("/api/users/malena", user=join("carlos")).json()
    assert seen.pop("relation")
    assert seen == changed.json()


def test_one_may_sign_up_with_all_of_it(gateway: Gateway) -> None:
    answer = gateway.post("/api/users", user=ids.new_id(), json=FULL | {"handle": "malena"})

    assert answer.status == 201
    assert FULL.items() <= answer.json().items()


def test_only_what_is_given_changes_and_null_takes_away(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    full = gateway.patch("/api/users/me", user=malena, json=FULL).json()

    nothing = gateway.patch("/api/users/me", user=malena, json={})
    assert nothing.json() == full
    place: dict[str, Any] = {"latitude": None, "longitude": None, "dancing_since": None, "languages": [], "country": ""}
    less = gateway.patch("/api/users/me", user=malena, json=place).json()
    assert less == full | place | {"years_dancing": None, "version": 3}


def test_a_language_is_written_as_the_standard_has_it(gateway: Gateway, join: Join) -> None:
    answer = gateway.patch("/api/users/me", user=join("malena"), json={"languages": ["ES", "pt-br", "ZH-hANT-tw"]})
    assert answer.json()["languages"] == ["es", "pt-BR", "zh-Hant-TW"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"handle": "me"}, "handle"),
        ({"handle": None}, "handle"),
        ({"handle": ""}, "handle"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "ana\u202egnp"}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"bio": "x" * 1001}, "bio"),
        ({"bio": "a\x00"}, "bio"),
        ({"city": "x" * 101}, "city"),
        ({"city": "\u0301"}, "city"),
        ({"country": "Brazil"}, "country"),
        ({"country": "br"}, "country"),
        ({"latitude": 1.0}, "longitude"),
        ({"longitude": 1.0}, "latitude"),
        ({"latitude": 90.1, "longitude": 0.0}, "latitude"),
        ({"latitude": 0.0, "longitude": -180.1}, "longitude"),
        ({"latitude": "1", "longitude": 0.0}, "latitude"),
        ({"languages": ["es"] * 11}, "languages"),
        ({"languages": ["es", "ES"]}, "languages.1"),
        ({"languages": ["español"]}, "languages.0"),
        ({"languages": "es"}, "languages"),
        ({"dance_role": "Leader"}, "dance_role"),
        ({"dancing_since": 1899}, "dancing_since"),
        ({"dancing_since": 2027}, "dancing_since"),
        ({"dancing_since": "1999"}, "dancing_since"),
        ({"dancing_since": 10**30}, "dancing_since"),
        ({"occupations": ["dancer", "plumber"]}, "occupations.1"),
        ({"occupations": ["dj", "dj"]}, "occupations.1"),
        ({"links": ["http://malena.example"]}, "links.0"),
        ({"links": ["https://malena.example", "javascript:alert(1)"]}, "links.1"),
        ({"links": ["https://malena"]}, "links.0"),
        ({"links": ["https://user:secret@malena.example"]}, "links.0"),
        ({"links": ["https://malena.example:99999/"]}, "links.0"),
        ({"links": ["https://[malena.example/"]}, "links.0"),
        ({"links": ["https://malena.example/a b"]}, "links.0"),
        ({"links": ["https://malena.example/\u202e"]}, "links.0"),
        ({"links": ["https://malena.example/" + "x" * 300]}, "links.0"),
        ({"links": [f"https://malena.example/{n}" for n in range(6)]}, "links"),
        ({"links": ["https://malena.example"] * 2}, "links.1"),
        ({"visibility": "nobody"}, "visibility"),
        ({"private": "yes"}, "private"),
        ({"private": None}, "private"),
        ({"avatar_id": "me.png"}, "avatar_id"),
        ({"version": 7}, "version"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_field(
    gateway: Gateway, join: Join, change: dict[str, object], field: str
) -> None:
    malena = join("malena")

    answer = gateway.patch("/api/users/me", user=malena, json=change)

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == {field}
    assert gateway.get("/api/users/me", user=malena).json()["version"] == 1


def test_who_has_no_profile_changes_none(gateway: Gateway) -> None:
    assert gateway.patch("/api/users/me", user=ids.new_id(), json={"bio": ""}).problem == "profile-missing"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"1"', 200),
        (' "1" ', 200),
        ("*", 200),
        ('"2"', 412),
        ("1", 200),
        ("2", 412),
        ('W/"1"', 422),
        ("", 422),
        ('"' + "9" * 40, 422),
    ],
)
def test_a_change_is_made_to_the_version_that_was_read(
    gateway: Gateway, join: Join, if_match: str, status: int
) -> None:
    malena = join("malena")

    answer = gateway.patch("/api/users/me", user=malena, json={"bio": "new"}, headers={"If-Match": if_match})

    assert answer.status == status
    if status == 422:
        assert answer.refused_fields == {"if-match"}
    if status == 412:
        assert answer.problem == "precondition-failed"
    if status != 200:
        assert gateway.get("/api/users/me", user=malena).json()["bio"] == ""


# Handles


def test_a_handle_that_was_given_up_is_nobody_elses_for_two_weeks(
    gateway: Gateway, join: Join, clock: FakeClock
) -> None:
    malena, carlos = join("malena"), join("carlos")

    assert gateway.patch("/api/users/me", user=malena, json={"handle": "La_Malena"}).json()["handle"] == "la_malena"

    assert gateway.get("/api/users/la_malena", user=carlos).json()["id"] == str(malena)
    assert gateway.get("/api/users/malena", user=carlos).problem == "not-found"
    taken = gateway.patch("/api/users/me", user=carlos, json={"handle": "malena"})
    assert (taken.status, taken.problem) == (409, "handle-taken")
    new = {"handle": "malena", "display_name": "Malena", "city": ""}
    assert gateway.post("/api/users", user=ids.new_id(), json=new).problem == "handle-taken"
    clock.advance(timedelta(days=13, hours=23))
    assert gateway.patch("/api/users/me", user=carlos, json={"handle": "malena"}).problem == "handle-taken"
    clock.advance(timedelta(hours=1))
    assert gateway.patch("/api/users/me", user=carlos, json={"handle": "malena"}).status == 200
    assert gateway.get("/api/users/malena", user=malena).json()["id"] == str(carlos)


def test_a_handle_may_be_taken_back(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    for handle in ("la_malena", "malena", "la_malena", "malena", "la_malena", "malena"):
        answer = gateway.patch("/api/users/me", user=malena, json={"handle": handle})
        assert (answer.status, answer.json()["handle"]) == (200, handle)


def test_nobody_collects_handles(gateway: Gateway, join: Join, clock: FakeClock) -> None:
    malena = join("malena")
    for number in range(3):
        assert gateway.patch("/api/users/me", user=malena, json={"handle": f"malena_{number}"}).status == 200
    answer = gateway.patch("/api/users/me", user=malena, json={"handle": "malena_3"})
    assert (answer.status, answer.problem, answer.refused_fields) == (409, "conflict", {"handle"})
    assert gateway.get("/api/users/me", user=malena).json()["handle"] == "malena_2"
    clock.advance(timedelta(days=14))
    assert gateway.patch("/api/users/me", user=malena, json={"handle": "malena_3"}).status == 200


# Pictures


def test_an_avatar_and_a_cover_are_shown_as_they_were_made(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    avatar, cover = (ready_media(owner_id=malena, purpose=purpose) for purpose in ("avatar", "cover"))
    gateway.platform.media.add(avatar)
    gateway.platform.media.add(cover)

    shown = gateway.patch(
        "/api/users/me", user=malena, json={"avatar_id": str(avatar.media_id), "cover_id": str(cover.media_id)}
    ).json()

    assert shown["avatar"]["id"] == str(avatar.media_id)
    assert (shown["avatar"]["width"], shown["avatar"]["height"]) == (1000, 500)
    assert [variant["width"] for variant in shown["avatar"]["variants"]] == [320, 800, 1000]
    assert shown["cover"]["id"] == str(cover.media_id)
    assert avatar.measures is not None
    assert shown["avatar"] == shown_picture(kept_picture(avatar.media_id, avatar.measures))
    assert gateway.get("/api/users/me", user=malena).json()["avatar"] == shown["avatar"]
    written = gateway.post("/api/posts", user=malena, json={"body": "Hola"})
    assert gateway.get(written.headers["location"], user=malena).json()["author"]["avatar"] == shown["avatar"]
    assert gateway.get("/api/public/users/malena").json()["avatar"] == shown["avatar"]
    gone = gateway.patch("/api/users/me", user=malena, json={"avatar_id": None}).json()
    assert (gone["avatar"], gone["cover"]) == (None, shown["cover"])


@pytest.mark.parametrize("why", ["unknown", "another's", "for a post", "pending"])
def test_a_picture_must_be_ones_own_and_ready(gateway: Gateway, join: Join, why: str) -> None:
    malena = join("malena")
    picture = {
        "unknown": ready_media(owner_id=malena, purpose="avatar"),
        "another's": ready_media(purpose="avatar"),
        "for a post": ready_media(owner_id=malena),
        "pending": pending_media(owner_id=malena, purpose="avatar"),
    }[why]
    if why != "unknown":
        gateway.platform.media.add(picture)

    answer = gateway.patch("/api/users/me", user=malena, json={"avatar_id": str(picture.media_id)})

    expected = (409, "media-not-ready") if why == "pending" else (404, "not-found")
    assert (answer.status, answer.problem) == expected
    assert answer.refused_fields == {"avatar_id"}


# Pages


def test_a_page_for_everybody_is_the_same_for_everybody(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    carlos = join("carlos")
    gateway.put("/api/users/malena/block", user=carlos)

    anonymous = gateway.get("/api/public/users/malena")

    assert anonymous.status == 200
    assert anonymous.headers["cache-control"] == PUBLIC
    assert "relation" not in anonymous.json()
    assert gateway.get("/api/public/users/MALENA", user=carlos).text == anonymous.text
    assert gateway.get("/api/public/users/malena", user=malena).text == anonymous.text
    etag = anonymous.headers["etag"]
    assert gateway.get("/api/public/users/malena", headers={"If-None-Match": etag}).status == 304


def test_a_page_for_members_is_for_members(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    gateway.patch("/api/users/me", user=malena, json={"visibility": "members"})

    answer = gateway.get("/api/public/users/malena")

    assert (answer.status, answer.problem) == (404, "not-found")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == gateway.get("/api/public/users/nobody_at_all").text
    assert gateway.get("/api/users/malena", user=ids.new_id()).status == 200


@pytest.mark.parametrize("column", ["suspended_at", "leaves_at"])
def test_who_is_away_is_seen_by_nobody_but_themselves(
    gateway: Gateway, join: Join, database: Database, column: str
) -> None:
    malena, carlos = join("malena"), join("carlos")
    gateway.put("/api/users/carlos/follow", user=malena)
    with database.transaction() as connection:
        connection.execute(f"UPDATE users SET {column} = now() WHERE id = %s", (malena,))
    gateway.platform.cache.delete(f"user:{malena}")

    assert gateway.get("/api/public/users/malena").status == 404
    for path in ("malena", "malena/followers", "malena/following"):
        assert gateway.get(f"/api/users/{path}", user=carlos).problem == "not-found", path
    for path in ("malena/follow", "malena/mute", "malena/block"):
        assert gateway.put(f"/api/users/{path}", user=carlos).problem == "not-found", path
    assert gateway.get("/api/users/carlos/followers", user=carlos).json()["items"] == []
    assert gateway.get("/api/users", user=carlos, query={"q": "malena"}).json()["items"] == []
    assert gateway.get("/api/users/me", user=malena).status == 200
    assert gateway.get("/api/users/malena", user=malena).status == 200


# When what is kept changes


def counts(gateway: Gateway, handle: str, reader: UUID) -> dict[str, int]:
    found: dict[str, int] = gateway.get(f"/api/users/{handle}", user=reader).json()["counts"]
    return found


def test_what_is_kept_is_right_after_each_write(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")

    def seen(by: UUID = carlos, of: str = "malena") -> Any:
        return gateway.get(f"/api/users/{of}", user=by).json()

    assert seen()["display_name"] == "Malena"
    gateway.patch("/api/users/me", user=malena, json={"display_name": "La Malena"})
    assert seen()["display_name"] == "La Malena"
    assert gateway.get("/api/public/users/malena").json()["display_name"] == "La Malena"

    assert seen(malena, "carlos")["relation"]["followed_by"] is False
    gateway.put("/api/users/malena/follow", user=carlos)
    assert (seen()["relation"]["following"], seen()["counts"]["followers"]) == (True, 1)
    assert seen(malena, "carlos")["relation"]["followed_by"] is True
    assert counts(gateway, "carlos", carlos) == {"followers": 0, "following": 1, "posts": 0}
    gateway.put("/api/users/malena/mute", user=carlos)
    assert seen()["relation"]["muted"] is True
    gateway.delete("/api/users/malena/mute", user=carlos)
    assert seen()["relation"]["muted"] is False
    gateway.delete("/api/users/malena/follow", user=carlos)
    assert (seen()["relation"]["following"], seen()["counts"]["followers"]) == (False, 0)

    gateway.put("/api/users/malena/block", user=carlos)
    assert gateway.get("/api/users/malena", user=carlos).status == 404
    assert gateway.get("/api/users/carlos", user=malena).status == 404
    gateway.delete("/api/users/malena/block", user=carlos)
    assert gateway.get("/api/users/malena", user=carlos).status == 200


def test_posts_are_counted(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    gateway.post("/api/posts", user=malena, json={"body": "Hola"})
    assert counts(gateway, "malena", ids.new_id())["posts"] == 1
