"""A picture is attached while it is being deleted: in no order does anything show what is gone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango.attachments.removal import delete_media
from mundotango.attachments.service import discard_unused
from mundotango.bootstrap import Platform
from mundotango.drafts.service import keep_draft, publish_draft, replace_draft
from mundotango.media.model import Media
from mundotango.posts.service import delete_post, edit_post
from mundotango.users.model import User
from mundotango.users.service import update_profile
from mundotango.work import UnitOfWork
from tests.factories.media import ready_media
from tests.factories.people import make_post, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.media import FakeMedia
from tests.fixtures.beside import Act, Beside


class Gallery:
    """Somebody with a picture for a post and one for an avatar, and what can be done with them."""

    def __init__(self, platform: Platform, beside: Beside, clock: FakeClock) -> None:
        self.platform, self.beside, self.clock = platform, beside, clock
        self.media, self.uploaded = FakeMedia(), dict[UUID, Media]()
        for each in (platform, beside.platform):
            each.media, each.commands = self.media, FakeCommands()
        with platform.unit_of_work() as work:
            self.owner = make_user(work, clock)
        self.picture, self.drafted, self.avatar = map(self._uploaded, ("post", "post", "avatar"))
        with platform.unit_of_work() as work:
            self.draft = keep_draft(work, self.owner.id, content_naming(self.drafted), clock)

    def post(self, work: UnitOfWork, body: str = "Tonight!") -> UUID:
        media = [(self.picture, "us")]
        # As a request does that read the row before it went.
        return make_post(work, self.clock, self.owner.id, body=body, media=media, media_repo=self._as_it_was()).id

    def publish(self, work: UnitOfWork) -> None:
        publish_draft(work, self._as_it_was(), self.draft, self.clock)

    def name(self, work: UnitOfWork, media_id: UUID) -> None:
        replace_draft(work, self.draft.id, self.owner.id, content_naming(media_id), self.clock)

    def show(self, work: UnitOfWork, avatar: UUID | None) -> None:
        changes = {"avatar_id": avatar}
        update_profile(work, self._as_it_was(), self.owner.id, changes, expected_version=None, clock=self.clock)

    def delete(self, work: UnitOfWork, media_id: UUID) -> None:
        delete_media(work, self._as_it_was(), media_id, self.owner.id, self.clock)

    def sweep(self, work: UnitOfWork, media_id: UUID) -> None:
        discard_unused(work, self.owner.id, media_id, self.clock)

    def at_once(self, first: Act, second: Act) -> list[str]:
        """The refusals of the second, which began while the first had done its part and was not committed."""
        with self.platform.unit_of_work() as work:
            first(work)
            with self.beside.at_once(work, second):
                pass
        return [refusal.code for refusal in self.beside.refusals]

    def shown_though_gone(self) -> list[UUID]:
        return self._rows(
            """
            SELECT media_id FROM removed_media
            WHERE media_id IN (SELECT media_id FROM post_media)
            OR media_id IN (SELECT (avatar ->> 'id')::uuid FROM users)
            OR media_id IN (
                SELECT (picture ->> 'id')::uuid FROM drafts, jsonb_array_elements(content -> 'media') AS picture
            )
            """
        )

    def gone(self) -> list[UUID]:
        return self._rows("SELECT media_id FROM removed_media")

    def commands(self) -> list[UUID]:
        return self._rows("SELECT (payload ->> 'media_id')::uuid FROM outbox WHERE kind = 'command.media_delete'")

    def _rows(self, query: str) -> list[UUID]:
        with self.platform.database.transaction() as connection:
            return [media_id for (media_id,) in connection.execute(query)]

    def _uploaded(self, purpose: str) -> UUID:
        row = ready_media(owner_id=self.owner.id, purpose=purpose)
        self.media.add(row)
        self.uploaded[row.media_id] = row
        return row.media_id

    def _as_it_was(self) -> FakeMedia:
        as_it_was = FakeMedia()
        as_it_was.rows = dict(self.uploaded)
        return as_it_was


def content_naming(media_id: UUID) -> dict[str, Any]:
    rest = {"body": "x", "city": "", "visibility": "public", "language": "", "event_id": None}
    return rest | {"media": [{"id": str(media_id), "alt": ""}]}


@pytest.fixture
def gallery(community: Platform, beside: Beside, clock: FakeClock) -> Gallery:
    return Gallery(community, beside, clock)


ATTACHING: dict[str, Callable[[Gallery, UnitOfWork], object]] = {
    "post": lambda gallery, work: gallery.post(work),
    "draft": lambda gallery, work: gallery.publish(work),
    "avatar": lambda gallery, work: gallery.show(work, gallery.avatar),
}
REMOVING: dict[str, Callable[[Gallery, UnitOfWork, UUID], object]] = {
    "deleted": lambda gallery, work, media_id: gallery.delete(work, media_id),
    "swept": lambda gallery, work, media_id: gallery.sweep(work, media_id),
}


@pytest.mark.parametrize("attach_first", [False, True])
@pytest.mark.parametrize("removed", REMOVING)
@pytest.mark.parametrize("attached", ATTACHING)
def test_nothing_shows_what_is_gone(gallery: Gallery, attached: str, removed: str, attach_first: bool) -> None:
    media_id = {"post": gallery.picture, "draft": gallery.drafted, "avatar": gallery.avatar}[attached]
    acts: list[Act] = [
        lambda work: ATTACHING[attached](gallery, work),
        lambda work: REMOVING[removed](gallery, work, media_id),
    ]

    refusals = gallery.at_once(*(acts if attach_first else reversed(acts)))

    assert gallery.shown_though_gone() == []
    # The sweep leaves what is shown, and what a draft names.
    stays = removed == "swept" and (attach_first or attached == "draft")
    assert gallery.gone() == ([] if stays else [media_id])
    assert refusals == ([] if attach_first or stays else ["not-found"])


@pytest.mark.parametrize("name_first", [False, True])
@pytest.mark.parametrize("removed", REMOVING)
def test_a_draft_names_nothing_that_is_gone(gallery: Gallery, removed: str, name_first: bool) -> None:
    acts: list[Act] = [
        lambda work: gallery.name(work, gallery.picture),
        lambda work: REMOVING[removed](gallery, work, gallery.picture),
    ]

    assert gallery.at_once(*(acts if name_first else reversed(acts))) == []

    assert gallery.shown_though_gone() == []
    assert gallery.gone() == ([] if removed == "swept" and name_first else [gallery.picture])


def test_of_two_deletions_one_finds_nothing(gallery: Gallery) -> None:
    def delete(work: UnitOfWork) -> None:
        gallery.delete(work, gallery.picture)

    assert gallery.at_once(delete, delete) == ["not-found"]
    assert gallery.commands() == [gallery.picture]


@pytest.mark.parametrize("post_first", [False, True])
def test_a_post_and_its_picture_are_deleted_at_once(gallery: Gallery, post_first: bool) -> None:
    with gallery.platform.unit_of_work() as work:
        post_id = gallery.post(work)
    acts: list[Act] = [
        lambda work: delete_post(work, post_id, gallery.owner.id, gallery.clock),
        lambda work: gallery.delete(work, gallery.picture),
    ]

    refusals = gallery.at_once(*(acts if post_first else reversed(acts)))

    assert refusals == (["not-found"] if post_first else [])
    assert gallery.commands() == [gallery.picture]


@pytest.mark.parametrize("edit_first", [False, True])
def test_an_edit_is_not_lost_with_a_picture(gallery: Gallery, edit_first: bool) -> None:
    with gallery.platform.unit_of_work() as work:
        post_id = gallery.post(work)

    def edit(work: UnitOfWork) -> None:
        edit_post(
            work, post_id=post_id, author_id=gallery.owner.id, version=1, changes={"body": "Tomorrow!"},
            clock=gallery.clock,
        )  # fmt: skip

    def delete(work: UnitOfWork) -> None:
        gallery.delete(work, gallery.picture)

    refusals = gallery.at_once(edit, delete) if edit_first else gallery.at_once(delete, edit)

    with gallery.platform.unit_of_work() as work:
        post = work.posts.find(post_id, gallery.owner.id)
    assert post is not None
    assert post.media == []
    assert (post.body, post.version) == (("Tomorrow!", 3) if edit_first else ("Tonight!", 2))
    assert refusals == ([] if edit_first else ["precondition-failed"])


@pytest.mark.parametrize("replace_first", [False, True])
def test_an_avatar_is_replaced_and_deleted_at_once(gallery: Gallery, replace_first: bool) -> None:
    with gallery.platform.unit_of_work() as work:
        gallery.show(work, gallery.avatar)
    acts: list[Act] = [lambda work: gallery.show(work, None), lambda work: gallery.delete(work, gallery.avatar)]

    refusals = gallery.at_once(*(acts if replace_first else reversed(acts)))

    assert refusals == (["not-found"] if replace_first else [])
    assert gallery.commands() == [gallery.avatar]
    assert owner_of(gallery).avatar is None


def owner_of(gallery: Gallery) -> User:
    with gallery.platform.unit_of_work() as work:
        found = work.users.find(gallery.owner.id)
    assert found is not None
    return found
