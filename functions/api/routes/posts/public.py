"""Posts for everybody: the same bytes to all, kept by the edge."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.cached import remember_told
from functions.api.caching import PUBLIC, until_changed
from functions.api.dependencies import PlatformDep
from functions.api.schemas.base import Id
from functions.api.schemas.posts import PublicPostBody
from functions.api.schemas.problems import public_refusals
from mundotango.bootstrap import Platform
from mundotango.cache_keys import post_key
from mundotango.forgetting.policy import tags_of_post
from mundotango.posts import service
from mundotango.posts.model import Post, post_payload
from mundotango.reactions import service as reactions
from mundotango.reactions.model import Totals

# What a writer changes of themselves reaches it by age alone, and must before the edge forgets what it had: SETTLES of
# mundotango/commands/service.py. The edge keeps it for an hour; totals among it are as old.
POST_SECONDS = 5

router = APIRouter(prefix="/api/public/posts", tags=["posts"])


@router.get("/{post_id}", responses=public_refusals(404, 503), response_model=PublicPostBody)
@access(200, anonymous=200)
async def get_public_post(post_id: Id, platform: PlatformDep) -> Response:
    """A public post of somebody whose profile is public and who does not approve their followers."""

    def load() -> tuple[PublicPostBody, dict[str, str]]:
        with platform.unit_of_work() as work:
            post = service.get_post(work, post_id, None)
        return seen_by_everybody(platform, [post])[0], until_changed(tags_of_post(post), PUBLIC)

    return remember_told(platform.cache, post_key(post_id), POST_SECONDS, load)


def seen_by_everybody(platform: Platform, posts: Sequence[Post]) -> list[PublicPostBody]:
    totals = reactions.totals(platform.counters, list(dict.fromkeys(post.written.id for post in posts)))
    return [PublicPostBody.model_validate(_with_totals(post_payload(post), totals)) for post in posts]


def _with_totals(payload: dict[str, Any], totals: dict[UUID, Totals]) -> dict[str, Any]:
    """A repost has the totals of its original."""
    original = payload["original"]
    told = {"totals": totals[UUID((original or payload)["id"])]}
    return payload | told | ({"original": original | told} if original else {})
