"""People: their profiles, who follows, blocks and mutes whom, how they are found, and their own data."""

from fastapi import APIRouter

from functions.api.routes.users import blocks, follows, own_data, posts, presence, profiles, search

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (search, follows, blocks, own_data, presence, profiles, posts):
    router.routes.extend(part.router.routes)
