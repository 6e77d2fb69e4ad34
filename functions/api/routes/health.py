"""Whether the API runs, for anybody; and whether what it stands on does, for moderators."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from uuid import UUID

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import NO_STORE
from functions.api.dependencies import MemberDep, PlatformDep
from functions.api.schemas.health import Alive, Dependency, Health
from functions.api.schemas.problems import refusals

# Above what any one of them takes to give up by itself, below what the API function has.
LONGEST_CHECK = 8

NOBODY = UUID(int=0)

router = APIRouter(prefix="/api", tags=["health"])


@router.get("/public/health")
@access(200, anonymous=200)
async def alive(response: Response) -> Alive:
    """Asks no store: it tells whether the function itself runs."""
    response.headers["cache-control"] = NO_STORE
    return Alive(status="ok")


@router.get(
    "/health", responses=refusals(403) | {503: {"model": Health, "description": "One or more stores are away."}}
)
@access(403, moderator=200)
async def health(_: MemberDep, platform: PlatformDep, response: Response) -> Health:
    """Asks every store at once, each for the least there is to ask."""
    checks = {
        "postgresql": lambda: platform.database.ping(),  # noqa: PLW0108 - it is made, or fails to be, in the check
        "cache": lambda: platform.cache.ping(),  # noqa: PLW0108
        "dynamodb": lambda: platform.media.find(NOBODY),
        "s3": lambda: platform.objects.find("media", "health"),
    }
    answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
    dependencies = dict(zip(checks, answers, strict=True))
    away = {name for name, answer in dependencies.items() if answer.state != "ok"}
    response.headers["cache-control"] = NO_STORE
    if away - {"cache"}:
        response.status_code = 503
        return Health(status="down", dependencies=dependencies)
    return Health(status="degraded" if away else "ok", dependencies=dependencies)


async def _ask(check: Callable[[], object]) -> Dependency:
    started = perf_counter()
    state, cause = "ok", None
    try:
        await asyncio.wait_for(asyncio.to_thread(check), LONGEST_CHECK)
    except TimeoutError:
        state = "slow"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this store's state and not this request's
        state, cause = "failed", type(error).__name__
    return Dependency(state=state, ms=round((perf_counter() - started) * 1000, 1), cause=cause)
