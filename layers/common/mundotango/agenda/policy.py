"""From what a request says to the one form of its question: however it is spelt, in whatever order it comes."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from mundotango import places, text
from mundotango.agenda.model import Box, Near, NeededRole, Order, Price, Query
from mundotango.errors import Said
from mundotango.events import policy as events
from mundotango.events.model import EventKind
from mundotango.search.policy import question
from mundotango.text import refused

# Of a degree: about a hundred metres. More a client need not say, and whoever says more gets the same answer.
DECIMALS = 3
# Of a kilometre.
RADIUS_STEP = 100
DEFAULT_RADIUS_KM = 25
LARGEST_RADIUS_KM = 500
MOST_WORDS = 10

# Of what the words occur in, so many that come soonest are weighed against each other.
MOST_WEIGHED = 200
# A facet says how many, up to here.
MOST_COUNTED = 5_000
MOST_CITIES_COUNTED = 50
MOST_PINS = 500

# What a document says of itself to be over is found out by a job, once a day; of what ended since, it is not relied on.
OVER_FOR = timedelta(days=2)

_MINUTE = timedelta(minutes=1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(:\d\d(\.\d{1,9})?)?)([Zz]|[+-]\d\d:\d\d)?")
_WORD = re.compile(r"[^\W_]+")


def query(
    *,
    city: str | None = None,
    country: str | None = None,
    near: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    radius_km: float | None = None,
    bbox: str | None = None,
    from_: str | datetime | None = None,
    to: str | datetime | None = None,
    zone: str | None = None,
    kind: Sequence[str] = (),
    role: str | None = None,
    price_max: int | None = None,
    currency: str | None = None,
    free: bool | None = None,
    q: str | None = None,
    organiser: UUID | None = None,
    sort: str | None = None,
) -> Query:
    """A day or a time without an offset is by the clocks of the `zone`."""
    begins, ends = _stretch(from_, to, None if zone is None else places.zone(zone))
    point = _near(near, latitude, longitude, radius_km)
    words = () if q is None else _words(q)
    return Query(
        city=None if city is None else text.key(places.city(city)),
        country=None if country is None else places.country(country.strip().upper()),
        near=point,
        box=None if bbox is None else _box(bbox),
        from_=begins,
        to=ends,
        kinds=_kinds(kind),
        role=None if role is None else _role(role),
        price=_price(price_max, currency, free=bool(free)),
        words=words,
        organiser_id=organiser,
        order=_order(sort, near=point, words=words),
    )


def _stretch(
    from_: str | datetime | None, to: str | datetime | None, zone: str | None
) -> tuple[datetime | None, datetime | None]:
    """To whole minutes, outwards. A day that `to` says is part of the stretch."""
    begins = None if from_ is None else _moment("from", from_, zone)
    ends = None if to is None else _moment("to", to, zone, days=1)
    if begins is not None and ends is not None and ends <= begins:
        raise refused("to", "must be after from")
    if begins is not None:
        begins = begins.replace(second=0, microsecond=0)
    if ends is not None and ends != ends.replace(second=0, microsecond=0):
        ends = ends.replace(second=0, microsecond=0) + _MINUTE
    return begins, ends


def _moment(field: str, value: str | datetime, zone: str | None, days: int = 0) -> datetime:
    said = _read(field, value, days) if isinstance(value, str) else value
    if said.utcoffset() is None:
        if zone is None:
            raise refused(field, "must say its offset from UTC, or there must be a zone")
        # In an hour that clocks show twice, the first; in one that they leap over, as if they had not yet.
        said = said.replace(tzinfo=ZoneInfo(zone), fold=0)
    events.moment(field, said)
    return said.astimezone(UTC)


def _read(field: str, value: str, days: int) -> datetime:
    """As RFC 3339 writes it; of a day its beginning, or that of so many days after it."""
    try:
        if _DAY.fullmatch(value):
            return datetime.combine(date.fromisoformat(value) + timedelta(days=days), time())
        if found := _TIME.fullmatch(value):
            day, hour, _, _, offset = found.groups()
            return datetime.fromisoformat(f"{day}T{hour}{(offset or '').upper()}")
    except (ValueError, OverflowError):
        pass
    raise refused(field, "must be a moment such as 2026-11-23T20:00:00Z, or a day or a time at the place with a zone")


def _near(near: str | None, latitude: float | None, longitude: float | None, radius_km: float | None) -> Near | None:
    if near is not None:
        if latitude is not None or longitude is not None:
            raise refused("near", "says where already; leave latitude and longitude out")
        latitude, longitude = _numbers("near", near, ("latitude", "longitude"))
    elif latitude is None and longitude is None:
        if radius_km is not None:
            raise refused("radius_km", "needs a place it is around")
        return None
    if latitude is None or longitude is None:
        missing = "latitude" if latitude is None else "longitude"
        raise refused(missing, "must be given with the other of the two")
    return Near(_rounded(places.latitude(latitude)), _west(_rounded(places.longitude(longitude))), _radius(radius_km))


def _radius(radius_km: float | None) -> int:
    wanted = DEFAULT_RADIUS_KM if radius_km is None else radius_km
    if not math.isfinite(wanted) or not RADIUS_STEP / 1000 <= wanted <= LARGEST_RADIUS_KM:
        least = RADIUS_STEP / 1000
        raise refused("radius_km", Said("must be from {least} to {largest}", least=least, largest=LARGEST_RADIUS_KM))
    return round(wanted * 1000 / RADIUS_STEP) * RADIUS_STEP


def _box(value: str) -> Box:
    """As RFC 7946 has it in section 5: west, south, east, north."""
    west, south, east, north = _numbers("bbox", value, ("west", "south", "east", "north"))
    for latitude in (south, north):
        if not math.isfinite(latitude) or abs(latitude) > places.LARGEST_LATITUDE:
            raise refused("bbox", "must lie on the globe: west,south,east,north in degrees")
    for longitude in (west, east):
        if not math.isfinite(longitude) or abs(longitude) > places.LARGEST_LONGITUDE:
            raise refused("bbox", "must lie on the globe: west,south,east,north in degrees")
    box = Box(_west(_rounded(west)), _rounded(south), -_west(-_rounded(east)), _rounded(north))
    if box.south >= box.north or box.west == box.east:
        raise refused("bbox", "must have its south below its north, and be wider than a line")
    return box


def _numbers(field: str, value: str, names: tuple[str, ...]) -> list[float]:
    try:
        found = [float(part) for part in value.split(",")]
    except ValueError:
        found = []
    if len(found) != len(names):
        raise refused(field, Said("must be {names} in degrees, with commas between", names=",".join(names)))
    return found


def _rounded(degrees: float) -> float:
    """And never minus nought, which is spelt otherwise."""
    return round(degrees, DECIMALS) + 0.0


def _west(longitude: float) -> float:
    """The antimeridian has two names."""
    return -180.0 if longitude == 180 else longitude + 0.0


def _kinds(values: Iterable[str]) -> tuple[EventKind, ...]:
    """Each by itself or several with commas between."""
    named = {part.strip().casefold() for value in values for part in value.split(",")} - {""}
    found = tuple(sorted(events.kind(name) for name in named))
    return () if len(found) == len(get_args(EventKind)) else found


def _role(value: str) -> NeededRole:
    for role in get_args(NeededRole):
        if value.strip().casefold() in (role, f"{role}s"):
            return role  # type: ignore[no-any-return]
    raise refused("role", Said("must be one of {choices}", choices=", ".join(get_args(NeededRole))))


def _price(most: int | None, currency: str | None, *, free: bool) -> Price | None:
    code = (currency or "").strip().upper()
    if free:
        return Price(0, "")
    if most is None:
        if code:
            raise refused("currency", "needs a price_max in it")
        return None
    if not 0 <= most <= events.LARGEST_PRICE:
        raise refused("price_max", Said("must be from {least} to {largest}", least=0, largest=events.LARGEST_PRICE))
    if most > 0 and code not in events.CURRENCIES:
        raise refused("currency", "must be a currency of ISO 4217, such as ARS")
    return Price(most, code) if most else Price(0, "")


def _words(value: str) -> tuple[str, ...]:
    """Each once, in the order of the alphabet: in which order they are asked for says nothing."""
    found = sorted(set(_WORD.findall(question(value))))
    if len(found) > MOST_WORDS:
        raise refused("q", Said("must be at most {most} words", most=MOST_WORDS))
    return tuple(found)


def _order(value: str | None, *, near: Near | None, words: tuple[str, ...]) -> Order:
    """What fits best first, where words are asked for and nothing is said; else what starts first."""
    if value is None:
        return "rank" if words else "start"
    for order in get_args(Order):
        if value.strip().casefold() == order:
            if (order == "distance" and near is None) or (order == "rank" and not words):
                raise refused("sort", "by distance needs a place, and by rank a text")
            return order  # type: ignore[no-any-return]
    raise refused("sort", Said("must be one of {choices}", choices=", ".join(get_args(Order))))
