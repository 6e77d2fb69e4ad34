"""What people do with one time of an event: look who comes, say that they come, register, and let others in."""

from fastapi import APIRouter

from functions.api.routes.occurrences import attending, organising, registering

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (attending, registering, organising):
    router.routes.extend(part.router.routes)
