"""The HTTP API, assembled: routes, the handling of refusals, conditional answers and the log around them."""

from importlib import import_module

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api import errors
from functions.api.caching import ConditionalGet
from functions.api.language import ReaderLanguage
from functions.api.limits import RateLimits
from functions.api.once import OncePerKey
from functions.api.recent_writes import RecentWrites
from functions.api.request_log import RequestLog
from mundotango.bootstrap import Platform

# What stands in a path behind /api/ or /api/public/, up to a dot, is the name of the module in routes/ that answers it.
FEATURES = frozenset(
    """
    calendars comments conversations drafts events feed feedback guests health link media moderation notifications
    occurrences posts push realtime registrations reports users venues
    """.split()  # noqa: SIM905 - as a list it would fill a page
)


def create_app(platform: Platform) -> ReaderLanguage:
    return ReaderLanguage(RequestLog(create_api(platform, features=frozenset()), platform))


def create_api(platform: Platform, *, features: frozenset[str] = FEATURES) -> FastAPI:
    """Without the log around it. It serves no description of itself: that is docs/openapi.json."""
    api = FastAPI(
        title="Mundo Tango",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.platform = platform
    for feature in sorted(features):
        include(api, feature)
    errors.install(api)
    # From the inside out: the last one is met first.
    api.add_middleware(OnDemand, api=api, waiting=FEATURES - features)
    api.add_middleware(OncePerKey, platform=platform)
    api.add_middleware(RateLimits, platform=platform)
    api.add_middleware(RecentWrites, platform=platform)
    api.add_middleware(ConditionalGet)
    return api


def include(api: FastAPI, feature: str) -> None:
    api.include_router(import_module(f"functions.api.routes.{feature}").router)


class OnDemand:
    """Imports a feature's routes, and with them its schemas and rules, when they are first asked for.

    All together they would be a fifth of a cold start, and that serves one request.
    """

    def __init__(self, app: ASGIApp, api: FastAPI, waiting: frozenset[str]) -> None:
        self._app = app
        self._api = api
        self._waiting = set(waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        feature = scope["path"].removeprefix("/api/").removeprefix("public/").partition("/")[0].partition(".")[0]
        if feature in self._waiting:
            include(self._api, feature)
            self._waiting.remove(feature)
        await self._app(scope, receive, send)
