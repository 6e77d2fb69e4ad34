"""An event, and an event at one of its times, of the rows that the repository's statements answer."""

from typing import Any
from uuid import UUID

from mundotango.events.model import Dated, Event, Part, Text
from mundotango.occurrences.rows import occurrence_from
from mundotango.posts.model import Author
from mundotango.recurrence.model import Recurrence
from mundotango.venues.model import Venue


def event_from(row: dict[str, Any]) -> Event:
    return Event(
        id=row["of_event"],
        organiser_id=row["organiser_id"],
        kind=row["of_kind"],
        status=row["as_a_whole"],
        texts=tuple(Text(*said) for said in row["said"]),
        venue_id=row["usual_venue"],
        zone=row["zone"],
        starts=row["starts"],
        ends=row["ends"],
        recurrence=Recurrence(row["rule"], tuple(row["excluded"]), tuple(row["added"])),
        people=tuple(Part(part["role"], _id(part["user_id"]), part["name"]) for part in row["parts"] or ()),
        price=row["price"],
        currency=row["currency"],
        link=row["link"],
        tags=tuple(row["tags"]),
        media=tuple(row["media"] or ()),
        parent_id=row["parent_id"],
        created_at=row["created_at"],
        changed_at=row["edited_at"],
        version=row["version"],
    )


def dated_from(row: dict[str, Any]) -> Dated:
    venue = Venue(
        id=row["venue_id"],
        name=row["venue_name"],
        address=row["address"],
        city=row["city"],
        country=row["country"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        zone=row["venue_zone"],
        created_by=row["created_by"],
        created_at=row["known_at"],
        version=row["venue_version"],
    )
    profiles = {
        UUID(part["user_id"]): Author(UUID(part["user_id"]), *part["profile"])
        for part in row["parts"] or ()
        if part["profile"] is not None
    }
    return Dated(event_from(row), occurrence_from(row), venue, profiles)


def _id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
