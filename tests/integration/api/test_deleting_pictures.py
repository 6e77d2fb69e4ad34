"""People delete what they uploaded: it goes from wherever it is shown. What nothing shows any more goes by itself."""

from datetime import timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.commands.model import Command
from mundotango.media.model import Media, Purpose
from mundotango.posts.policy import MOST_VERSIONS
from tests.factories.media import pending_media, ready_media
from tests.factories.outbox import fail
from tests.fakes.commands import FakeCommands
from tests.fakes.media import FakeMedia
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.conftest import Join


def uploaded(gateway: Gateway, owner_id: UUID, purpose: Purpose = "post") -> Media:
    row = ready_media(owner_id=owner_id, purpose=purpose)
    gateway.platform.media.add(row)
    return row


def delete(gateway: Gateway, user_id: UUID, picture: Media) -> Answer:
    return gateway.delete(f"/api/media/{picture.media_id}", user=user_id)


def post(gateway: Gateway, user_id: UUID, *pictures: Media, body: str = "Hola") -> str:
    media = [{"id": str(picture.media_id), "alt": ""} for picture in pictures]
    answer = gateway.post("/api/posts", user=user_id, json={"body": body, "media": media})
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def shown(gateway: Gateway, user_id: UUID, post_id: str) -> list[str]:
    return [picture["id"] for picture in gateway.get(f"/api/posts/{post_id}", user=user_id).json()["media"]]


def deletions(gateway: Gateway) -> dict[UUID, bool]:
    """The pictures that are being deleted, and whether the edge is told."""
    assert isinstance(gateway.platform.commands, FakeCommands)
    rows: list[Command] = list(gateway.platform.commands.rows.values())
    commands = [command for command in rows if command.kind != "edge_forget"]  # of what showed them
    assert {command.kind for command in commands} <= {"media_delete"}
    return {UUID(command.payload["media_id"]): command.payload["seen"] for command in commands}


def test_a_picture_in_no_use_is_gone_at_once(gateway: Gateway, malena: UUID) -> None:
    picture = uploaded(gateway, malena)

    assert delete(gateway, malena, picture).status == 204

    assert gateway.get(f"/api/media/{picture.media_id}", user=malena).status == 404
    assert deletions(gateway) == {picture.media_id: True}
    again = delete(gateway, malena, picture)
    assert (again.status, again.problem) == (404, "not-found")


def test_anothers_is_not_there(gateway: Gateway, malena: UUID, join: Join) -> None:
    picture = uploaded(gateway, join("carlos"))

    assert delete(gateway, malena, picture).status == 404
    assert gateway.delete(f"/api/media/{ids.new_id()}", user=malena).status == 404
    assert deletions(gateway) == {}


@pytest.mark.parametrize(("status", "told"), [("pending", True), ("received", True), ("failed", False)])
def test_only_of_what_failed_the_edge_needs_no_word(gateway: Gateway, malena: UUID, status: str, told: bool) -> None:
    """What was not ready when it was read may be shown before the deletion holds its owner."""
    now = gateway.platform.clock.now()
    picture = pending_media(owner_id=malena, status=status, created_at=now, expires_at=now + timedelta(days=1))
    gateway.platform.media.add(picture)

    assert delete(gateway, malena, picture).status == 204
    assert deletions(gateway) == {picture.media_id: told}


def test_somebody_without_a_profile_deletes_theirs(gateway: Gateway) -> None:
    nobody = ids.new_id()
    picture = uploaded(gateway, nobody)

    assert delete(gateway, nobody, picture).status == 204
    assert delete(gateway, nobody, picture).status == 404


def test_it_cannot_be_attached_any_more_also_when_its_row_is_still_there(gateway: Gateway, malena: UUID) -> None:
    """The relay did not reach DynamoDB, or the row was read a moment before."""
    picture, avatar = uploaded(gateway, malena), uploaded(gateway, malena, "avatar")
    for each in (picture, avatar):
        assert delete(gateway, malena, each).status == 204
        gateway.platform.media.add(each)

    attached = {"body": "Hola", "media": [{"id": str(picture.media_id), "alt": ""}]}
    answers = (
        gateway.post("/api/posts", user=malena, json=attached),
        gateway.patch("/api/users/me", user=malena, json={"avatar_id": str(avatar.media_id)}),
        delete(gateway, malena, picture),
    )

    assert [(answer.status, answer.problem) for answer in answers] == [(404, "not-found")] * 3


