"""Events: announced, edited and read, and what organisers choose for their registrations."""

from fastapi import APIRouter

from functions.api.routes.events import events, registration

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (events, registration):
    router.routes.extend(part.router.routes)
