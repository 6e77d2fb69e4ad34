from typing import Annotated

from pydantic import Field, StringConstraints

from functions.api.schemas.base import Answered, Asked, Id, Line, Moment
from functions.api.schemas.venues import Country
from mundotango.events.model import EventKind

# It is the reader that says so, in characters; this only keeps a request from being absurd.
_FILE = StringConstraints(max_length=1_000_000)


class FeedBody(Answered):
    created_at: Moment = Field(description="Since when the address is this one.")
    path: str | None = Field(
        None,
        description="What calendars subscribe to, at this site's address: a secret, told once, when it is made. With "
        "`?lang=es` events are in Spanish where they are told in it.",
    )


class CalendarFile(Asked):
    """A file of RFC 5545, and what holds for those of its events that say nothing of it themselves."""

    calendar: Annotated[str, _FILE] = Field(
        description="The text of the .ics file: at most 100 events, 500,000 characters."
    )
    kind: EventKind | None = Field(
        default=None, description="Of events whose categories and title have no word for it."
    )
    zone: Annotated[Line, Field(description="IANA time zone; without one, the venue's.")] = ""
    venue_id: Id | None = Field(default=None, description="Where events are whose place is not known.")
    city: Annotated[Line, Field(description="In which venues are known by their names, or made where `GEO` says.")] = ""
    country: Country = ""


class DraftedBody(Answered):
    line: int = Field(description="Where the event begins in the file.")
    event_id: Id
    title: str


class NotDraftedBody(Answered):
    line: int = Field(description="Where it begins in the file.")
    title: str
    reason: str = Field(description="In the language of the request.")


class ImportBody(Answered):
    drafted: list[DraftedBody] = Field(description="Drafts that were made, which the caller may complete and publish.")
    skipped: list[NotDraftedBody] = Field(description="What was not taken over, and why not.")
