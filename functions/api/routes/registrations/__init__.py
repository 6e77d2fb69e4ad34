"""Registrations by their id: what those do who registered, and what organisers do."""

from fastapi import APIRouter

from functions.api.routes.registrations import deciding, own

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (own, deciding):
    router.routes.extend(part.router.routes)
