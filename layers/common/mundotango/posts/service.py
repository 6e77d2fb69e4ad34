from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypedDict
from uuid import UUID

from mundotango.attachments.service import check_attachable, measures_of, release
from mundotango.errors import Conflict, FieldError, NotAllowed, NotFound, PreconditionFailed, ProfileMissing
from mundotango.forgetting.service import forget_post
from mundotango.ids import new_id
from mundotango.media.model import variants_payload
from mundotango.ports import Clock, MediaRepository
from mundotango.posts import announcement, policy
from mundotango.posts.entities import Called, Entity, resolved
from mundotango.posts.model import Author, Picture, Post, Reactable, Version, alts_of
from mundotango.work import UnitOfWork

_NO_POST = "no such post"


class Changes(TypedDict, total=False):
    """What an edit says; what it leaves out stays."""

    body: str
    city: str
    language: str
    event_id: UUID | None
    media: Sequence[tuple[UUID, str]]


def create_post(
    work: UnitOfWork,
    media_repo: MediaRepository,
    *,
    author_id: UUID,
    body: str,
    city: str,
    media: Sequence[tuple[UUID, str]],
    clock: Clock,
    visibility: str = "public",
    language: str = "",
    event_id: UUID | None = None,
) -> Post:
    """`media` are the pictures to show, in their order, each with what it shows in words.

    A picture must be the author's own, made for a post and ready; an event must be published. Followers are told, or
    of a post for those it mentions, they; and whoever is mentioned is told of that.
    """
    wanted = policy.pictures(media)
    text = policy.body(body, required=not wanted)
    place, tongue, audience = policy.city(city), policy.language(language), policy.visibility(visibility)
    # Before the first statement: a transaction must not wait for another store.
    pictures = _pictures(media_repo, author_id, wanted)
    if pictures:
        work.users.hold([author_id])
        check_attachable(work, [picture.media_id for picture in pictures])
    author = get_author(work, author_id)
    _check_event(work, event_id)
    post = Post(
        id=new_id(),
        author=author,
        body=text,
        city=place,
        created_at=clock.now(),
        version=1,
        media=pictures,
        visibility=audience,
        language=tongue,
        event_id=event_id,
        entities=spoken_of(work, author_id, text),
    )
    work.posts.add(post)
    announcement.announce(work, "post.created", post, clock)
    announcement.announce_mentions(work, author, policy.told(author_id, post.entities), clock, post_id=post.id)
    return post


def get_author(work: UnitOfWork, user_id: UUID) -> Author:
    author = work.posts.find_author(user_id)
    if author is None:
        raise ProfileMissing("this account has no profile yet")
    return author


def get_post(work: UnitOfWork, post_id: UUID, reader_id: UUID | None) -> Post:
    """As the reader sees it; without one, as everybody does."""
    post = work.posts.find(post_id, reader_id)
    if post is None:
        raise NotFound(_NO_POST)
    return post


