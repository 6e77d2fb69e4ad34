"""Posts for everybody: the same bytes to all, kept by the edge."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.cached import remember_answer
from functions.api.dependencies import PlatformDep
from functions.api.schemas.base import Id
from functions.api.schemas.posts import PublicPostBody
from functions.api.schemas.problems import public_refusals
from mundotango.bootstrap import Platform
from mundotango.cache_keys import post_key
from mundotango.posts import service
from mundotango.posts.model import Post, post_payload
from mundotango.reactions import service as reactions
from mundotango.reactions.model import Totals

# Totals are among it, and what a writer changes of themselves reaches it by age alone.
POST_SECONDS = 30

router = APIRouter(prefix="/api/public/posts", tags=["posts"])


@router.get("/{post_id}", responses=public_refusals(404, 503), response_model=PublicPostBody)
@access(200, anonymous=200)
async def get_public_post(post_id: Id, platform: PlatformDep) -> Response:
    """A public post of somebody whose profile is public and who does not approve their followers."""

    def load() -> PublicPostBody:
        with platform.unit_of_work() as work:
            post = service.get_post(work, post_id, None)
        return seen_by_everybody(platform, [post])[0]

    return remember_answer(platform.cache, post_key(post_id), POST_SECONDS, load)


def seen_by_everybody(platform: Platform, posts: Sequence[Post]) -> list[PublicPostBody]:
    totals = reactions.totals(platform.counters, list(dict.fromkeys(post.written.id for post in posts)))
    return [PublicPostBody.model_validate(_with_totals(post_payload(post), totals)) for post in posts]


def _with_totals(payload: dict[str, Any], totals: dict[UUID, Totals]) -> dict[str, Any]:
    """A repost has the totals of its original."""
    original = payload["original"]
    told = {"totals": totals[UUID((original or payload)["id"])]}
    return payload | told | ({"original": original | told} if original else {})
