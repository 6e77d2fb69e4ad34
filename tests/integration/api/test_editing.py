"""What a post says, to whom, and how it changes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.realtime.model import author_channel, user_channel
from tests.factories.media import ready_media
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]
Apart = Callable[[UUID, UUID], None]


def post(gateway: Gateway, author: UUID, body: str = "Hola", **fields: Any) -> Any:
    answer = gateway.post("/api/posts", user=author, json={"body": body} | fields)
    assert answer.status == 201, answer.text
    return answer.json()


def told(announced: FakeActivities, *kinds: str) -> list[tuple[str, str]]:
    return [(each.activity.kind, each.channel) for each in announced.appended if each.activity.kind in kinds]


def edit(gateway: Gateway, author: UUID, post: Any, version: object, **changes: Any) -> Any:
    headers = {} if version is None else {"If-Match": str(version)}
    return gateway.patch(f"/api/posts/{post['id']}", user=author, json=changes, headers=headers)


def test_a_post_has_what_it_speaks_of_and_tells_whom_it_mentions(
    gateway: Gateway, join: Join, announced: FakeActivities
) -> None:
    malena, carlos = join("malena"), join("carlos")
    body = "💃 con @Carlos, @malena y @nadie_aqui: #Vals en https://viruta.example."
    made = post(gateway, malena, body)
    assert made["entities"] == [
        {"kind": "mention", "start": 6, "end": 13, "user_id": str(carlos), "handle": "carlos"},
        {"kind": "mention", "start": 15, "end": 22, "user_id": str(malena), "handle": "malena"},
        {"kind": "hashtag", "start": 38, "end": 43, "tag": "vals"},
        {"kind": "link", "start": 47, "end": 69, "url": "https://viruta.example"},
    ]
    assert told(announced, "mention.created") == [("mention.created", user_channel(carlos))]
    assert gateway.get(f"/api/posts/{made['id']}", user=carlos).json() == made


def test_a_mention_shows_the_person_s_present_handle(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    made = post(gateway, malena, "@carlos")
    with gateway.platform.database.transaction() as connection:
        connection.execute("UPDATE users SET handle = 'carlitos' WHERE id = %s", (carlos,))
    (mention,) = gateway.get(f"/api/posts/{made['id']}", user=malena).json()["entities"]
    assert (mention["handle"], mention["user_id"]) == ("carlitos", str(carlos))


@pytest.mark.parametrize("turned", [False, True])
def test_people_apart_are_not_mentioned(
    gateway: Gateway, join: Join, apart: Apart, announced: FakeActivities, turned: bool
) -> None:
    malena, carlos = join("malena"), join("carlos")
    apart(*((carlos, malena) if turned else (malena, carlos)))
    assert post(gateway, malena, "@carlos")["entities"] == []
    assert told(announced, "mention.created") == []


def test_a_post_for_those_it_mentions_is_told_and_shown_to_them(
    gateway: Gateway, join: Join, announced: FakeActivities
) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    gateway.put("/api/users/malena/follow", user=anibal)
    made = post(gateway, malena, "Only for @carlos", visibility="mentioned")
    path = f"/api/posts/{made['id']}"
    assert told(announced, "post.created") == [("post.created", user_channel(carlos))]
    assert [gateway.get(path, user=each).status for each in (malena, carlos, anibal)] == [200, 200, 404]
    announced.appended.clear()
    assert edit(gateway, malena, made, 1, body="Now for @anibal").status == 200
    assert told(announced, "post.updated", "post.removed", "mention.created") == [
        ("post.updated", user_channel(anibal)),
        ("post.removed", user_channel(carlos)),
        ("mention.created", user_channel(anibal)),
    ]
    assert [gateway.get(path, user=each).status for each in (carlos, anibal)] == [404, 200]


def test_a_post_for_followers_is_not_there_for_others(gateway: Gateway, join: Join) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    gateway.put("/api/users/malena/follow", user=carlos)
    path = f"/api/posts/{post(gateway, malena, visibility='followers')['id']}"
    assert [gateway.get(path, user=each).status for each in (malena, carlos, anibal)] == [200, 200, 404]
    assert gateway.put(f"{path}/reaction", user=anibal, json={"kind": "like"}).status == 404


def test_an_edit_keeps_what_was_and_what_it_does_not_name(
    gateway: Gateway, join: Join, announced: FakeActivities
) -> None:
    malena, carlos = join("malena"), join("carlos")
    made = post(gateway, malena, "Hola @carlos #vals", city="Rosario", language="es")
    announced.appended.clear()
    changed = edit(gateway, malena, made, '"1"', body="Hola #tango").json()
    assert (changed["body"], changed["city"], changed["language"], changed["version"]) == (
        "Hola #tango", "Rosario", "es", 2,
    )  # fmt: skip
    assert changed["edited_at"] is not None
    assert told(announced, "post.updated", "mention.created") == [("post.updated", author_channel(malena))]
    assert gateway.get("/api/feed/tags/vals", user=carlos).json()["items"] == []
    assert [each["id"] for each in gateway.get("/api/feed/tags/TANGO", user=carlos).json()["items"]] == [made["id"]]
    path = f"/api/posts/{made['id']}/versions"
    history = gateway.get(path, user=malena).json()["items"]
    assert [(each["version"], each["body"]) for each in history] == [(2, "Hola #tango"), (1, "Hola @carlos #vals")]
    assert [entity["kind"] for entity in history[1]["entities"]] == ["mention", "hashtag"]
    assert gateway.get(path, user=carlos).status == 403


def test_an_edit_of_what_a_moderator_hid_is_told_to_nobody(
    gateway: Gateway, join: Join, announced: FakeActivities
) -> None:
    malena, carlos = join("malena"), join("carlos")
    gateway.put("/api/users/malena/follow", user=carlos)
    made = [post(gateway, malena, "@carlos", visibility=each) for each in ("public", "followers", "mentioned")]
    with gateway.platform.database.transaction() as connection:
        connection.execute("UPDATE posts SET hidden_at = now()")
    announced.appended.clear()
    for each in made:
        assert edit(gateway, malena, each, 1, body="Still @carlos").status == 200
    assert announced.appended == []


def test_an_edit_of_what_was_changed_meanwhile_is_refused(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    made = post(gateway, malena)
    for anything in (None, "*"):
        assert edit(gateway, malena, made, anything, body="x").problem == "precondition-required"
    assert edit(gateway, malena, made, 1, body="first").status == 200
    lost = edit(gateway, malena, made, 1, body="second")
    assert (lost.status, lost.problem) == (412, "precondition-failed")
    for version in ("x", 'W/"2"', '"2", "3"', "", "9" * 30):
        answer = edit(gateway, malena, made, version, body="x")
        assert (answer.status, answer.refused_fields) == (422, {"if-match"})
    assert gateway.get(f"/api/posts/{made['id']}", user=malena).json()["body"] == "first"


def test_an_edit_ends_mentions_of_people_whom_the_author_does_not_see(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    made = post(gateway, malena, "@carlos", visibility="mentioned")
    path = f"/api/posts/{made['id']}"
    assert gateway.get(path, user=carlos).status == 200
    gateway.put("/api/users/carlos/block", user=malena)
    assert edit(gateway, malena, made, 1, body="of somebody else").status == 200
    gateway.delete("/api/users/carlos/block", user=malena)

    assert gateway.get(path, user=carlos).status == 404
    assert edit(gateway, malena, made, 2, body="@carlos again").status == 200
    assert gateway.get(path, user=carlos).status == 200


def test_nobody_is_told_what_somebody_does_who_is_leaving(
    gateway: Gateway, join: Join, announced: FakeActivities
) -> None:
    malena, carlos = join("malena"), join("carlos")
    his = post(gateway, carlos)
    made = post(gateway, malena, "before")
    assert gateway.put("/api/users/me/deletion", user=malena).status == 200
    announced.appended.clear()

    post(gateway, malena, "@carlos")
    post(gateway, malena, "@carlos", visibility="mentioned")
    assert edit(gateway, malena, made, 1, body="after").status == 200
    gateway.post(f"/api/posts/{his['id']}/comments", user=malena, json={"body": "@carlos"})
    gateway.put(f"/api/posts/{his['id']}/repost", user=malena)

    assert announced.appended == []


def test_an_edit_is_checked_like_a_post(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    made = post(gateway, malena)
    for changes, field in (
        ({"body": ""}, "body"),
        ({"body": "x" * 5001}, "body"),
        ({"body": None}, "body"),
        ({"language": "x"}, "language"),
        ({"city": "x" * 101}, "city"),
        ({"event_id": str(ids.new_id())}, "event_id"),
        ({"visibility": "public"}, "visibility"),
    ):
        assert edit(gateway, malena, made, 1, **changes).refused_fields == {field}
    assert edit(gateway, carlos, made, 1, body="mine").status == 403
    assert edit(gateway, carlos, {"id": ids.new_id()}, 1, body="mine").status == 404


def test_the_words_for_a_picture_are_edited_and_kept(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    rows = [ready_media(owner_id=malena) for _ in range(3)]
    for row in rows:
        gateway.platform.media.add(row)
    ids_ = [str(row.media_id) for row in rows]
    made = post(gateway, malena, "", media=[{"id": each, "alt": "before"} for each in ids_[:2]])
    other = post(gateway, malena, media=[{"id": ids_[2], "alt": "before"}])
    for wrong in (ids_[2], str(ids.new_id())):
        media = [{"id": ids_[0], "alt": "x"}, {"id": wrong, "alt": "x"}]
        assert edit(gateway, malena, made, 1, media=media).refused_fields == {"media.1.id"}
    twice = [{"id": ids_[0], "alt": "x"}] * 2
    assert edit(gateway, malena, made, 1, media=twice).refused_fields == {"media"}
    too_long = [{"id": ids_[0], "alt": "x" * 1001}]
    assert edit(gateway, malena, made, 1, media=too_long).refused_fields == {"media.0.alt"}
    changed = edit(gateway, malena, made, 1, media=[{"id": ids_[1], "alt": " after "}]).json()
    assert [(each["id"], each["alt"]) for each in changed["media"]] == [(ids_[0], "before"), (ids_[1], "after")]
    path = f"/api/posts/{made['id']}"
    assert gateway.get(path, user=malena).json() == changed
    assert gateway.get(f"/api/posts/{other['id']}", user=malena).json() == other
    history = gateway.get(f"{path}/versions", user=malena).json()["items"]
    assert [{each["id"]: each["alt"] for each in version["media"]} for version in history] == [
        {ids_[0]: "before", ids_[1]: "after"},
        {ids_[0]: "before", ids_[1]: "before"},
    ]


def test_a_post_is_edited_fifty_times_at_most(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    made = post(gateway, malena)
    with gateway.platform.database.transaction() as connection:
        connection.execute("UPDATE posts SET version = 50 WHERE id = %s", (made["id"],))
    assert edit(gateway, malena, made, 50, body="again").status == 409


def test_a_deleted_post_leaves_nothing(gateway: Gateway, join: Join, announced: FakeActivities) -> None:
    malena, carlos = join("malena"), join("carlos")
    picture = ready_media(owner_id=malena)
    gateway.platform.media.add(picture)
    made = post(gateway, malena, media=[{"id": str(picture.media_id), "alt": ""}])
    path = f"/api/posts/{made['id']}"
    gateway.post(f"{path}/comments", user=carlos, json={"body": "¡Sí!"})
    gateway.put(f"{path}/repost", user=carlos)
    assert gateway.delete(path, user=carlos).status == 403
    assert gateway.delete(path, user=malena).status == 204
    assert [gateway.get(path, user=malena).status, gateway.delete(path, user=malena).status] == [404, 404]
    assert gateway.get("/api/feed", user=carlos).json()["items"] == []
    assert told(announced, "post.removed") == [("post.removed", author_channel(malena))]
    assert gateway.get(f"/api/media/{picture.media_id}", user=malena).status == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"visibility": "friends"}, "visibility"),
        ({"language": "español"}, "language"),
        ({"event_id": "x"}, "event_id"),
        ({"event_id": str(ids.new_id())}, "event_id"),
        ({"body": "\u202etext"}, "body"),
        ({"body": " ".join(f"@dancer_{n}" for n in range(51))}, "body"),
        ({"media": [{"id": str(ids.new_id()), "alt": "x" * 1001}]}, "media.0.alt"),
    ],
)
def test_a_post_that_cannot_be_is_refused_by_field(
    gateway: Gateway, join: Join, fields: dict[str, object], field: str
) -> None:
    answer = gateway.post("/api/posts", user=join("malena"), json={"body": "Hola"} | fields)
    assert 400 <= answer.status < 500
    assert answer.refused_fields == {field}


def test_a_post_may_be_about_an_event(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    event = gateway.post(
        "/api/events",
        user=malena,
        json={
            "title": "La Viruta", "kind": "milonga", "city": "Buenos Aires", "country": "AR", "venue_name": "La Viruta",
            "address": "Armenia 1366", "latitude": -34.6, "longitude": -58.4, "zone": "America/Argentina/Buenos_Aires",
            "starts_at": "2027-01-01T22:00:00Z", "ends_at": "2027-01-02T04:00:00Z",
        },
    ).json()  # fmt: skip
    made = post(gateway, malena, event_id=event["id"])
    assert made["event_id"] == event["id"]
    assert edit(gateway, malena, made, 1, event_id=None).json()["event_id"] is None
