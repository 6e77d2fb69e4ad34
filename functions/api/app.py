"""The HTTP API, assembled: routes, the handling of refusals, conditional answers and the log around them."""

from fastapi import FastAPI

from functions.api import errors
from functions.api.caching import ConditionalGet
from functions.api.request_log import RequestLog
from functions.api.routes import events, feed, health, media, posts, realtime, users
from mundotango.bootstrap import Platform


def create_app(platform: Platform) -> RequestLog:
    return RequestLog(create_api(platform))


def create_api(platform: Platform) -> FastAPI:
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
    for routes in (events, feed, health, media, posts, realtime, users):
        api.include_router(routes.router)
    errors.install(api)
    api.add_middleware(ConditionalGet)
    return api
