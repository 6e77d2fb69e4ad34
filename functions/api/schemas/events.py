from datetime import date
from typing import Annotated, Any

from pydantic import Field, StrictInt

from functions.api.schemas.base import UNSAID, Answered, Asked, Id, Line, Lines, Local, Moment
from functions.api.schemas.posts import Attachment, AuthorBody, PictureBody
from functions.api.schemas.venues import Country, Latitude, Longitude
from mundotango.events import policy
from mundotango.events.model import EventKind, EventStatus, Part, Role, Text
from mundotango.recurrence.policy import MOST_DATES

_LANGUAGE = Field(description="BCP 47, such as es or pt-BR; of the original it may be empty.")
_VENUE_ID = Field(description="A venue that is there; else it is found, or told of, by its name and where it is.")
_STARTS_AT = Field(
    description="Of a series, of its first time. It is kept by the clocks of the zone, so in an hour that they show "
    "twice the first is meant."
)
_RULE = Field(
    description="RRULE of RFC 5545 without its name, such as FREQ=WEEKLY;BYDAY=FR;COUNT=40; it ends within five years, "
    "by COUNT or UNTIL, and the event's start is its first. Empty for what takes place once."
)
_EXCLUDED = "EXDATE: starts of the series that do not take place."
_ADDED = "RDATE: starts beyond the rule's."
_PRICE = Field(description="In the currency's smallest unit; 0 is free, null says nothing.")
_CURRENCY = Field(description="ISO 4217, such as ARS.")
_LINK = Field(description="https, where there is more; or empty.")
_STATUS = Field(
    json_schema_extra={"enum": ["draft", "published", "cancelled", "postponed"]},
    description="What was announced is no draft any more.",
)
# It is the policy that refuses more than it allows; these only keep a request from being absurd.
_MANY = 100


class Translation(Asked):
    language: Annotated[Line, _LANGUAGE]
    title: Line
    description: Lines = ""

    def said(self) -> Text:
        return Text(self.language, self.title, self.description)


class PersonNamed(Asked):
    """A person by their profile, or by a name."""

    role: Role
    user_id: Id | None = None
    name: Line = ""

    def said(self) -> Part:
        return Part(self.role, self.user_id, self.name)


class NewEvent(Asked):
    title: Line
    description: Lines = ""
    language: Annotated[Line, _LANGUAGE] = ""
    translations: list[Translation] = Field(default=[], max_length=_MANY)
    kind: EventKind
    status: Annotated[
        Line, Field(json_schema_extra={"enum": ["draft", "published"]}, description="A draft only organisers see.")
    ] = "published"
    venue_id: Annotated[Id | None, _VENUE_ID] = None
    city: Line = ""
    country: Country = ""
    venue_name: Line = ""
    address: Line = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    zone: Annotated[Line, Field(description="IANA time zone; without one, the venue's.")] = ""
    starts_at: Annotated[Moment, _STARTS_AT]
    ends_at: Moment
    rule: Annotated[Line, _RULE] = ""
    excluded: list[Local] = Field(default=[], max_length=MOST_DATES, description=_EXCLUDED)
    added: list[Local] = Field(default=[], max_length=MOST_DATES, description=_ADDED)
    people: list[PersonNamed] = Field(default=[], max_length=_MANY)
    price: Annotated[StrictInt | None, _PRICE] = None
    currency: Annotated[Line, _CURRENCY] = ""
    link: Annotated[Line, _LINK] = ""
    tags: list[Line] = Field(default=[], max_length=_MANY)
    media: list[Attachment] = Field(default=[], max_length=_MANY)
    parent_id: Id | None = Field(
        default=None,
        description=f"Of a session: an event of the caller's that is a {', '.join(sorted(policy.HOLDING_SESSIONS))}.",
    )


