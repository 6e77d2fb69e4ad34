from typing import Annotated, Any

from pydantic import Field, StrictBool

from functions.api.schemas.base import Answered, Asked, Id, Line, Moment
from functions.api.schemas.posts import AuthorBody
from mundotango.languages import LANGUAGES, Language
from mundotango.notifications.model import MOST_COUNTED, MOST_NAMED, RHYTHMS, NotificationKind, Rhythm, Way

# Shown to readers of the API; it is the policy that refuses.
_RHYTHMS: dict[str, Any] = {"enum": list(RHYTHMS)}
_LANGUAGES: dict[str, Any] = {"enum": list(LANGUAGES)}

_Unread = Annotated[int, Field(description=f"Counted up to {MOST_COUNTED}: that many or more.")]


class NotificationBody(Answered):
    id: Id = Field(description="The same while others join, which moves it to a new position.")
    kind: NotificationKind
    subject: dict[str, str | None] = Field(description="What it is about: ids, and of moderation what was decided.")
    actor_ids: list[Id] = Field(description=f"Whose doing it is, newest first: {MOST_NAMED} at most.")
    actors: list[AuthorBody] = Field(description="The same people, as far as the caller still sees them.")
    count: int = Field(description=f"Of people, counted up to {MOST_COUNTED}: that many or more.")
    position: Id
    at: Moment
    unread: bool


class NotificationPage(Answered):
    items: list[NotificationBody]
    newest: Id | None = Field(
        description="The position up to which the page speaks, of what it leaves out too: what to mark as read."
    )
    unread: _Unread
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class UnreadBody(Answered):
    unread: _Unread


class ReadMark(Asked):
    up_to: Id = Field(description="`newest` of the page that was shown, or the position of a notification.")


class ReadBody(Answered):
    up_to: Id | None = Field(description="null while nothing was read.")
    unread: _Unread


class PreferenceChange(Asked):
    kinds: dict[NotificationKind, dict[Way, StrictBool]] = Field(
        default={}, description="Kinds and ways that are left out stay as they are."
    )
    digest: Annotated[Line, Field(json_schema_extra=_RHYTHMS, description="How often by e-mail.")]
    language: Annotated[
        Line, Field(json_schema_extra=_LANGUAGES, description="Of what is sent by e-mail and to devices.")
    ]
    zone: Annotated[Line, Field(description="IANA time zone, such as America/Argentina/Buenos_Aires.")]


class PreferenceBody(Answered):
    kinds: dict[NotificationKind, dict[Way, bool]]
    digest: Rhythm
    language: Language
    zone: str
