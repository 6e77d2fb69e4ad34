from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mundotango.posts.model import moment_payload


@dataclass(frozen=True, slots=True)
class Site:
    """What somebody says of a place, as they said it."""

    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    zone: str


@dataclass(frozen=True, slots=True)
class Venue:
    """A place to dance at, which everybody's events name. `zone` is its IANA time zone; `country` is ISO 3166-1.

    `created_by` is None once who told of it has left; the venue stays, for it is others' too.
    """

    id: UUID
    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    zone: str
    created_by: UUID | None
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """One that a search found, by how well it fits."""

    venue: Venue
    rank: int


def venue_payload(venue: Venue) -> dict[str, Any]:
    """In JSON's types, the same to everybody: not who told of it."""
    return {
        "id": str(venue.id),
        "name": venue.name,
        "address": venue.address,
        "city": venue.city,
        "country": venue.country,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "zone": venue.zone,
        "created_at": moment_payload(venue.created_at),
        "version": venue.version,
    }
