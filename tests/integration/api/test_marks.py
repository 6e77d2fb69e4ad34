"""Repost, pin and save; and the posts that everybody sees."""

from collections.abc import Callable
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.cache_keys import post_key
from mundotango.errors import Unavailable
from mundotango.reactions.model import target_of
from mundotango.realtime.model import user_channel
from tests.fakes.reactions import FakeEngagements
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway
from tests.integration.api.test_editing import post, told

Join = Callable[[str], UUID]
Apart = Callable[[UUID, UUID], None]


def listed(gateway: Gateway, user: UUID, path: str = "/api/feed") -> list[str]:
    answer = gateway.get(path, user=user)
    assert answer.status == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def recorded(gateway: Gateway, kind: str) -> list[dict[str, str]]:
    with gateway.platform.database.transaction() as connection:
        rows = connection.execute(
            "SELECT payload - '_correlation_id' FROM outbox WHERE kind = %s ORDER BY seq", (kind,)
        )
        return [payload for (payload,) in rows]


def test_a_repost_shows_the_original_with_its_own_author(
    gateway: Gateway, join: Join, announced: FakeActivities
) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    gateway.put("/api/users/carlos/follow", user=anibal)
    original = post(gateway, malena, "Hola @anibal")
    gateway.put(f"/api/posts/{original['id']}/reaction", user=anibal, json={"kind": "like"})
    for _ in range(2):
        assert gateway.put(f"/api/posts/{original['id']}/repost", user=carlos).status == 204
    (shown,) = gateway.get("/api/feed", user=anibal).json()["items"]
    assert (shown["author"]["handle"], shown["body"]) == ("carlos", "")
    assert (shown["original"]["id"], shown["original"]["author"]["handle"]) == (original["id"], "malena")
    assert (shown["original"]["totals"]["like"], shown["original"]["reaction"]) == (1, "like")
    assert [entity["handle"] for entity in shown["original"]["entities"]] == ["anibal"]
    assert told(announced, "post.shared") == [("post.shared", user_channel(malena))]
    (payload,) = recorded(gateway, "post.shared")
    assert (payload["post_id"], payload["repost_id"]) == (original["id"], shown["id"])

    assert gateway.put(f"/api/posts/{shown['id']}/repost", user=anibal).status == 204, "stands for its original"
    for _ in range(2):
        assert gateway.delete(f"/api/posts/{original['id']}/repost", user=carlos).status == 204
    assert recorded(gateway, "post.unshared") == [{"post_id": original["id"], "repost_id": shown["id"]}]
    (own,) = gateway.get("/api/feed", user=anibal).json()["items"]
    assert own["author"]["handle"] == "anibal"
    assert gateway.delete(f"/api/posts/{own['id']}", user=anibal).status == 204
    assert len(recorded(gateway, "post.unshared")) == 2, "a repost that is deleted is unshared as well"


def test_what_is_done_to_a_repost_counts_for_its_original(gateway: Gateway, join: Join) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    original = post(gateway, malena)["id"]
    gateway.put(f"/api/posts/{original}/repost", user=carlos)
    (repost,) = listed(gateway, carlos)[:1]
    assert isinstance(gateway.platform.engagements, FakeEngagements)
    views = gateway.platform.engagements.table.stream

    felt = gateway.put(f"/api/posts/{repost}/reaction", user=anibal, json={"kind": "love"}).json()
    assert (felt["totals"]["love"], felt["reaction"]) == (1, "love")
    for post_id in (original, repost):
        assert gateway.get(f"/api/posts/{post_id}", user=anibal).json()["reaction"] == "love"
    gateway.delete(f"/api/posts/{repost}/reaction", user=anibal)
    assert gateway.get(f"/api/posts/{original}", user=anibal).json()["reaction"] is None

    views.clear()
    for viewer in (anibal, malena):
        gateway.post("/api/posts/views", user=viewer, json={"post_ids": [repost, original]})
    assert [str(target_of(view.bucket)) for view in views] == [original], "once, and not for who wrote it"


