from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.dependencies import CallerDep, PlatformDep, WorkDep
from functions.api.schemas.base import Id
from functions.api.schemas.posts import NewPost, NewReaction, PostBody, Reactions
from functions.api.schemas.problems import refusals
from mundotango.bootstrap import Platform
from mundotango.posts import service
from mundotango.posts.model import Post, post_payload
from mundotango.reactions import service as reactions

router = APIRouter(prefix="/api/posts", tags=["posts"])


@router.post("", status_code=201, responses=refusals(403, 404, 409, body=True))
@access(404, owner=201, suspended=403)
async def create_post(
    asked: NewPost, caller: CallerDep, work: WorkDep, platform: PlatformDep, response: Response
) -> PostBody:
    """Told to the author's followers at once. A picture must be the author's own and ready."""
    post = service.create_post(
        work,
        platform.media,
        author_id=caller.user_id,
        body=asked.body,
        city=asked.city,
        media=[(attached.id, attached.alt) for attached in asked.media],
        clock=platform.clock,
    )
    response.headers["location"] = f"/api/posts/{post.id}"
    return PostBody(**post_payload(post), likes=0, liked=False)


# A transaction that is left waiting is ended by the server, so none is open while the reactions are asked: DynamoDB may
# take longer than the server waits, and what is stored there already would be answered as a failure.
@router.get("/{post_id}", responses=refusals(404))
@access(200, blocked=404)
async def get_post(post_id: Id, caller: CallerDep, platform: PlatformDep) -> PostBody:
    """One post, with the caller's own reaction to it."""
    return seen_by(platform, [_find(platform, post_id)], caller.user_id)[0]


@router.put("/{post_id}/reaction", responses=refusals(404, body=True))
@access(200, blocked=404, suspended=403)
async def react(post_id: Id, asked: NewReaction, caller: CallerDep, platform: PlatformDep) -> Reactions:
    """Liking twice is liking once."""
    _find(platform, post_id)
    tally = reactions.react(platform.reactions, platform.counters, post_id, caller.user_id, asked.kind, platform.clock)
    return Reactions.model_validate(tally)


@router.delete("/{post_id}/reaction", responses=refusals(404))
@access(200, blocked=404, suspended=403)
async def unreact(post_id: Id, caller: CallerDep, platform: PlatformDep) -> Reactions:
    """Taking back what was never given is no error."""
    _find(platform, post_id)
    tally = reactions.unreact(platform.reactions, platform.counters, post_id, caller.user_id)
    return Reactions.model_validate(tally)


def _find(platform: Platform, post_id: UUID) -> Post:
    with platform.unit_of_work() as work:
        return service.get_post(work, post_id)


def seen_by(platform: Platform, posts: Sequence[Post], reader_id: UUID) -> list[PostBody]:
    """The posts with what depends on who reads them.

    One call for the reader's own reactions, and one for each hundred counters, of which a post has sixteen: nine calls
    for a page of fifty.
    """
    tallies = reactions.tallies(platform.reactions, platform.counters, [post.id for post in posts], reader_id)
    return [
        PostBody(**post_payload(post), likes=tallies[post.id].likes, liked=tallies[post.id].liked) for post in posts
    ]
