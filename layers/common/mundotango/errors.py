"""Everything that can be refused, as a tree.

    MundoTangoError
    ├── Invalid           the request says something that cannot be
    │   ├── BadChannel    no channel a client can listen to
    │   ├── BadCursor     a page cursor that is tampered with, or another list's
    │   ├── BadFrame      what a socket sent is not JSON, names no known action, or has a field of the wrong kind
    │   ├── BadImage      uploaded bytes that are no picture we can show; the detail is for the person who sent them
    │   ├── BadKey        an Idempotency-Key that is none
    │   └── KeyReused     an Idempotency-Key that came with another body before
    ├── NotAllowed        known caller, forbidden act
    │   └── Suspended     by a moderator: reads on, but writes nothing
    ├── NotFound          no such thing, or none this caller may see
    ├── Conflict          the state of things forbids it now
    │   ├── AlreadyDone   under this Idempotency-Key, and there is nothing to show of it
    │   ├── EventExists   it was made before, of the same row or the same UID of a file
    │   ├── FollowLimit   whoever asks follows as many as one may
    │   ├── HandleTaken
    │   ├── InProgress    under this Idempotency-Key, by another request; try again after `retry_after` seconds
    │   ├── ProfileExists
    │   ├── MediaNotReady
    │   ├── ExportWaiting an export was asked for and is not ready yet
    │   ├── ExportRecent  there is one of the last day
    │   ├── TooLate       the account is being deleted
    │   └── VenueExists   of this name, at this place
    ├── PreconditionFailed    a change to what is no longer as its writer saw it
    ├── PreconditionRequired  a change that does not say what its writer saw
    ├── ProfileMissing    signed in, but without a profile yet
    ├── TooManyRequests   of this kind, by this person; try again after `retry_after` seconds
    └── Unavailable       a store is away; try again after `retry_after` seconds
        ├── ReaderAway    the database's reader is; what only reads is asked again at once, of the primary
        ├── SessionEnded  by the database, amid a request; what only reads is asked again at once
        └── WritesStopped a failover or an operator holds them up; what only reads goes on

Which HTTP status each becomes stands in functions/api/errors.py, not here: the same refusal is a status to
a browser, an error frame to a socket and a line to an operator.

What a refusal says is English. Where it has values in it, it is `Said`, so that mundotango/languages can say it again
in the reader's language; a constant string is its own template.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID


class Said(str):
    """English text that knows what it was made of: a template, as of `str.format`, and its values."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        said = super().__new__(cls, template.format(**values))
        said.template = template
        said.values = values
        return said


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was refused; `field` is its dotted path in the request, such as `media.0.id`."""

    field: str
    message: str


class MundoTangoError(Exception):
    """A refusal that has a name; `code` is stable, part of the contract with clients."""

    code = "error"

    def __init__(self, detail: str, *fields: FieldError) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields


class Invalid(MundoTangoError):
    code = "invalid"


class BadChannel(Invalid):
    code = "bad-channel"


class BadFrame(Invalid):
    """Its code says in which way, so that a client's developer finds it: bad-json, unknown-action, bad-field, …"""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class BadCursor(Invalid):
    code = "bad-cursor"


class BadImage(Invalid):
    code = "bad-image"


class BadKey(Invalid):
    code = "bad-idempotency-key"


class KeyReused(Invalid):
    code = "idempotency-key-reused"


class NotAllowed(MundoTangoError):
    code = "not-allowed"


class Suspended(NotAllowed):
    code = "suspended"


class NotFound(MundoTangoError):
    code = "not-found"


class Conflict(MundoTangoError):
    code = "conflict"


class AlreadyDone(Conflict):
    code = "already-done"


class InProgress(Conflict):
    code = "in-progress"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class FollowLimit(Conflict):
    code = "follow-limit"


class HandleTaken(Conflict):
    code = "handle-taken"


class ProfileExists(Conflict):
    code = "profile-exists"


class MediaNotReady(Conflict):
    code = "media-not-ready"


class PreconditionFailed(MundoTangoError):
    code = "precondition-failed"


class PreconditionRequired(MundoTangoError):
    code = "precondition-required"


class ExportWaiting(Conflict):
    code = "export-waiting"


class ExportRecent(Conflict):
    code = "export-recent"


class TooLate(Conflict):
    code = "too-late"


class VenueExists(Conflict):
    code = "venue-exists"


class EventExists(Conflict):
    code = "event-exists"

    def __init__(self, detail: str, event_id: UUID) -> None:
        super().__init__(detail)
        self.event_id = event_id


class ProfileMissing(MundoTangoError):
    code = "profile-missing"


class TooManyRequests(MundoTangoError):
    code = "too-many-requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(MundoTangoError):
    code = "unavailable"

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ReaderAway(Unavailable):
    pass


class SessionEnded(Unavailable):
    pass


class WritesStopped(Unavailable):
    code = "writes-stopped"

    def __init__(self, detail: str, *, retry_after: int = 10) -> None:
        super().__init__(detail, retry_after=retry_after)
