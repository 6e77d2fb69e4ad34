import math
from dataclasses import replace
from uuid import UUID

from mundotango import places, text
from mundotango.text import clean, refused
from mundotango.venues.model import Site, Venue

LONGEST_NAME = 200
# Two venues of one name that are nearer are one: as far as two people's pins on a map lie apart for one door.
METRES_APART = 150
_EARTH_RADIUS = 6_371_000


def checked(site: Site) -> Site:
    return replace(
        site,
        name=name("name", site.name),
        address=address(site.address),
        city=places.city(site.city),
        country=places.country(site.country),
        latitude=places.latitude(site.latitude),
        longitude=places.longitude(site.longitude),
        zone=places.zone(site.zone),
    )


def name(field: str, value: str) -> str:
    """It is found by its letters and digits, so it must have some."""
    written = clean(field, value, longest=LONGEST_NAME)
    if not any(character.isalnum() for character in text.key(written)):
        raise refused(field, "must contain a letter or a digit")
    return written


def address(value: str) -> str:
    return clean("address", value, longest=LONGEST_NAME, required=False)


def is_same(venue: Venue, site: Site) -> bool:
    """Whether by this site the venue would be found, as by those who announce events there."""
    return (
        text.key(venue.name) == text.key(site.name)
        and (text.key(venue.city), venue.country, venue.zone) == (text.key(site.city), site.country, site.zone)
        and _metres(venue, site) <= METRES_APART
    )


def _metres(one: Venue, other: Site) -> float:
    """Over the globe, by the haversine formula."""
    north, east = math.radians(other.latitude - one.latitude), math.radians(other.longitude - one.longitude)
    across = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    chord = math.sin(north / 2) ** 2 + across * math.sin(east / 2) ** 2
    return 2 * _EARTH_RADIUS * math.asin(min(1.0, math.sqrt(chord)))


def may_edit(venue: Venue, user_id: UUID, *, moderator: bool) -> bool:
    """Events of many people stand there: who told of it answers for it, else the moderators."""
    return moderator or venue.created_by == user_id
