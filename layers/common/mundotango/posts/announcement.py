"""What others are told of a post."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from mundotango.ids import new_id
from mundotango.notifications.model import NotificationKind
from mundotango.ports import Clock
from mundotango.posts import policy
from mundotango.posts.model import Author, Post, author_payload, post_payload
from mundotango.realtime.model import Activity, Kind, author_channel, fits, user_channel
from mundotango.work import UnitOfWork


def announce(work: UnitOfWork, kind: Kind, post: Post, clock: Clock) -> None:
    """To the author's followers, or to those a post is for; of somebody who is leaving to nobody."""
    if post.hidden or not work.posts.is_present(post.author.id):
        return
    if post.visibility == "mentioned":
        told = policy.told(post.author.id, post.entities)
        channels = [user_channel(user_id) for user_id in work.posts.list_hearing(post.id, told, post.author.id)]
    else:
        channels = [author_channel(post.author.id)]
    payload = payload_of(post)
    for channel in channels:
        work.record(_activity(kind, post.author.id, channel, payload, clock))


def payload_of(post: Post) -> dict[str, Any]:
    """The post; of one that no frame can carry, which it is and as which version."""
    payload = post_payload(post)
    return payload if fits(payload) else {"id": str(post.id), "version": post.version}


def announce_removal(work: UnitOfWork, post: Post, told: Iterable[UUID], clock: Clock) -> None:
    """To people who can no longer see it."""
    for user_id in told:
        work.record(_removal(post, user_channel(user_id), clock))


def announce_deletion(work: UnitOfWork, post: Post, clock: Clock) -> None:
    """To whoever was told of the post. Also where that is nobody: what was counted of it is forgotten by this."""
    if post.visibility == "mentioned":
        work.record(_removal(post, None, clock))
        announce_removal(work, post, policy.told(post.author.id, post.entities), clock)
    else:
        work.record(_removal(post, author_channel(post.author.id), clock))


def announce_mentions(
    work: UnitOfWork,
    author: Author,
    told: Sequence[UUID],
    clock: Clock,
    *,
    post_id: UUID,
    comment_id: UUID | None = None,
) -> None:
    """To those who see the post, which a comment below it may mention others than, and do not mute who writes."""
    payload = {
        "post_id": str(post_id),
        "comment_id": None if comment_id is None else str(comment_id),
        "author": author_payload(author),
    }
    for user_id in work.posts.list_hearing(post_id, told, author.id, "mention"):
        work.record(_activity("mention.created", author.id, user_channel(user_id), payload, clock))


def channels_of(
    work: UnitOfWork, post: Post, concerned: Sequence[UUID], actor_id: UUID, kind: NotificationKind
) -> list[str | None]:
    """Where those whom it concerns hear what another does to a post, for one at least is recorded: None where nobody
    does. Nobody hears of their own doings, nor of people they mute."""
    told = [user_id for user_id in dict.fromkeys(concerned) if user_id != actor_id]
    return [user_channel(user_id) for user_id in work.posts.list_hearing(post.id, told, actor_id, kind)] or [None]


def shared(work: UnitOfWork, repost: Post, original: Post, clock: Clock) -> Activity:
    """Told to who wrote the original. Not to the reposter's followers: some of them may not see who wrote it."""
    payload = {"post_id": str(original.id), "repost_id": str(repost.id), "author": author_payload(repost.author)}
    (channel,) = channels_of(work, original, [original.author.id], repost.author.id, "share")
    return _activity("post.shared", repost.author.id, channel, payload, clock)


def unshared(repost_id: UUID, post_id: UUID, user_id: UUID, clock: Clock) -> Activity:
    """Told to nobody: what counts a post's reposts takes one off by it."""
    return _activity("post.unshared", user_id, None, {"post_id": str(post_id), "repost_id": str(repost_id)}, clock)


def _removal(post: Post, channel: str | None, clock: Clock) -> Activity:
    return _activity("post.removed", post.author.id, channel, {"post_id": str(post.id)}, clock)


def _activity(kind: Kind, actor_id: UUID, channel: str | None, payload: dict[str, Any], clock: Clock) -> Activity:
    return Activity(
        id=new_id(), kind=kind, actor_id=actor_id, channel=channel, payload=payload, occurred_at=clock.now()
    )