class EventChanges(Asked):
    """What is left out stays as it is; a list that is given takes the place of the one that was."""

    title: Line = UNSAID
    description: Lines = UNSAID
    language: Annotated[Line, _LANGUAGE] = UNSAID
    translations: list[Translation] = Field(default=[], max_length=_MANY)
    kind: EventKind = UNSAID
    status: Annotated[Line, _STATUS] = UNSAID
    venue_id: Id = UNSAID
    zone: Annotated[Line, Field(description="Times that are not given stay by the clocks.")] = UNSAID
    starts_at: Annotated[Moment, _STARTS_AT] = UNSAID
    ends_at: Moment = UNSAID
    rule: Annotated[Line, _RULE] = UNSAID
    excluded: list[Local] = Field(default=[], max_length=MOST_DATES, description=_EXCLUDED)
    added: list[Local] = Field(default=[], max_length=MOST_DATES, description=_ADDED)
    people: list[PersonNamed] = Field(default=[], max_length=_MANY)
    price: Annotated[StrictInt | None, _PRICE] = None
    currency: Annotated[Line, _CURRENCY] = UNSAID
    link: Annotated[Line, _LINK] = UNSAID
    tags: list[Line] = Field(default=[], max_length=_MANY)
    media: list[Attachment] = Field(default=[], max_length=_MANY, description="All pictures that it shows then.")


class OccurrenceChanges(Asked):
    """What is left out stays as it is; null is as in the series again."""

    status: Annotated[Line | None, Field(json_schema_extra={"enum": ["published", "cancelled", "postponed", None]})] = (
        None
    )
    starts_at: Moment | None = Field(default=None, description="With `ends_at`, both or neither.")
    ends_at: Moment | None = None
    venue_id: Id | None = None


class TranslationBody(Answered):
    language: str
    title: str
    description: str


class EventPersonBody(Answered):
    role: Role
    name: str
    profile: AuthorBody | None = Field(description="Of who has one that everybody may see; others are left out.")


class _Series(Answered):
    first_start: Local = Field(description="Of the event, by the clocks of its zone: the first of a series.")
    rule: str = Field(description="RRULE; empty for what takes place once.")
    excluded: list[Local]
    added: list[Local]


class EventBody(_Series):
    """An event at one of the times it takes place."""

    id: Id
    occurrence_id: Id
    original_start: Local = Field(
        description="What this time is known by in its series (RECURRENCE-ID): when the series has it start, by the "
        "clocks of the zone."
    )
    title: str
    description: str
    language: str
    translations: list[TranslationBody]
    kind: EventKind
    status: EventStatus = Field(description="Of this time.")
    venue_id: Id
    city: str
    country: str
    venue_name: str
    address: str
    latitude: float
    longitude: float
    zone: str
    starts_at: Moment
    ends_at: Moment
    night: date = Field(description="The evening it belongs to, though it may begin after midnight.")
    people: list[EventPersonBody]
    price: int | None
    currency: str
    link: str
    tags: list[str]
    media: list[PictureBody]
    parent_id: Id | None
    organiser_id: Id
    version: int = Field(description="Counts the edits, from 1; what `If-Match` of a change must say.")
    created_at: Moment
    changed_at: Moment


class EventWithLinkedData(EventBody):
    json_ld: dict[str, Any] = Field(
        description="`schema.org/DanceEvent`, for a page to embed as `application/ld+json`. Here `<` is written as "
        "`\\u003c`; whoever writes it anew has to do that again, or a text with `</script>` would end the script."
    )


class EventPage(Answered):
    items: list[EventBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class EventVersionBody(Answered):
    version: int
    content: dict[str, Any] = Field(
        description="What it said, but for its pictures; of an edit of one time, `occurrence` is what that one had of "
        "its own."
    )
    written_at: Moment = Field(description="When it ceased to be so; of the newest, since when it is.")


class EventVersionList(Answered):
    items: list[EventVersionBody] = Field(description="Newest first: how it reads now, then before each edit.")