def test_a_draft_is_kept_without_what_was_deleted(gateway: Gateway, malena: UUID) -> None:
    """Whoever writes it in another window may not have heard of it, and loses no word by that."""
    gone, kept = uploaded(gateway, malena), uploaded(gateway, malena)
    said = {"body": "Hola", "media": [{"id": str(picture.media_id), "alt": "us"} for picture in (gone, kept)]}
    earlier = gateway.post("/api/drafts", user=malena, json=said).json()
    assert earlier["media"] == said["media"]
    assert delete(gateway, malena, gone).status == 204

    replaced = gateway.put(f"/api/drafts/{earlier['id']}", user=malena, json=said)
    added = gateway.post("/api/drafts", user=malena, json=said)

    assert (replaced.status, added.status) == (200, 201)
    for draft in (replaced.json(), added.json()):
        assert (draft["body"], draft["media"]) == ("Hola", said["media"][1:])
        assert gateway.get(f"/api/drafts/{draft['id']}", user=malena).json() == draft


def test_the_row_goes_with_the_sweep_where_the_table_was_away(
    gateway: Gateway, malena: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = uploaded(gateway, malena)
    with monkeypatch.context() as broken:
        fail(gateway.platform.media, "remove", broken)
        assert delete(gateway, malena, picture).status == 204
    assert deletions(gateway) == {}

    from mundotango.realtime.relay import sweep_outbox

    sweep_outbox(gateway.platform, lambda: 300.0)

    assert gateway.platform.media.find(picture.media_id) is None
    assert deletions(gateway) == {picture.media_id: True}


class TestPosts:
    def test_it_is_an_edit_of_the_post(self, gateway: Gateway, malena: UUID, announced: FakeActivities) -> None:
        first, second = uploaded(gateway, malena), uploaded(gateway, malena)
        post_id = post(gateway, malena, first, second, body="Hola #tango")
        assert gateway.get(f"/api/public/posts/{post_id}").json()["version"] == 1

        assert delete(gateway, malena, first).status == 204

        now = gateway.get(f"/api/public/posts/{post_id}").json()  # what the cache had is outdated
        assert ([each["id"] for each in now["media"]], now["version"]) == ([str(second.media_id)], 2)
        assert now["entities"][0]["kind"] == "hashtag"
        assert now["edited_at"] is not None
        *_, updated = announced.since(f"author:{malena}", "", 100)
        assert updated.activity.kind == "post.updated"
        assert [each["id"] for each in updated.activity.payload["media"]] == [str(second.media_id)]
        history = gateway.get(f"/api/posts/{post_id}/versions", user=malena).json()["items"]
        assert [(each["version"], len(each["media"])) for each in history] == [(2, 1), (1, 1)]
        assert deletions(gateway) == {first.media_id: True}

    def test_of_a_post_that_was_edited_too_often_it_still_goes(self, gateway: Gateway, malena: UUID) -> None:
        pictures = [uploaded(gateway, malena) for _ in range(2)]
        post_id = post(gateway, malena, *pictures)
        with gateway.platform.database.transaction() as connection:
            connection.execute("UPDATE posts SET version = %s WHERE id = %s", (MOST_VERSIONS, post_id))

        for picture in pictures:
            assert delete(gateway, malena, picture).status == 204

        assert gateway.get(f"/api/posts/{post_id}", user=malena).json()["version"] == MOST_VERSIONS + 2
        edited = gateway.patch(
            f"/api/posts/{post_id}", user=malena, json={"body": "x"}, headers={"If-Match": str(MOST_VERSIONS + 2)}
        )
        assert edited.status == 409

    def test_a_text_alone_is_a_post(self, gateway: Gateway, malena: UUID) -> None:
        picture = uploaded(gateway, malena)
        post_id = post(gateway, malena, picture)

        assert delete(gateway, malena, picture).status == 204
        assert shown(gateway, malena, post_id) == []

    def test_of_a_post_that_is_nothing_else_the_post_has_to_go(self, gateway: Gateway, malena: UUID) -> None:
        picture = uploaded(gateway, malena)
        post_id = post(gateway, malena, picture, body="")

        answer = delete(gateway, malena, picture)

        assert (answer.status, answer.problem) == (409, "conflict")
        assert answer.json()["detail"] == "a post is nothing but this picture; delete the post"
        assert shown(gateway, malena, post_id) == [str(picture.media_id)]
        assert deletions(gateway) == {}
        assert gateway.delete(f"/api/posts/{post_id}", user=malena).status == 204
        assert deletions(gateway) == {picture.media_id: True}

    def test_a_post_takes_its_pictures_along(self, gateway: Gateway, malena: UUID) -> None:
        gone, other = uploaded(gateway, malena), uploaded(gateway, malena)
        post_id, _ = post(gateway, malena, gone), post(gateway, malena, other)

        gateway.delete(f"/api/posts/{post_id}", user=malena)

        assert deletions(gateway) == {gone.media_id: True}
        assert gateway.platform.media.find(gone.media_id) is None

    def test_but_for_those_that_a_draft_names(self, gateway: Gateway, malena: UUID) -> None:
        """It is shown nowhere, and looked at again in a week."""
        picture = uploaded(gateway, malena)
        post_id = post(gateway, malena, picture)
        gateway.post("/api/drafts", user=malena, json={"media": [{"id": str(picture.media_id)}]})
        assert isinstance(gateway.platform.media, FakeMedia)
        gateway.platform.media.review_days.clear()  # it was looked at while the post was there

        gateway.delete(f"/api/posts/{post_id}", user=malena)

        assert deletions(gateway) == {}
        assert gateway.platform.media.review_days.keys() == {picture.media_id}


class TestProfile:
    @pytest.mark.parametrize("place", ["avatar", "cover"])
    def test_a_deleted_one_is_taken_off(self, gateway: Gateway, malena: UUID, place: Purpose) -> None:
        other: Purpose = "cover" if place == "avatar" else "avatar"
        picture, kept = uploaded(gateway, malena, place), uploaded(gateway, malena, other)
        chosen = {f"{place}_id": str(picture.media_id), f"{other}_id": str(kept.media_id)}
        before = gateway.patch("/api/users/me", user=malena, json=chosen).json()
        assert gateway.get("/api/users/malena", user=malena).json()[place] is not None

        assert delete(gateway, malena, picture).status == 204

        after = gateway.get("/api/users/malena", user=malena).json()
        assert (after[place], after[other]) == (None, before[other])
        assert after["version"] == before["version"] + 1
        assert deletions(gateway) == {picture.media_id: True}

    @pytest.mark.parametrize("place", ["avatar", "cover"])
    def test_a_replaced_one_goes_at_once(self, gateway: Gateway, malena: UUID, place: Purpose) -> None:
        first, second = uploaded(gateway, malena, place), uploaded(gateway, malena, place)
        field = f"{place}_id"
        gateway.patch("/api/users/me", user=malena, json={field: str(first.media_id)})

        gateway.patch("/api/users/me", user=malena, json={field: str(first.media_id), "bio": "milonguera"})
        assert deletions(gateway) == {}
        gateway.patch("/api/users/me", user=malena, json={field: str(second.media_id)})
        assert deletions(gateway) == {first.media_id: True}
        gateway.patch("/api/users/me", user=malena, json={field: None})
        assert deletions(gateway) == {first.media_id: True, second.media_id: True}
        assert gateway.get(f"/api/media/{second.media_id}", user=malena).status == 404

    def test_a_change_that_is_refused_deletes_nothing(self, gateway: Gateway, malena: UUID, join: Join) -> None:
        join("carlos")
        avatar = uploaded(gateway, malena, "avatar")
        gateway.patch("/api/users/me", user=malena, json={"avatar_id": str(avatar.media_id)})

        taken = gateway.patch("/api/users/me", user=malena, json={"avatar_id": None, "handle": "carlos"})

        assert taken.status == 409
        assert deletions(gateway) == {}


def test_drafts_lose_it_and_nothing_else(gateway: Gateway, malena: UUID) -> None:
    gone, kept = uploaded(gateway, malena), uploaded(gateway, malena)
    pictures = [{"id": str(picture.media_id), "alt": "us"} for picture in (gone, kept)]
    both, other = (
        gateway.post("/api/drafts", user=malena, json={"body": "x", "media": media}).json()["id"]
        for media in (pictures, pictures[1:])
    )
    untouched = gateway.get(f"/api/drafts/{other}", user=malena).json()

    assert delete(gateway, malena, gone).status == 204

    assert gateway.get(f"/api/drafts/{both}", user=malena).json()["media"] == pictures[1:]
    assert gateway.get(f"/api/drafts/{other}", user=malena).json() == untouched
    assert gateway.post(f"/api/drafts/{both}/publish", user=malena).status == 201


def test_whoever_is_suspended_deletes_theirs(gateway: Gateway, malena: UUID, join: Join) -> None:
    moderator, picture = join("carlos"), uploaded(gateway, malena)
    post_id = post(gateway, malena, picture)
    suspended = gateway.put(
        "/api/moderation/users/malena/suspension",
        user=moderator,
        groups=("moderators",),
        json={"reason": "spam"},
    )
    assert suspended.status in {200, 204}, suspended.text
    assert gateway.post("/api/posts", user=malena, json={"body": "x"}).problem == "suspended"

    assert delete(gateway, malena, picture).status == 204
    assert shown(gateway, malena, post_id) == []