def test_only_public_posts_are_reposted(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    gateway.put("/api/users/malena/follow", user=carlos)
    for visibility in ("followers", "mentioned"):
        made = post(gateway, malena, "@carlos", visibility=visibility)
        assert gateway.put(f"/api/posts/{made['id']}/repost", user=carlos).status == 403
    public = post(gateway, malena)
    assert gateway.put(f"/api/posts/{public['id']}/repost", user=malena).status == 204, "one's own, too"
    with gateway.platform.database.transaction() as connection:
        connection.execute("UPDATE users SET private = true WHERE id = %s", (malena,))
    assert gateway.put(f"/api/posts/{public['id']}/repost", user=carlos).status == 403
    assert gateway.put(f"/api/posts/{ids.new_id()}/repost", user=carlos).status == 404


def test_a_repost_vanishes_for_who_may_not_see_the_original(gateway: Gateway, join: Join, apart: Apart) -> None:
    malena, carlos, anibal = join("malena"), join("carlos"), join("anibal")
    gateway.put("/api/users/carlos/follow", user=anibal)
    original = post(gateway, malena)
    gateway.put(f"/api/posts/{original['id']}/repost", user=carlos)
    (repost,) = listed(gateway, anibal)
    apart(malena, anibal)
    assert listed(gateway, anibal) == []
    assert gateway.get(f"/api/posts/{repost}", user=anibal).status == 404


def test_a_repost_has_no_words_to_change_pin_or_comment(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    original = post(gateway, malena)
    gateway.put(f"/api/posts/{original['id']}/repost", user=malena)
    path = f"/api/posts/{listed(gateway, malena)[0]}"
    assert gateway.patch(path, user=malena, json={"body": "x"}, headers={"If-Match": "1"}).status == 409
    assert gateway.put(f"{path}/pin", user=malena).status == 409
    assert gateway.post(f"{path}/comments", user=malena, json={"body": "x"}).status == 409


def test_three_own_posts_are_pinned_at_most(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    made = [post(gateway, malena)["id"] for _ in range(4)]
    for post_id in (*made[:3], made[0]):
        assert gateway.put(f"/api/posts/{post_id}/pin", user=malena).status == 204
    assert gateway.put(f"/api/posts/{made[3]}/pin", user=malena).problem == "conflict"
    assert gateway.put(f"/api/posts/{made[3]}/pin", user=carlos).status == 403
    profile = gateway.get("/api/users/malena/posts", user=carlos, query={"limit": 1}).json()
    assert [item["id"] for item in profile["items"]] == [made[3]]
    assert [item["id"] for item in profile["pinned"]] == made[2::-1]
    assert all(item["pinned"] for item in profile["pinned"])
    assert gateway.delete(f"/api/posts/{made[0]}/pin", user=malena).status == 204
    assert gateway.put(f"/api/posts/{made[3]}/pin", user=malena).status == 204


def test_saved_posts_come_last_saved_first(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    first, second = post(gateway, malena)["id"], post(gateway, malena)["id"]
    for post_id in (second, first, first):
        assert gateway.put(f"/api/posts/{post_id}/save", user=carlos).status == 204
    assert listed(gateway, carlos, "/api/feed/saved") == [first, second]
    assert listed(gateway, malena, "/api/feed/saved") == []
    for _ in range(2):
        assert gateway.delete(f"/api/posts/{first}/save", user=carlos).status == 204
    assert listed(gateway, carlos, "/api/feed/saved") == [second]
    assert gateway.put(f"/api/posts/{ids.new_id()}/save", user=carlos).status == 404
    assert gateway.put(f"/api/posts/{first}/save", user=ids.new_id()).problem == "profile-missing"


def test_everybody_sees_public_posts_of_public_people_in_the_same_bytes(gateway: Gateway, join: Join) -> None:
    malena, carlos = join("malena"), join("carlos")
    public = post(gateway, malena, "@carlos")
    others = [post(gateway, malena, "@carlos", visibility=each)["id"] for each in ("followers", "mentioned")]
    path = f"/api/public/posts/{public['id']}"
    answer = gateway.get(path)
    assert answer.status == 200
    assert answer.headers["cache-control"].startswith("public, max-age")
    assert "reaction" not in answer.json()
    gateway.put(f"/api/posts/{public['id']}/reaction", user=carlos, json={"kind": "like"})
    assert gateway.get(path).text == gateway.get(path, user=carlos).text
    for post_id in others:
        assert gateway.get(f"/api/public/posts/{post_id}").status == 404
    page = gateway.get("/api/public/users/malena/posts")
    assert [item["id"] for item in page.json()["items"]] == [public["id"]]
    assert page.headers["cache-control"].startswith("public, max-age")
    for change in ({"private": True}, {"private": False, "visibility": "members"}):
        assert gateway.patch("/api/users/me", user=malena, json=change).status == 200
        gateway.platform.cache.delete(post_key(UUID(public["id"])))  # a single post goes by age, in half a minute
        assert gateway.get(path).status == 404
        answer = gateway.get("/api/public/users/malena/posts")
        assert answer.status == 404 or answer.json()["items"] == []
    assert gateway.get("/api/public/users/malena/posts").status == 404
    assert gateway.get("/api/public/users/nobody_there/posts").problem == "not-found"
    assert listed(gateway, carlos, "/api/users/malena/posts")[-1] == public["id"]


def test_what_everybody_sees_of_posts_is_kept_and_forgotten_by_what_changes_it(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    first = post(gateway, malena, "before")
    one, page = f"/api/public/posts/{first['id']}", "/api/public/users/malena/posts"

    def seen() -> tuple[int, list[str]]:
        return gateway.get(one).status, [item["body"] for item in gateway.get(page).json()["items"]]

    assert seen() == (200, ["before"])
    with gateway.platform.database.transaction() as connection:
        connection.execute("UPDATE posts SET body = 'kept from view'")
    assert seen() == (200, ["before"])
    assert gateway.get(one).json()["body"] == "before"

    edit = gateway.patch(f"/api/posts/{first['id']}", user=malena, json={"body": "after"}, headers={"If-Match": "1"})
    assert edit.status == 200
    assert (gateway.get(one).json()["body"], seen()) == ("after", (200, ["after"]))
    post(gateway, malena, "second")
    assert seen() == (200, ["second", "after"])
    gateway.put(f"/api/posts/{first['id']}/pin", user=malena)
    assert [item["body"] for item in gateway.get(page).json()["pinned"]] == ["after"]
    hidden = f"/api/moderation/posts/{first['id']}/hidden"
    moderating = {"user": join("osvaldo"), "groups": ("moderators",)}
    assert gateway.put(hidden, json={"reason": "spam"}, **moderating).status == 204
    assert seen() == (404, ["second"])
    assert gateway.delete(hidden, **moderating).status == 204
    assert seen() == (200, ["second", "after"])
    assert gateway.delete(f"/api/posts/{first['id']}", user=malena).status == 204
    assert seen() == (404, ["second"])


def test_an_edit_whose_answer_fails_is_shown_all_the_same(
    gateway: Gateway, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    malena = join("malena")
    made = post(gateway, malena, "before")
    path = f"/api/public/posts/{made['id']}"
    assert gateway.get(path).json()["body"] == "before"

    def away(*_: object) -> None:
        raise Unavailable("the table does not answer; try again")

    with monkeypatch.context() as broken:
        broken.setattr(gateway.platform.reactions, "mine", away)
        edit = gateway.patch(f"/api/posts/{made['id']}", user=malena, json={"body": "after"}, headers={"If-Match": "1"})
    assert edit.status == 503
    assert gateway.get(path).json()["body"] == "after"


def test_lists_are_asked_by_something_that_can_be(gateway: Gateway, join: Join) -> None:
    malena = join("malena")
    assert gateway.get("/api/feed/local", user=malena).refused_fields == {"city"}
    assert gateway.get("/api/feed/local", user=malena, query={"city": " "}).refused_fields == {"city"}
    assert gateway.get("/api/feed/tags/3", user=malena).refused_fields == {"tag"}
    assert gateway.get("/api/users/nobody_there/posts", user=malena).status == 404
    assert gateway.get("/api/feed/local", user=malena, query={"city": "Rosario"}).json()["items"] == []
