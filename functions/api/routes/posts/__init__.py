"""Posts: written, read, marked, and what is said below them; the lists of them are in feed.py and users/posts.py."""

from fastapi import APIRouter

from functions.api.routes.posts import comments, marks, posts, public

router = APIRouter()
# As they are and not as routers of a router: the log line of a request tells a route by the path it itself has.
for part in (posts, marks, comments, public):
    router.routes.extend(part.router.routes)
