"""What changes in the days that bench/edge_trace.py makes, and what the edge is told to forget by it.

Declared before it was run, and counted as the deployed mapping names it (mundotango/forgetting/policy.py):

* **Events.** Each is edited once in the fortnight in which it is asked for, at any time of it. On the day before it
  ends a fifth are edited once more, as line-ups and hours are settled last, and of a hundred one is called off, and
  another before that day. A tenth are announced on that day: in what is on tonight they are new.
* **Posts.** Of a thousand fifty are edited, twenty deleted and one is hidden, at any time of the three days in which
  they are seen; in truth most are in the first hour, when fewer caches have them.
* **People.** Of those who write one in a hundred a month is called or pictured otherwise, and one in two thousand is
  suspended or leaves; what they wrote is forgotten with them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from bench import planted_events
from bench.edge_trace import DAY, FROM, LONGEST_LIFE, POSTS_A_MONTH, SEED, SIGNED_IN, TWO_WEEKS, City, Route
from mundotango import text
from mundotango.forgetting.policy import city_tag, square_tag, tags_of_tonight
from mundotango.tonight.policy import area

EDITED_ONCE, EDITED_LAST, CALLED_OFF_LAST, CALLED_OFF_BEFORE, ANNOUNCED_LAST = 1.0, 0.2, 0.01, 0.01, 0.1
POSTS_EDITED, POSTS_DELETED, POSTS_HIDDEN = 0.05, 0.02, 0.001
RENAMED, GONE = 0.01, 0.0005
POSTS_SEEN_DAYS = 3
# Degrees around the middle of its city, as those who ask scatter.
SCATTER = 0.05

EVENTS_A_DAY = planted_events.EVENTS / 365
# How often a day what is asked for changes, each by itself.
BEFORE = (EDITED_ONCE + CALLED_OFF_BEFORE) / TWO_WEEKS
LAST = EDITED_ONCE / TWO_WEEKS + EDITED_LAST + CALLED_OFF_LAST
OF_POSTS = (POSTS_EDITED + POSTS_DELETED + POSTS_HIDDEN) / POSTS_SEEN_DAYS + (RENAMED + GONE) / 30
CHANGES_A_DAY: dict[Route, float] = {"event_soon": LAST, "event_ahead": BEFORE, "public_post": OF_POSTS}
FREE_A_MONTH, DOLLARS_A_TAG = 1_000, 0.005


@dataclass(frozen=True, slots=True)
class Forgetting:
    """At this moment these keys are forgotten."""

    at: float
    keys: frozenset[int]


def tags_a_month(users: int) -> float:
    """Each act by itself: what is named twice in one batch is paid for once."""
    events = EVENTS_A_DAY * 365 / 12
    pages = events * (EDITED_ONCE + EDITED_LAST + CALLED_OFF_LAST + CALLED_OFF_BEFORE)
    tonight = 2 * events * (LAST + ANNOUNCED_LAST)  # a city and a square
    posts = users * SIGNED_IN * POSTS_A_MONTH * (POSTS_EDITED + POSTS_DELETED + POSTS_HIDDEN)
    return pages + tonight + posts + users * SIGNED_IN * (RENAMED + GONE)


def forgettings(route: Route, keys: Sequence[str], cities: Sequence[City]) -> list[Forgetting]:
    """In order of time; `keys` are those of the route, by their numbers."""
    dice = np.random.default_rng([SEED, len(keys)])
    if route == "tonight":
        found = list(_tonight(dice, keys, cities))
    else:
        found = [
            Forgetting(at, frozenset({key}))
            for key, times in enumerate(dice.poisson(CHANGES_A_DAY.get(route, 0.0) * _days(), len(keys)).tolist())
            for at in dice.uniform(FROM - LONGEST_LIFE, FROM + DAY, times).tolist()
        ]
    return sorted(found, key=lambda each: each.at)


def _days() -> float:
    return (DAY + LONGEST_LIFE) / DAY


def _tonight(dice: np.random.Generator, keys: Sequence[str], cities: Sequence[City]) -> Iterator[Forgetting]:
    by_tag: dict[str, set[int]] = {}
    for number, key in enumerate(keys):
        for tag in _tags(key):
            by_tag.setdefault(tag, set()).add(number)
    times = dice.poisson(EVENTS_A_DAY * (LAST + ANNOUNCED_LAST) * _days())
    where = dice.choice(len(cities), times, p=np.array([city.weight for city in cities]))
    moments = dice.uniform(FROM - LONGEST_LIFE, FROM + DAY, times).tolist()
    for at, number, (north, east) in zip(moments, where.tolist(), dice.normal(0, SCATTER, (times, 2)), strict=True):
        city = cities[number]
        square = square_tag(city.latitude + north, city.longitude + east)
        tags = {city_tag(text.key(city.name)), square}
        yield Forgetting(at, frozenset().union(*(by_tag.get(tag, set()) for tag in tags)))


def _tags(key: str) -> frozenset[str]:
    asked = dict(parse_qsl(urlsplit(key).query))
    if "city" in asked:
        return tags_of_tonight(text.key(asked["city"]))
    latitude, longitude, *radius = (
        float(asked[name]) for name in ("latitude", "longitude", "radius_km") if name in asked
    )
    return tags_of_tonight(area(latitude=latitude, longitude=longitude, radius_km=radius[0] if radius else None))
