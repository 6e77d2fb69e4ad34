from collections.abc import Sequence
from uuid import UUID

from mundotango.errors import FieldError, MediaNotReady, NotFound
from mundotango.ids import new_id
from mundotango.media.model import variants_payload
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock, MediaRepository
from mundotango.posts import policy
from mundotango.posts.model import Author, Picture, Post, post_payload
from mundotango.realtime.model import Activity, author_channel
from mundotango.users.service import get_profile
from mundotango.work import UnitOfWork

FEED = "feed"


def create_post(
    work: UnitOfWork,
    media_repo: MediaRepository,
    *,
    author_id: UUID,
    body: str,
    city: str,
    media: Sequence[tuple[UUID, str]],
    clock: Clock,
) -> Post:
    """`media` are the pictures to show, in their order, each with what it shows in words.

    A picture must be the author's own, made for a post and ready. Followers are told.
    """
    wanted = policy.pictures(media)
    text = policy.body(body, required=not wanted)
    place = policy.city(city)
    # Before the first statement: a transaction must not wait for another store.
    pictures = _pictures(media_repo, author_id, wanted)
    author = get_profile(work, author_id)
    post = Post(
        id=new_id(),
        author=Author(author.id, author.handle, author.display_name),
        body=text,
        city=place,
        created_at=clock.now(),
        version=1,
        media=pictures,
    )
    work.posts.add(post)
    work.record(
        Activity(
            id=new_id(),
            kind="post.created",
            actor_id=author_id,
            channel=author_channel(author_id),
            payload=post_payload(post),
            occurred_at=post.created_at,
        )
    )
    return post


def get_post(work: UnitOfWork, post_id: UUID) -> Post:
    post = work.posts.find(post_id)
    if post is None:
        raise NotFound("no such post")
    return post


def list_feed(work: UnitOfWork, reader_id: UUID, cursor: str | None, limit: int) -> Page[Post]:
    """The reader's own posts and those of whom the reader follows, newest first."""
    checked_limit(limit)
    after = work.read_cursor(FEED, cursor) if cursor else None
    found = work.posts.list_feed(reader_id, after, limit + 1)
    return page_of(found, limit, lambda post: work.sign_cursor(FEED, Place(post.created_at, post.id)))


def _pictures(media_repo: MediaRepository, owner_id: UUID, wanted: Sequence[tuple[UUID, str]]) -> list[Picture]:
    rows = media_repo.find_many([media_id for media_id, _ in wanted]) if wanted else {}
    pictures = []
    for index, (media_id, alt) in enumerate(wanted):
        field = f"media.{index}.id"
        row = rows.get(media_id)
        # Another's picture is not there at all: an id tells nobody whether it exists.
        if row is None or row.owner_id != owner_id or row.purpose != "post":
            raise NotFound("no such picture", FieldError(field, "is no picture of yours for a post"))
        if row.measures is None:
            raise MediaNotReady("one of the pictures is not ready", FieldError(field, "is not ready"))
        measures = row.measures
        pictures.append(
            Picture(
                media_id, alt, measures.width, measures.height, measures.blurhash, variants_payload(measures.variants)
            )
        )
    return pictures
