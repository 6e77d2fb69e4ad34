"""People: their profiles, who follows, blocks and mutes whom, and how they are found."""

from fastapi import APIRouter

from functions.api.routes.users import blocks, follows, profiles, search

# Each part names its whole path: the log line of a request tells the route by it.
router = APIRouter(tags=["users"])
for part in (search, follows, blocks, profiles):
    router.include_router(part.router)
