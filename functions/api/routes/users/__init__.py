"""People: their profiles, who follows, blocks and mutes whom, and how they are found."""

from fastapi import APIRouter

from functions.api.routes.users import blocks, follows, posts, profiles, search

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (search, follows, blocks, profiles, posts):
    router.routes.extend(part.router.routes)
