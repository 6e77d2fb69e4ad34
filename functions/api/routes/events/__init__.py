"""Events: announced, edited, found and read, and what organisers choose for their registrations."""

from fastapi import APIRouter

from functions.api.routes.events import agenda, events, registration, tonight

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
# What has a name where another has an id comes first.
for part in (tonight, agenda, events, registration):
    router.routes.extend(part.router.routes)
