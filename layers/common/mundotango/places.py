"""What says where something is, for people and events alike."""

import math
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mundotango import text
from mundotango.errors import Said
from mundotango.text import clean, refused

LONGEST_CITY = 100
COUNTRY = "[A-Z]{2}"
LARGEST_LATITUDE = 90
LARGEST_LONGITUDE = 180

_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+){1,2}")


def city(value: str, *, required: bool = True) -> str:
    """It is found by its letters, so it must have some."""
    name = clean("city", value, longest=LONGEST_CITY, required=required)
    if name and not text.key(name):
        raise refused("city", "must contain a letter")
    return name


def country(value: str) -> str:
    if not re.fullmatch(COUNTRY, value):
        raise refused("country", "must be two capital letters, as in ISO 3166-1")
    return value


def latitude(value: float) -> float:
    return _coordinate("latitude", value, LARGEST_LATITUDE)


def longitude(value: float) -> float:
    return _coordinate("longitude", value, LARGEST_LONGITUDE)


def zone(value: str) -> str:
    """An IANA name of a place; abbreviations and fixed offsets know no summer time and are refused."""
    try:
        if _ZONE.fullmatch(value):
            ZoneInfo(value)
            return value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # OSError: the name of a folder of zones
    raise refused("zone", "must be an IANA time zone, such as America/Argentina/Buenos_Aires")


def _coordinate(field: str, value: float, largest: int) -> float:
    if not math.isfinite(value) or abs(value) > largest:
        raise refused(field, Said("must be from {least} to {largest}", least=-largest, largest=largest))
    return value
