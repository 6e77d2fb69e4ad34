from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, OutdatedDep, PlatformDep, ReadDep, WorkDep
from functions.api.preconditions import VersionDep
from functions.api.schemas.base import Id
from functions.api.schemas.posts import (
    DescriptionBody,
    NewPost,
    NewReaction,
    PostBody,
    PostChanges,
    Reactions,
    SeenPosts,
    TotalsBody,
    VersionBody,
    VersionList,
)
from functions.api.schemas.problems import refusals
from mundotango.bootstrap import Platform
from mundotango.cache_keys import post_key, posts_key, shown_of
from mundotango.posts import service
from mundotango.posts.entities import entity_payload
from mundotango.posts.model import Post, Reactable, post_payload
from mundotango.reactions import service as reactions
from mundotango.reactions.model import Tally, zeros

router = APIRouter(prefix="/api/posts", tags=["posts"])


@router.post("", status_code=201, responses=refusals(403, 404, 409, body=True))
@access(404, owner=201, suspended=403)
async def create_post(
    asked: NewPost,
    caller: CallerDep,
    work: WorkDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
    response: Response,
) -> PostBody:
    """Told at once to the author's followers or, of a post for those it mentions, to them; who is mentioned is told so.

    A picture must be the author's own and ready. A mention of nobody stays text, as does one of somebody who blocked
    the author or whom the author blocked.
    """
    post = service.create_post(
        work,
        platform.media,
        author_id=caller.user_id,
        body=asked.body,
        city=asked.city,
        media=[(attached.id, attached.alt) for attached in asked.media],
        visibility=asked.visibility,
        language=asked.language,
        event_id=asked.event_id,
        clock=platform.clock,
    )
    outdated += shown_of(caller.user_id)
    response.headers["location"] = f"/api/posts/{post.id}"
    return unseen(post)


# A transaction that is left waiting is ended by the server, so none is open while the reactions are asked: DynamoDB may
# take longer than the server waits, and what is stored there already would be answered as a failure.
@router.get("/{post_id}", responses=refusals(404))
@access(200, blocked=404)
async def get_post(post_id: Id, caller: CallerDep, platform: PlatformDep) -> PostBody:
    """One post, with the caller's own reaction to it."""
    with platform.reading(caller.user_id) as work:
        post = service.get_post(work, post_id, caller.user_id)
    return seen_by(platform, [post], caller.user_id)[0]


@router.patch("/{post_id}", responses=refusals(403, 404, 409, 412, 428, body=True))
@access(403, owner=200, blocked=404, suspended=403)
async def edit_post(
    post_id: Id,
    asked: PostChanges,
    caller: CallerDep,
    version: VersionDep,
    platform: PlatformDep,
    outdated: OutdatedDep,
) -> PostBody:
    """The author's own. What it was is kept, for the author.

    Edits make at most 50 versions of a post; each picture that is deleted makes one more.
    """
    changes: Any = asked.model_dump(exclude_unset=True, exclude={"media"})
    if asked.media:
        changes["media"] = [(picture.id, picture.alt) for picture in asked.media]
    with platform.unit_of_work() as work:
        post = service.edit_post(
            work,
            post_id=post_id,
            author_id=caller.user_id,
            version=version,
            changes=changes,
            clock=platform.clock,
        )
    outdated += [post_key(post_id), posts_key(caller.user_id)]
    return seen_by(platform, [post], caller.user_id)[0]


@router.delete("/{post_id}", status_code=204, responses=refusals(403, 404))
@access(403, owner=204, blocked=404, suspended=403)
async def delete_post(
    post_id: Id, caller: CallerDep, work: WorkDep, platform: PlatformDep, outdated: OutdatedDep
) -> None:
    """The author's own, with its comments, reposts and history."""
    service.delete_post(work, post_id, caller.user_id, platform.clock)
    outdated += [post_key(post_id), *shown_of(caller.user_id)]


@router.get("/{post_id}/versions", responses=refusals(403, 404, 409))
@access(403, owner=200, blocked=404)
async def list_versions(post_id: Id, caller: CallerDep, work: ReadDep) -> VersionList:
    """For the author alone."""
    versions = service.list_versions(work, post_id, caller.user_id)
    return VersionList(
        items=[
            VersionBody(
                version=each.version,
                body=each.body,
                entities=[entity_payload(entity) for entity in each.entities],
                city=each.city,
                language=each.language,
                media=[DescriptionBody(id=media_id, alt=alt) for media_id, alt in each.alts.items()],
                written_at=each.written_at,
            )
            for each in versions
        ]
    )


@router.put("/{post_id}/reaction", responses=refusals(404, body=True))
@access(200, blocked=404, suspended=403)
async def react(post_id: Id, asked: NewReaction, caller: CallerDep, platform: PlatformDep) -> Reactions:
    """Reacting twice is reacting once; another kind takes the first one's place.

    A repost's id stands for its original's.
    """
    reactable = _reactable(platform, post_id, caller.user_id)
    tally = reactions.react(
        platform.reactions,
        platform.counters,
        reactable.post_id,
        caller.user_id,
        asked.kind,
        platform.clock,
        told=reactable.told,
    )
    return Reactions.model_validate(tally)


@router.delete("/{post_id}/reaction", responses=refusals(404))
@access(200, blocked=404, suspended=403)
async def unreact(post_id: Id, caller: CallerDep, platform: PlatformDep) -> Reactions:
    """Taking back what was never given is no error."""
    reactable = _reactable(platform, post_id, caller.user_id)
    tally = reactions.unreact(platform.reactions, platform.counters, reactable.post_id, caller.user_id)
    return Reactions.model_validate(tally)


@router.post("/views", status_code=204, responses=refusals(body=True))
@access(204, suspended=403)
async def view(asked: SeenPosts, caller: CallerDep, platform: PlatformDep) -> None:
    """The posts that were on the caller's screen, in batches; each counts once a day, however often it is told.

    What is not there (any more) is passed over, and so are the caller's own posts. A repost's id stands for its
    original's.
    """
    with platform.unit_of_work() as work:
        post_ids = work.posts.list_viewable(asked.post_ids, caller.user_id)
    platform.engagements.view(post_ids, caller.user_id, platform.clock.now())


def _reactable(platform: Platform, post_id: UUID, reader_id: UUID) -> Reactable:
    with platform.unit_of_work() as work:
        return service.get_reactable(work, post_id, reader_id)


def unseen(post: Post) -> PostBody:
    """A post so new that nobody can have reacted to it."""
    return PostBody(**post_payload(post), totals=TotalsBody.model_validate(zeros()), reaction=None)


def seen_by(platform: Platform, posts: Sequence[Post], reader_id: UUID) -> list[PostBody]:
    """The posts with what depends on who reads them.

    One call for the reader's own reactions, and one for each hundred counters, of which a post has sixteen: nine calls
    for a page of fifty.
    """
    shown = list(dict.fromkeys(post.written.id for post in posts))
    tallies = reactions.tallies(platform.reactions, platform.counters, shown, reader_id)
    return [PostBody.model_validate(_with_tally(post_payload(post), tallies)) for post in posts]


def _with_tally(payload: dict[str, Any], tallies: dict[UUID, Tally]) -> dict[str, Any]:
    """A repost has the tally of its original."""
    original = payload["original"]
    tally = tallies[UUID((original or payload)["id"])]
    told = {"totals": tally.totals, "reaction": tally.reaction}
    return payload | told | ({"original": original | told} if original else {})
