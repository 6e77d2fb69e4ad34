"""A day of visitors as CloudFront meets it: who asks for what, when and through which of its places.

The same seed makes the same day. bench/edge.py tells what is in it and why.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from bench import planted_events

Route = Literal["tonight", "events", "event", "public_post", "private", "picture"]

SEED = 1912
DAY = 86_400
PLACES = 90
SESSIONS_A_MONTH = 25
SIGNED_IN = 0.3
SESSION_SECONDS = 720

# Of a session, as operations/workload.toml has them; the likes are beside the requests.
REQUESTS, LIKES, PICTURES = 20, 8, 40
# Of a day by the clocks there: an hour's share, lowest before dawn, highest at nine in the evening.
HOURS = (
    2.5,
    1.6,
    0.9,
    0.5,
    0.4,
    0.4,
    0.7,
    1.4,
    2.4,
    3.0,
    3.4,
    3.7,
    4.2,
    4.2,
    3.9,
    3.9,
    4.3,
    5.2,
    6.8,
    8.8,
    10.6,
    11.2,
    9.4,
    5.6,
)

AT_HOME = 0.85
SPANISH_CITIES, LOCAL_TONGUE = 0.45, 0.9
EVENTS_A_YEAR = planted_events.EVENTS
TWO_WEEKS = 14
POSTS_A_MONTH, POSTS_SEEN_DAYS = 4, 3
PICTURES_A_MONTH, PICTURES_SEEN_DAYS = 2, 14
WIDTHS = ("320", "800", "1600")
WORDS = ("vals", "milonga", "viruta", "pugliese", "clase", "class", "di sarli", "marathon", "canning", "encuentro")

PUBLIC: dict[Route, float] = {"tonight": 4.0, "events": 3.0, "event": 3.0, "public_post": 2.0}
SIGNED_IN_PUBLIC = sum(PUBLIC.values())


@dataclass(frozen=True, slots=True)
class Asked:
    at: float
    place: int
    route: Route
    # As the client writes it; of what is private none is kept.
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class City:
    """Its weight is what part of all that there is, is there."""

    name: str
    number: int
    weight: float
    latitude: float
    longitude: float
    spanish: bool
    # Hours that its clocks are before UTC.
    ahead: int


class Day:
    def __init__(self, users: int) -> None:
        self._dice = Random(SEED)  # noqa: S311
        self._users = users
        self._cities = list(_cities())
        self._weights = [city.weight for city in self._cities]

    def requests(self) -> Iterator[Asked]:
        """In order of time. Caches are empty before the first."""
        waiting: list[tuple[float, int, Asked]] = []
        made = 0
        for begins, city in self._sessions():
            while waiting and waiting[0][0] < begins:
                yield heapq.heappop(waiting)[2]
            for asked in self._session(begins, city):
                made += 1
                heapq.heappush(waiting, (asked.at, made, asked))
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _sessions(self) -> list[tuple[float, City]]:
        count = round(self._users * SESSIONS_A_MONTH / 30)
        cities = self._dice.choices(self._cities, self._weights, k=count)
        hours = self._dice.choices(range(24), HOURS, k=count)
        begins = [
            ((hour - city.ahead) % 24 + self._dice.random()) * 3600 for city, hour in zip(cities, hours, strict=True)
        ]
        return sorted(zip(begins, cities, strict=True), key=lambda session: session[0])

    def _session(self, begins: float, home: City) -> Iterator[Asked]:
        dice = self._dice
        signed_in = dice.random() < SIGNED_IN
        local = "es-AR,es;q=0.9" if home.spanish else "en-GB,en;q=0.8"
        other = "en-US,en;q=0.9" if home.spanish else "es-ES,es;q=0.9,en;q=0.5"
        language = local if dice.random() < LOCAL_TONGUE else other
        public = SIGNED_IN_PUBLIC if signed_in else REQUESTS
        routes: list[Route] = dice.choices(list(PUBLIC), list(PUBLIC.values()), k=round(public))
        private: list[Route] = ["private"] * (REQUESTS - round(public) + LIKES if signed_in else 0)
        pictures: list[Route] = ["picture"] * PICTURES
        for route in routes + private + pictures:
            yield Asked(
                begins + dice.random() * SESSION_SECONDS,
                home.number % PLACES,
                route,
                self._address(route, home),
                language,
            )

    def _address(self, route: Route, home: City) -> str:
        if route == "private":
            return ""
        dice = self._dice
        city = home if dice.random() < AT_HOME else dice.choices(self._cities, self._weights)[0]
        if route == "tonight":
            return self._tonight(city)
        if route == "events":
            return self._list(city)
        if route == "event":
            return f"/api/public/events/{self._thing(city, EVENTS_A_YEAR * TWO_WEEKS / 365, 0.8, 1)}"
        if route == "public_post":
            posts = self._users * SIGNED_IN * POSTS_A_MONTH * POSTS_SEEN_DAYS / 30
            return f"/api/public/posts/{self._thing(city, posts, 0.7, 2)}"
        pictures = self._users * PICTURES_A_MONTH * PICTURES_SEEN_DAYS / 30
        return f"/media/{self._thing(city, pictures, 0.7, 3)}/{dice.choices(WIDTHS, (3, 6, 1))[0]}.avif"

    def _tonight(self, city: City) -> str:
        dice = self._dice
        if dice.random() < 0.2:
            return f"/api/public/events/tonight?city={quote(self._spelt(city.name))}"
        latitude, longitude = dice.gauss(city.latitude, 0.05), dice.gauss(city.longitude, 0.05)
        radius = dice.choices(("", "&radius_km=10", "&radius_km=50"), (80, 15, 5))[0]
        return f"/api/public/events/tonight?latitude={latitude:.5f}&longitude={longitude:.5f}{radius}"

    def _list(self, city: City) -> str:
        dice = self._dice
        parts = [f"city={quote(self._spelt(city.name))}"]
        parts += dice.choices(
            ([], ["kind=milonga"], ["kind=class,practica"], [f"from=2026-11-{dice.randint(27, 29)}", "zone=UTC"],
             [f"q={quote(WORDS[_zipf(dice, len(WORDS))])}"]),
            (60, 20, 5, 10, 5),
        )[0]  # fmt: skip
        parts += ["limit=20"] if dice.random() < 0.3 else []
        parts += ["utm_source=newsletter"] if dice.random() < 0.1 else []
        dice.shuffle(parts)
        return f"/api/public/events?{'&'.join(parts)}"

    def _spelt(self, name: str) -> str:
        return self._dice.choices((name, name.lower(), name.upper()), (70, 25, 5))[0]

    def _thing(self, city: City, everywhere: float, nearby: float, kind: int) -> UUID:
        """One of what there is, that of the city first; the newest, or the soonest, most often."""
        dice = self._dice
        if dice.random() < nearby:
            return UUID(int=(kind << 64) + (city.number << 32) + _zipf(dice, math.ceil(everywhere * city.weight)))
        return UUID(int=(kind << 64) + (10_000 << 32) + _zipf(dice, math.ceil(everywhere)))


def _zipf(dice: Random, count: int) -> int:
    """A rank below `count`: each half as often as the one at half its rank."""
    return int((count + 1) ** dice.random()) - 1


def _cities() -> Iterator[City]:
    dice = Random(SEED)  # noqa: S311
    names = planted_events.cities()
    total = sum(1 / rank for rank in range(1, len(names) + 1))
    for number, name in enumerate(names):
        latitude, longitude = dice.uniform(-50, 60), dice.uniform(-180, 180)
        spanish = dice.random() < SPANISH_CITIES
        yield City(name, number, 1 / (number + 1) / total, latitude, longitude, spanish, round(longitude / 15))
