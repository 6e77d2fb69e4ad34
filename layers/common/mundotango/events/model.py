"""Events, as they are kept and as they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from mundotango.media.model import shown_picture
from mundotango.posts.model import Author, author_payload, moment_payload
from mundotango.recurrence.model import Recurrence
from mundotango.text import key
from mundotango.venues.model import Venue

if TYPE_CHECKING:
    from mundotango.occurrences.model import Occurrence

EventKind = Literal[
    "class",
    "concert",
    "course",
    "encuentro",
    "festival",
    "festivalito",
    "marathon",
    "milonga",
    "practica",
    "workshop",
]
EventStatus = Literal["draft", "published", "cancelled", "postponed"]
Role = Literal["organiser", "teacher", "dj", "orchestra"]


@dataclass(frozen=True, slots=True)
class Text:
    """What an event says of itself in one language; of the original it may be unknown in which."""

    language: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody who makes the event: a person with a profile, or just a name."""

    role: Role
    user_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something to dance at, once or as a series. The first of its texts is the original.

    `starts` and `ends` are those of the first time, by the clocks of the `zone`; `price` is in the smallest unit of its
    currency, None where nothing is said. `parent_id` is the festival or the course that it is a session of.
    """

    id: UUID
    organiser_id: UUID
    kind: EventKind
    status: EventStatus
    texts: tuple[Text, ...]
    venue_id: UUID
    zone: str
    starts: datetime
    ends: datetime
    recurrence: Recurrence
    people: tuple[Part, ...]
    price: int | None
    currency: str
    link: str
    tags: tuple[str, ...]
    media: tuple[dict[str, Any], ...]
    parent_id: UUID | None
    created_at: datetime
    changed_at: datetime
    version: int = 1

    @property
    def title(self) -> str:
        return self.texts[0].title

    @property
    def repeats(self) -> bool:
        return bool(self.recurrence.rule or self.recurrence.added)

    @property
    def editors(self) -> set[UUID]:
        """Who may change it."""
        named = {part.user_id for part in self.people if part.role == "organiser" and part.user_id is not None}
        return named | {self.organiser_id}


@dataclass(frozen=True, slots=True)
class Dated:
    """An event at one of the times that it takes place, as it is shown: `profiles` are the people of whom everybody may
    know."""

    event: Event
    occurrence: Occurrence
    venue: Venue
    profiles: dict[UUID, Author]


@dataclass(frozen=True, slots=True)
class Edited:
    """An event after a change, and the keys of the cities in whose lists it stands or stood."""

    dated: Dated
    cities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Version:
    """An event as it read before an edit, in JSON's types; of an edit of one occurrence, that occurrence's own."""

    version: int
    content: dict[str, Any]
    written_at: datetime


def city_of(dated: Dated) -> str:
    return key(dated.venue.city)


def event_payload(dated: Dated) -> dict[str, Any]:
    """In JSON's types, as the API answers it: the event, at the time and the place of this occurrence."""
    event, occurrence, venue = dated.event, dated.occurrence, dated.venue
    original = event.texts[0]
    return {
        "id": str(event.id),
        "occurrence_id": str(occurrence.id),
        "original_start": local_payload(occurrence.original),
        "title": original.title,
        "description": original.description,
        "language": original.language,
        "translations": [_text_payload(text) for text in event.texts[1:]],
        "kind": event.kind,
        "status": occurrence.status,
        "venue_id": str(venue.id),
        "city": venue.city,
        "country": venue.country,
        "venue_name": venue.name,
        "address": venue.address,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "zone": event.zone,
        "starts_at": moment_payload(occurrence.starts_at),
        "ends_at": moment_payload(occurrence.ends_at),
        "night": occurrence.night.isoformat(),
        **_series_payload(event),
        "people": [_part_payload(part, dated.profiles) for part in event.people if _is_shown(part, dated.profiles)],
        "price": event.price,
        "currency": event.currency,
        "link": event.link,
        "tags": list(event.tags),
        "media": [shown_picture(picture) for picture in event.media],
        "parent_id": None if event.parent_id is None else str(event.parent_id),
        "organiser_id": str(event.organiser_id),
        "version": event.version,
        "created_at": moment_payload(event.created_at),
        "changed_at": moment_payload(max(event.changed_at, occurrence.changed_at)),
    }


def content_payload(event: Event) -> dict[str, Any]:
    """What an edit may change, as it is kept of what was before."""
    return {
        "kind": event.kind,
        "status": event.status,
        "texts": [_text_payload(text) for text in event.texts],
        "venue_id": str(event.venue_id),
        "zone": event.zone,
        "first_end": local_payload(event.ends),
        **_series_payload(event),
        "people": [
            {"role": part.role, "user_id": part.user_id and str(part.user_id), "name": part.name}
            for part in event.people
        ],
        "price": event.price,
        "currency": event.currency,
        "link": event.link,
        "tags": list(event.tags),
    }


def local_payload(moment: datetime) -> str:
    """A time by the clocks of a place."""
    return moment.isoformat()


def _series_payload(event: Event) -> dict[str, Any]:
    return {
        "first_start": local_payload(event.starts),
        "rule": event.recurrence.rule,
        "excluded": [local_payload(start) for start in event.recurrence.excluded],
        "added": [local_payload(start) for start in event.recurrence.added],
    }


def _text_payload(text: Text) -> dict[str, Any]:
    return {"language": text.language, "title": text.title, "description": text.description}


def _is_shown(part: Part, profiles: dict[UUID, Author]) -> bool:
    return part.user_id is None or part.user_id in profiles


def _part_payload(part: Part, profiles: dict[UUID, Author]) -> dict[str, Any]:
    if part.user_id is None:
        return {"role": part.role, "name": part.name, "profile": None}
    profile = profiles[part.user_id]
    return {"role": part.role, "name": profile.display_name, "profile": author_payload(profile)}
