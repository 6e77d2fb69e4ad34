"""The HTTP API's way in: an event of API Gateway (payload 2.0), turned into a request, and its answer turned back."""

import asyncio
import logging
from functools import cache
from typing import Any

from mangum import Mangum

from functions.api.app import create_app
from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.observability import observed

TEXT_TYPES = [
    "application/geo+json",
    "application/json",
    "application/problem+json",
    "text/calendar",
    "text/csv",
    "text/html",
]


@observed
def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    return _door()(event, context)


@cache
def _door() -> Mangum:
    return door(Platform())


def door(platform: Platform) -> Mangum:
    # Mangum logs each path as it came, capabilities included; the request log says it better.
    logging.getLogger("mangum").setLevel(logging.WARNING)
    # Mangum takes the thread's event loop, which Python no longer makes by itself.
    asyncio.set_event_loop(asyncio.new_event_loop())
    # Its lifespan would run on every invocation.
    return Mangum(create_app(platform), lifespan="off", text_mime_types=TEXT_TYPES)


if settings.runs_in_lambda():
    _door()
