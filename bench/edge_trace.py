"""Two days of visitors as CloudFront meets them: who asks for what, when and through which of its places.

The same seed makes the same days. bench/edge.py tells what is in them and why.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from bench import planted_events
from mundotango.occurrences.policy import SOON
from operations.cost.day import HOURS

Route = Literal["tonight", "events", "event_soon", "event_ahead", "public_post", "private", "picture"]

SEED = 1912
DAY = 86_400
# Of the two days, what is counted begins here; what was asked before stands in the caches.
FROM = DAY
LONGEST_LIFE = 3900
PLACES = 90
SESSIONS_A_MONTH = 25
SIGNED_IN = 0.3
SESSION_SECONDS = 720

# Of a session, as operations/workload.toml has them; the likes are beside the requests.
REQUESTS, LIKES, PICTURES = 20, 8, 40
AT_HOME = 0.85
SPANISH_CITIES, LOCAL_TONGUE = 0.45, 0.9
TWO_WEEKS = 14
EVENTS_A_FORTNIGHT = planted_events.EVENTS * TWO_WEEKS / 365
# Of the API, mundotango/occurrences/policy.py: what starts within it is kept for less long.
SOON_DAYS = SOON / timedelta(days=1)
POSTS_A_MONTH, POSTS_SEEN_DAYS = 4, 3
PICTURES_A_MONTH, PICTURES_SEEN_DAYS = 2, 14
WIDTHS = ("320", "800", "1600")
WORDS = ("vals", "milonga", "viruta", "pugliese", "clase", "class", "di sarli", "marathon", "canning", "encuentro")

# Tonight, lists of events, events, posts.
PUBLIC = (4.0, 3.0, 3.0, 2.0)
SIGNED_IN_PUBLIC = sum(PUBLIC)
SPANISH, ENGLISH = "es-AR,es;q=0.9,en;q=0.5", "en-GB,en;q=0.8"
# Numbers of things are counted up and down from here.
MIDDLE = 1 << 31


type Numbers = NDArray[np.int64]
type Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class City:
    """Its weight is what part of all that there is, is there."""

    name: str
    weight: float
    latitude: float
    longitude: float
    spanish: bool
    # Hours that its clocks are before UTC.
    ahead: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of one route, in order of time; of each its place and what is asked for, as an index."""

    at: Times
    place: Numbers
    what: Numbers


@dataclass(frozen=True, slots=True)
class Question:
    """As the client writes it."""

    address: str
    language: str


@dataclass(frozen=True, slots=True)
class _Visits:
    """One entry a request: when, whose city, which city's things, and in which language."""

    at: Times
    home: Numbers
    city: Numbers
    spanish: NDArray[np.bool_]


