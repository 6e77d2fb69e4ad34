"""Threads of two levels below a post, and who sees what of them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.observability import counting
from mundotango.realtime.model import user_channel
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway
from tests.integration.api.test_editing import post, told
from tests.integration.api.test_marks import recorded

Join = Callable[[str], UUID]
Apart = Callable[[UUID, UUID], None]


@pytest.fixture
def path(gateway: Gateway, malena: UUID) -> str:
    """Of the comments of a post of Malena's."""
    return f"/api/posts/{post(gateway, malena)['id']}/comments"


def say(gateway: Gateway, user: UUID, path: str, body: str = "¡Sí!", parent: Any = None) -> Any:
    answer = gateway.post(path, user=user, json={"body": body} | ({"parent_id": parent["id"]} if parent else {}))
    assert answer.status == 201, answer.text
    return answer.json()


def bodies(gateway: Gateway, user: UUID, path: str) -> list[tuple[str, int]]:
    answer = gateway.get(path, user=user)
    assert answer.status == 200, answer.text
    return [(item["body"], item["replies"]) for item in answer.json()["items"]]


def test_a_thread_has_two_levels(gateway: Gateway, malena: UUID, carlos: UUID, path: str) -> None:
    top = say(gateway, carlos, path, "one")
    reply = say(gateway, malena, path, "two", top)
    under = say(gateway, carlos, path, "three", reply)
    say(gateway, malena, path, "four")
    assert (reply["parent_id"], under["parent_id"]) == (top["id"], top["id"])
    assert bodies(gateway, carlos, path) == [("one", 2), ("four", 0)]
    assert bodies(gateway, carlos, f"/api/comments/{top['id']}/replies") == [("two", 0), ("three", 0)]
    assert gateway.get(f"/api/comments/{reply['id']}", user=malena).json() == reply


