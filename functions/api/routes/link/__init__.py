"""Capabilities in a path: whoever has the link may. Nobody is signed in here, and nothing of it may be kept; but for
calendars, which ask each hour, by the one who has them.
"""

from fastapi import APIRouter

from functions.api.routes.link import accounts, guests

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (accounts, guests):
    router.routes.extend(part.router.routes)
