from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from functions.api.dependencies import CallerDep, PlatformDep, WorkDep
from functions.api.schemas.base import Id
from functions.api.schemas.posts import NewPost, NewReaction, PostBody, Reactions, SeenPosts, TotalsBody
from functions.api.schemas.problems import refusals
from mundotango.bootstrap import Platform
from mundotango.posts import service
from mundotango.posts.model import Post, post_payload
from mundotango.reactions import service as reactions
from mundotango.reactions.model import zeros

router = APIRouter(prefix="/api/posts", tags=["posts"])


@router.post("", status_code=201, responses=refusals(403, 404, 409, body=True))
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
    return PostBody(**post_payload(post), totals=TotalsBody.model_validate(zeros()), reaction=None)


# A transaction that is left waiting is ended by the server, so none is open while the reactions are asked: DynamoDB may
# take longer than the server waits, and what is stored there already would be answered as a failure.
@router.get("/{post_id}", responses=refusals(404))
async def get_post(post_id: Id, caller: CallerDep, platform: PlatformDep) -> PostBody:
    with platform.reading(caller.user_id) as work:
        post = service.get_post(work, post_id)
    return seen_by(platform, [post], caller.user_id)[0]


@router.put("/{post_id}/reaction", responses=refusals(404, body=True))
async def react(post_id: Id, asked: NewReaction, caller: CallerDep, platform: PlatformDep) -> Reactions:
    """Reacting twice is reacting once; another kind takes the first one's place."""
    _find(platform, post_id)
    tally = reactions.react(platform.reactions, platform.counters, post_id, caller.user_id, asked.kind, platform.clock)
    return Reactions.model_validate(tally)


@router.delete("/{post_id}/reaction", responses=refusals(404))
async def unreact(post_id: Id, caller: CallerDep, platform: PlatformDep) -> Reactions:
    """Taking back what was never given is no error."""
    _find(platform, post_id)
    tally = reactions.unreact(platform.reactions, platform.counters, post_id, caller.user_id)
    return Reactions.model_validate(tally)


@router.post("/views", status_code=204, responses=refusals(body=True))
async def view(asked: SeenPosts, caller: CallerDep, platform: PlatformDep) -> None:
    """The posts that were on the caller's screen, in batches; each counts once a day.

    What is not there (any more) is passed over, and so are the caller's own posts.
    """
    with platform.unit_of_work() as work:
        post_ids = work.posts.list_viewable(asked.post_ids, caller.user_id)
    platform.engagements.view(post_ids, caller.user_id, platform.clock.now())


def _find(platform: Platform, post_id: UUID) -> Post:
    with platform.unit_of_work() as work:
        return service.get_post(work, post_id)


def seen_by(platform: Platform, posts: Sequence[Post], reader_id: UUID) -> list[PostBody]:
    """The posts with what depends on who reads them.

    One call for the reader's own reactions, and one for each hundred counters, of which a post has sixteen: nine calls
    for a page of fifty.
    """
    tallies = reactions.tallies(platform.reactions, platform.counters, [post.id for post in posts], reader_id)
    return [PostBody(**post_payload(post), **Reactions.model_validate(tallies[post.id]).model_dump()) for post in posts]