def test_comments_come_in_pages_oldest_first(gateway: Gateway, malena: UUID, path: str) -> None:
    said = [say(gateway, malena, path, f"{n} @malena")["id"] for n in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    for _ in range(3):
        with counting() as counts:
            page = gateway.get(path, user=malena, query={"limit": 2, "cursor": cursor}).json()
        assert counts["sql_statements"] <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (said, None)
    other = gateway.get("/api/feed", user=malena, query={"cursor": gateway.get(path, user=malena, query={"limit": 1})
                        .json()["next_cursor"]})  # fmt: skip
    assert other.problem == "bad-cursor"


def test_who_wrote_the_post_and_who_is_mentioned_are_told(
    gateway: Gateway, join: Join, malena: UUID, carlos: UUID, path: str, announced: FakeActivities
) -> None:
    anibal = join("anibal")
    made = say(gateway, carlos, path, "Con @anibal #vals")
    assert [entity["kind"] for entity in made["entities"]] == ["mention", "hashtag"]
    assert told(announced, "comment.created", "mention.created") == [
        ("comment.created", user_channel(malena)),
        ("mention.created", user_channel(anibal)),
    ]
    say(gateway, malena, path, "mine")
    assert len(told(announced, "comment.created")) == 1, "nobody is told of what they said themselves"
    first, second = recorded(gateway, "comment.created")
    assert (first["comment_id"], first["post_id"], second["post_id"]) == (made["id"], made["post_id"], made["post_id"])


def test_nobody_is_told_of_a_post_they_do_not_see(
    gateway: Gateway, join: Join, malena: UUID, carlos: UUID, path: str, announced: FakeActivities, apart: Apart
) -> None:
    anibal = join("anibal")
    between = f"/api/posts/{post(gateway, malena, '@carlos', visibility='mentioned')['id']}/comments"
    announced.appended.clear()
    made = say(gateway, carlos, between, "Con @anibal y @malena")
    edited = gateway.patch(
        f"/api/comments/{made['id']}", user=carlos, json={"body": "@anibal"}, headers={"If-Match": "1"}
    )
    assert edited.status == 200
    apart(malena, anibal)
    say(gateway, carlos, path, "Con @anibal")
    assert told(announced, "mention.created") == [("mention.created", user_channel(malena))]


def test_nobody_is_told_what_somebody_does_whom_they_mute(
    gateway: Gateway, malena: UUID, carlos: UUID, path: str, announced: FakeActivities
) -> None:
    gateway.put("/api/users/carlos/mute", user=malena)
    announced.appended.clear()
    say(gateway, carlos, path, "@malena")
    assert gateway.put(path.replace("comments", "repost"), user=carlos).status == 204
    post(gateway, carlos, "@malena", visibility="mentioned")
    assert [each.activity.kind for each in announced.appended] == []
    assert len(recorded(gateway, "comment.created")) == len(recorded(gateway, "post.shared")) == 1, "but it counts"


def test_a_comment_is_edited_by_its_author_who_saw_it(gateway: Gateway, malena: UUID, carlos: UUID, path: str) -> None:
    made = say(gateway, carlos, path)
    at = f"/api/comments/{made['id']}"

    def edit(user: UUID, body: str, **headers: str) -> Any:
        return gateway.patch(at, user=user, json={"body": body}, headers=headers)

    assert edit(carlos, "x").status == 428
    changed = edit(carlos, "¡No!", **{"If-Match": "1"}).json()
    assert (changed["body"], changed["version"]) == ("¡No!", 2)
    assert edit(carlos, "x", **{"If-Match": "1"}).status == 412
    assert edit(malena, "x", **{"If-Match": "2"}).status == 403
    assert edit(carlos, "", **{"If-Match": "2"}).refused_fields == {"body"}


def test_a_deleted_comment_with_replies_leaves_an_empty_place(
    gateway: Gateway, malena: UUID, carlos: UUID, path: str
) -> None:
    top = say(gateway, carlos, path, "one")
    reply = say(gateway, malena, path, "two", top)
    at = f"/api/comments/{top['id']}"
    assert gateway.delete(at, user=carlos).status == 204
    (left,) = gateway.get(path, user=malena).json()["items"]
    assert (left["deleted"], left["author"], left["body"], left["replies"]) == (True, None, "", 1)
    assert gateway.delete(at, user=carlos).status == 403
    assert gateway.post(path, user=carlos, json={"body": "x", "parent_id": top["id"]}).refused_fields == {"parent_id"}
    say(gateway, carlos, path, "three", reply)
    assert recorded(gateway, "comment.removed") == [
        {"post_id": top["post_id"], "comment_id": top["id"], "parent_id": None}
    ]
    for item in gateway.get(f"{at}/replies", user=malena).json()["items"]:
        assert gateway.delete(f"/api/comments/{item['id']}", user=malena).status == 204, "who wrote the post may, too"
    assert bodies(gateway, malena, path) == [], "the empty place goes with the last reply"
    assert len(recorded(gateway, "comment.removed")) == 3


def test_only_its_author_and_the_post_s_delete_a_comment(gateway: Gateway, join: Join, carlos: UUID, path: str) -> None:
    made = say(gateway, carlos, path)
    assert gateway.delete(f"/api/comments/{made['id']}", user=join("anibal")).status == 403


def test_people_apart_do_not_see_each_other_s_comments(
    gateway: Gateway, join: Join, malena: UUID, carlos: UUID, path: str, apart: Apart
) -> None:
    anibal = join("anibal")
    top = say(gateway, malena, path, "one")
    mine = say(gateway, anibal, path, "two", top)
    say(gateway, anibal, path, "three")
    apart(carlos, anibal)
    assert bodies(gateway, carlos, path) == [("one", 0)]
    assert bodies(gateway, carlos, f"/api/comments/{top['id']}/replies") == []
    assert gateway.get(f"/api/comments/{mine['id']}", user=carlos).status == 404
    answer = gateway.post(path, user=carlos, json={"body": "x", "parent_id": mine["id"]})
    assert (answer.status, answer.refused_fields) == (404, {"parent_id"})
    assert bodies(gateway, malena, path) == [("one", 1), ("three", 0)]


@pytest.mark.parametrize("turned", [False, True])
def test_who_is_apart_from_the_author_has_no_part_in_the_thread(
    gateway: Gateway, malena: UUID, carlos: UUID, path: str, apart: Apart, turned: bool
) -> None:
    made = say(gateway, malena, path)
    apart(*((carlos, malena) if turned else (malena, carlos)))
    assert gateway.post(path, user=carlos, json={"body": "x"}).status == 404
    assert gateway.get(path, user=carlos).status == 404
    assert gateway.get(f"/api/comments/{made['id']}/replies", user=carlos).status == 404


def test_below_a_comment_that_one_does_not_see_there_is_nothing(
    gateway: Gateway, join: Join, malena: UUID, carlos: UUID, path: str, apart: Apart
) -> None:
    anibal = join("anibal")
    top = say(gateway, anibal, path, "one")
    say(gateway, malena, path, "two", top)
    replies = f"/api/comments/{top['id']}/replies"
    assert gateway.get(replies, user=carlos).status == 200
    apart(anibal, carlos)
    assert gateway.get(replies, user=carlos).status == 404


def test_what_one_wrote_can_be_deleted_where_one_no_longer_sees_it(
    gateway: Gateway, malena: UUID, carlos: UUID, path: str, apart: Apart
) -> None:
    made, other = say(gateway, carlos, path, "mine"), say(gateway, malena, path, "hers")
    apart(malena, carlos)
    assert gateway.delete(f"/api/comments/{other['id']}", user=carlos).status == 404
    for status in (204, 404):
        assert gateway.delete(f"/api/comments/{made['id']}", user=carlos).status == status
    assert bodies(gateway, malena, path) == [("hers", 0)]


@pytest.mark.parametrize("body", ["", " ", "x" * 2001, "a\x00b", "\u202e", None])
def test_a_comment_that_cannot_be_is_refused(gateway: Gateway, malena: UUID, path: str, body: object) -> None:
    answer = gateway.post(path, user=malena, json={"body": body})
    assert (answer.status, answer.refused_fields) == (422, {"body"})


def test_nothing_hangs_below_what_is_not_there(gateway: Gateway, malena: UUID, path: str) -> None:
    nowhere = ids.new_id()
    assert gateway.post(path, user=malena, json={"body": "x", "parent_id": str(nowhere)}).refused_fields == {
        "parent_id"
    }
    assert gateway.post(f"/api/posts/{nowhere}/comments", user=malena, json={"body": "x"}).status == 404
    assert gateway.get(f"/api/posts/{nowhere}/comments", user=malena).status == 404
    assert gateway.get(f"/api/comments/{nowhere}/replies", user=malena).status == 404
    other = say(gateway, malena, f"/api/posts/{post(gateway, malena)['id']}/comments")
    assert gateway.post(path, user=malena, json={"body": "x", "parent_id": other["id"]}).status == 404