class Days:
    """The first day fills the caches, the second is counted: what is asked from FROM on."""

    def __init__(self, users: int, kept: float = 1) -> None:
        """`kept`: what part of what a session asks for and looks at is asked for at all; its likes are, all of them."""
        self._dice = np.random.default_rng(SEED)
        self._users = users
        self._kept = kept
        self.cities = self._cities = list(_cities())
        self._weights = np.array([city.weight for city in self._cities])
        count = round(users * SESSIONS_A_MONTH / 30)
        home = np.concatenate([self._dice.choice(len(self._cities), count, p=self._weights) for _ in range(2)])
        day = np.repeat([0, 1], count)
        hour = self._dice.choice(24, 2 * count, p=np.array(HOURS) / sum(HOURS))
        ahead = np.array([city.ahead for city in self._cities])[home]
        self._begins = day * DAY + ((hour - ahead) % 24 + self._dice.random(2 * count)) * 3600
        self._home = home
        self._signed_in = self._dice.random(2 * count) < SIGNED_IN
        local = self._dice.random(2 * count) < LOCAL_TONGUE
        self._spanish = np.array([city.spanish for city in self._cities])[home] == local

    def private(self) -> int:
        """How many requests for what is nobody else's, likes among them, are counted."""
        likes = self._visits(np.where(self._signed_in, LIKES, 0), 1)
        read = self._visits(np.where(self._signed_in, REQUESTS - round(SIGNED_IN_PUBLIC), 0), self._kept)
        return int((likes.at >= FROM).sum() + (read.at >= FROM).sum())

    def pictures(self) -> Asked:
        visits = self._visits(np.full(len(self._begins), PICTURES), self._kept)
        there = self._users * PICTURES_A_MONTH * PICTURES_SEEN_DAYS / 30
        pictures = self._things(visits, there, 0.7, PICTURES_SEEN_DAYS, newest_first=True)
        width = self._dice.choice(len(WIDTHS), len(pictures), p=[0.3, 0.6, 0.1])
        return Asked(visits.at, visits.home % PLACES, pictures * len(WIDTHS) + width)

    def public(self) -> Iterator[tuple[Route, Asked, list[Question]]]:
        """By route, with the questions that `what` counts. It begins early by more than anything is kept."""
        count = np.where(self._signed_in, round(SIGNED_IN_PUBLIC), REQUESTS)
        every = self._visits(count, self._kept)
        route = self._dice.choice(len(PUBLIC), len(every.at), p=np.array(PUBLIC) / SIGNED_IN_PUBLIC)
        of = [_of(every, (route == number) & (every.at >= FROM - LONGEST_LIFE)) for number in range(len(PUBLIC))]
        tonight, lists, events, read = of
        yield "tonight", *_asked(tonight, self._tonight(tonight))
        yield "events", *_asked(lists, self._lists(lists))
        things = self._things(events, EVENTS_A_FORTNIGHT, 0.8, TWO_WEEKS, newest_first=False)
        soon = self._days_ahead(events, things) <= SOON_DAYS
        yield "event_soon", *_asked(_of(events, soon), _named("events", things[soon]))
        yield "event_ahead", *_asked(_of(events, ~soon), _named("events", things[~soon]))
        posts = self._users * SIGNED_IN * POSTS_A_MONTH * POSTS_SEEN_DAYS / 30
        yield (
            "public_post",
            *_asked(read, _named("posts", self._things(read, posts, 0.7, POSTS_SEEN_DAYS, newest_first=True))),
        )

    def _visits(self, count: Numbers, kept: float) -> _Visits:
        session = np.repeat(np.arange(len(count)), count)
        if kept < 1:
            session = session[self._dice.random(len(session)) < kept]
        at = self._begins[session] + self._dice.random(len(session)) * SESSION_SECONDS
        order = np.argsort(at)
        session = session[order]
        home = self._home[session]
        elsewhere = self._dice.choice(len(self._cities), len(session), p=self._weights)
        city = np.where(self._dice.random(len(session)) < AT_HOME, home, elsewhere)
        return _Visits(at[order], home, city, self._spanish[session])

    def _things(self, visits: _Visits, there: float, nearby: float, days: int, *, newest_first: bool) -> Numbers:
        """Of what there is, that of the city first; the newest, or the soonest, most often. What is seen for so many
        days is another after them, so each day has its share of what nobody asked for before."""
        count = len(visits.at)
        everywhere = self._dice.random(count) >= nearby
        many = np.where(everywhere, there, there * self._weights[visits.city])
        rank = _zipf(self._dice, np.ceil(many))
        passed = np.floor(many / days * visits.at / DAY).astype(np.int64)
        number = MIDDLE + (passed - rank if newest_first else passed + rank)
        place = np.where(everywhere, len(self._cities), visits.city)
        return (place << 32) + number

    def _days_ahead(self, visits: _Visits, events: Numbers) -> Times:
        """Until they start, who start one after the other."""
        weights = np.append(self._weights, 1)[events >> 32]
        started = (events & (2 * MIDDLE - 1)) - MIDDLE
        starts: Times = (started + 1) / (EVENTS_A_FORTNIGHT * weights / TWO_WEEKS)
        ahead: Times = starts - visits.at / DAY
        return ahead

    def _tonight(self, visits: _Visits) -> list[str]:
        dice, count = self._dice, len(visits.at)
        by_name = dice.random(count) < 0.2
        middles = np.array([(city.latitude, city.longitude) for city in self._cities])[visits.city]
        points = middles + dice.normal(0, 0.05, (count, 2))
        radius = dice.choice(("", "&radius_km=10", "&radius_km=50"), count, p=[0.8, 0.15, 0.05])
        names = self._spelt(visits)
        return [
            f"/api/public/events/tonight?city={name}"
            if named
            else f"/api/public/events/tonight?latitude={latitude:.5f}&longitude={longitude:.5f}{around}"
            for named, name, (latitude, longitude), around in zip(
                by_name.tolist(), names, points.tolist(), radius.tolist(), strict=True
            )
        ]

    def _lists(self, visits: _Visits) -> list[str]:
        dice, count = self._dice, len(visits.at)
        narrowed = dice.choice(5, count, p=[0.6, 0.2, 0.05, 0.1, 0.05]).tolist()
        word = _zipf(dice, np.full(count, len(WORDS))).tolist()
        day = dice.integers(27, 30, count).tolist()
        limited, linked = dice.random(count) < 0.3, dice.random(count) < 0.1
        order = dice.random((count, 5)).argsort(axis=1).tolist()
        addresses = []
        for at, name in enumerate(self._spelt(visits)):
            more = (
                (),
                ("kind=milonga",),
                ("kind=class,practica",),
                (f"from=2026-11-{day[at]}", "zone=UTC"),
                (f"q={quote(WORDS[word[at]])}",),
            )[narrowed[at]]
            parts = [f"city={name}", *more]
            parts += ["limit=20"] if limited[at] else []
            parts += ["utm_source=newsletter"] if linked[at] else []
            shuffled = [parts[one] for one in order[at] if one < len(parts)]
            addresses.append(f"/api/public/events?{'&'.join(shuffled)}")
        return addresses

    def _spelt(self, visits: _Visits) -> list[str]:
        spellings = [
            [quote(spelt) for spelt in (city.name, city.name.lower(), city.name.upper())] for city in self._cities
        ]
        spelling = self._dice.choice(3, len(visits.at), p=[0.7, 0.25, 0.05]).tolist()
        return [spellings[city][one] for city, one in zip(visits.city.tolist(), spelling, strict=True)]