def list_seen(work: UnitOfWork, reader_id: UUID, post_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Those of the posts that the reader sees, each with its author, by one statement."""
    return work.posts.list_seen(post_ids, reader_id)


def get_reactable(work: UnitOfWork, post_id: UUID, reader_id: UUID) -> Reactable:
    found = work.posts.find_reactable(post_id, reader_id)
    if found is None:
        raise NotFound(_NO_POST)
    return found


def edit_post(
    work: UnitOfWork, *, post_id: UUID, author_id: UUID, version: int, changes: Changes, clock: Clock
) -> Post:
    """What `changes` leaves out stays, and what the post was is kept. `version` is the one the writer saw.

    `media` are new words for pictures that are there, and no others.

    Raises:
        PreconditionFailed: it was edited since.
    """
    before = get_own_post(work, post_id, author_id)
    policy.unchanged(before.version, version)
    if before.version >= policy.MOST_VERSIONS:
        raise Conflict("this post was edited too often; write a new one")
    text = policy.body(changes.get("body", before.body), required=not before.media)
    event_id = changes.get("event_id", before.event_id)
    if event_id != before.event_id:
        _check_event(work, event_id)
    after = replace(
        before,
        body=text,
        city=policy.city(changes.get("city", before.city)),
        language=policy.language(changes.get("language", before.language)),
        event_id=event_id,
        media=policy.described(before.media, changes.get("media", ())),
        entities=spoken_of(work, author_id, text),
        edited_at=clock.now(),
        version=before.version + 1,
    )
    _change(work, before, after, clock)
    return after


def take_picture_out(work: UnitOfWork, post_id: UUID, author_id: UUID, media_id: UUID, clock: Clock) -> None:
    """An edit by which the post shows the picture no more. Whoever calls this holds the author and the post.

    Raises:
        Conflict: nothing would be left of it.
    """
    before = get_own_post(work, post_id, author_id)
    left = [picture for picture in before.media if picture.media_id != media_id]
    if not left and not before.body:
        raise Conflict("a post is nothing but this picture; delete the post")
    after = replace(
        before,
        media=left,
        entities=spoken_of(work, author_id, before.body),
        edited_at=clock.now(),
        version=before.version + 1,
    )
    _change(work, before, after, clock)
    work.posts.forget_alt(post_id, media_id)


def delete_post(work: UnitOfWork, post_id: UUID, author_id: UUID, clock: Clock) -> None:
    """With its comments, reposts and history, and with its pictures, but for those that a draft of its author names."""
    post = get_own_post(work, post_id, author_id, written=False)
    if post.media:
        work.users.hold([author_id])
    if not work.posts.remove(post_id):
        raise NotFound(_NO_POST)
    forget_post(work, post_id, clock)
    release(work, author_id, [picture.media_id for picture in post.media], clock)
    if post.original is not None:
        work.record(announcement.unshared(post_id, post.original.id, author_id, clock))
    else:
        announcement.announce_deletion(work, post, clock)


def list_versions(work: UnitOfWork, post_id: UUID, author_id: UUID) -> list[Version]:
    """How it reads now and read before, newest first; for its author alone."""
    post = get_own_post(work, post_id, author_id)
    now = Version(
        version=post.version,
        body=post.body,
        city=post.city,
        language=post.language,
        entities=post.entities,
        alts=alts_of(post),
        written_at=post.edited_at or post.created_at,
    )
    return [now, *work.posts.list_versions(post_id)]


def spoken_of(work: UnitOfWork, author_id: UUID, text: str) -> tuple[Entity, ...]:
    """What a text speaks of. Only people the author sees are mentioned; other handles stay text."""
    found = policy.recognised(text)
    handles = {each.handle for each in found if isinstance(each, Called)}
    return resolved(found, work.posts.people_called(handles, author_id) if handles else {})


def get_own_post(work: UnitOfWork, post_id: UUID, author_id: UUID, *, written: bool = True) -> Post:
    post = get_post(work, post_id, author_id)
    if post.author.id != author_id:
        raise NotAllowed("this post is another person's")
    if written and post.original is not None:
        raise Conflict("a repost has no words of its own")
    return post


def _change(work: UnitOfWork, before: Post, after: Post, clock: Clock) -> None:
    if not work.posts.change(before, after):
        raise PreconditionFailed("it was changed since; read it again")
    forget_post(work, after.id, clock)
    author = after.author
    earlier, told = set(policy.told(author.id, before.entities)), policy.told(author.id, after.entities)
    announcement.announce(work, "post.updated", after, clock)
    if after.visibility == "mentioned":
        announcement.announce_removal(work, after, earlier.difference(told), clock)
    fresh = [user_id for user_id in told if user_id not in earlier]
    announcement.announce_mentions(work, author, fresh, clock, post_id=after.id)


def _check_event(work: UnitOfWork, event_id: UUID | None) -> None:
    if event_id is None:
        return
    if work.events.find_status(event_id) != "published":
        raise NotFound("no such event", FieldError("event_id", "is no published event"))


def _pictures(media_repo: MediaRepository, owner_id: UUID, wanted: Sequence[tuple[UUID, str]]) -> list[Picture]:
    found = measures_of(media_repo, owner_id, [media_id for media_id, _ in wanted], "post")
    return [
        Picture(
            media_id,
            alt,
            measures.width,
            measures.height,
            measures.blurhash,
            variants_payload(measures.variants),
            measures.color,
            measures.animated,
            measures.attribution,
        )
        for (media_id, alt), measures in zip(wanted, found, strict=True)
    ]
