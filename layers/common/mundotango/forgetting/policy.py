"""By which tags the edge knows the public answers that it keeps, and is told to forget them.

* A post: itself, of a repost its original, who wrote them, whom they mention. It is another when it is edited, pinned,
  hidden or deleted, and when one of the people is called or pictured otherwise, goes or returns.
* An event: itself, what it is a session of, its venue, who announced it and who makes it.
* Tonight: the city, or the squares of the globe that it reaches. It is another when what is on there soon is: an event
  that is announced, edited, called off or moved, a venue, who announced it and goes or returns.

An act names what it changed, and not the answers: so nothing has to be known of how many there are. CloudFront takes 50
tags an answer, of visible ASCII without commas, and minds no capitals (AWS, "What you need to know when invalidating
tags", read 2026-11).
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from mundotango.events.model import Dated
from mundotango.posts.entities import Mention
from mundotango.posts.model import Post
from mundotango.tonight.model import Area, Cell, Listed

# Degrees. The widest radius of tonight, 116 km, is in some twelve of them at the latitude of Helsinki.
SQUARE = 2
_COLUMNS = 360 // SQUARE
# A degree of latitude is longer everywhere.
_METRES_A_DEGREE = 110_000

# Six in the morning, when a night ends, is a quarter of an hour by UTC in every zone there is.
QUARTER = timedelta(minutes=15)


def post_tag(post_id: UUID) -> str:
    return _tag("post", post_id)


def person_tag(user_id: UUID) -> str:
    return _tag("person", user_id)


def event_tag(event_id: UUID) -> str:
    return _tag("event", event_id)


def venue_tag(venue_id: UUID) -> str:
    return _tag("venue", venue_id)


def city_tag(city: str) -> str:
    """`city` as `text.key` makes it, in whatever script."""
    return _tag("city", blake2b(city.encode(), digest_size=8).hexdigest())


def square_tag(latitude: float, longitude: float) -> str:
    return _square(math.floor((latitude + 90) / SQUARE), math.floor((longitude + 180) / SQUARE))


def tags_of_post(post: Post) -> frozenset[str]:
    shown = [post] if post.original is None else [post, post.original]
    mentioned = [entity.user_id for each in shown for entity in each.entities if isinstance(entity, Mention)]
    people = {*(each.author.id for each in shown), *mentioned}
    return frozenset({*(post_tag(each.id) for each in shown), *(person_tag(each) for each in people)})


def tags_of_event(dated: Dated) -> frozenset[str]:
    """Also of those who make it and are not shown: they may be, another time."""
    event = dated.event
    people = {event.organiser_id, *(part.user_id for part in event.people if part.user_id is not None)}
    events = [event.id] if event.parent_id is None else [event.id, event.parent_id]
    return frozenset(
        {venue_tag(dated.venue.id), *(event_tag(each) for each in events), *(person_tag(each) for each in people)}
    )


def tags_of_tonight(area: Area) -> frozenset[str]:
    return frozenset({city_tag(area)}) if isinstance(area, str) else frozenset(_squares(area))


def tonight_lasts(listed: Iterable[Listed], now: datetime) -> timedelta:
    """Until what is on tonight may be something else though nobody did anything: something ends, or a night does."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = min((each.ends_at for each in listed), default=now + QUARTER)
    return min(ends - now, QUARTER - (now - midnight) % QUARTER)


def _squares(cell: Cell) -> Iterable[str]:
    height = cell.metres / _METRES_A_DEGREE
    farthest = min(abs(cell.latitude) + height, 90)
    width = min(height / max(math.cos(math.radians(farthest)), 0.001), 180)
    rows = range(
        math.floor((max(cell.latitude - height, -90) + 90) / SQUARE),
        math.floor((min(cell.latitude + height, 90) + 90) / SQUARE) + 1,
    )
    west, east = (math.floor((cell.longitude + side + 180) / SQUARE) for side in (-width, width))
    return [_square(row, column) for row in rows for column in range(west, east + 1)]


def _square(row: int, column: int) -> str:
    """The pole belongs to the row below it, and the antimeridian to the column east of it."""
    return _tag("square", min(row, 180 // SQUARE - 1), column % _COLUMNS)


def _tag(kind: str, *of: UUID | str | int) -> str:
    return ":".join([kind, *map(str, of)])