def _of(visits: _Visits, wanted: NDArray[np.bool_]) -> _Visits:
    return _Visits(visits.at[wanted], visits.home[wanted], visits.city[wanted], visits.spanish[wanted])


def _asked(visits: _Visits, addresses: list[str]) -> tuple[Asked, list[Question]]:
    known: dict[tuple[str, bool], int] = {}
    asked = zip(addresses, visits.spanish.tolist(), strict=True)
    what = np.array([known.setdefault(each, len(known)) for each in asked], dtype=np.int64)
    questions = [Question(address, SPANISH if spanish else ENGLISH) for address, spanish in known]
    return Asked(visits.at, visits.home % PLACES, what), questions


def _named(kind: str, things: Numbers) -> list[str]:
    each, back = np.unique(things, return_inverse=True)
    addresses = [f"/api/public/{kind}/{UUID(int=number)}" for number in each.tolist()]
    return [addresses[one] for one in back.tolist()]


def _zipf(dice: np.random.Generator, count: NDArray[Any]) -> Numbers:
    """A rank below `count`: each half as often as the one at half its rank."""
    return ((count + 1) ** dice.random(len(count))).astype(np.int64) - 1


def _cities() -> Iterator[City]:
    dice = Random(SEED)  # noqa: S311
    names = planted_events.cities()
    total = sum(1 / rank for rank in range(1, len(names) + 1))
    for number, name in enumerate(names):
        latitude, longitude = dice.uniform(-50, 60), dice.uniform(-180, 180)
        spanish = dice.random() < SPANISH_CITIES
        yield City(name, 1 / (number + 1) / total, latitude, longitude, spanish, round(longitude / 15))
