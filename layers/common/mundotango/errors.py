"""Everything that can be refused, as a tree.

    MundoTangoError
    ├── Invalid           the request says something that cannot be
    │   ├── BadCursor     a page cursor that is tampered with, or another list's
    │   └── BadImage      uploaded bytes that are no picture we can show; the detail is for the person who sent them
    ├── NotAllowed        known caller, forbidden act
    ├── NotFound          no such thing, or none this caller may see
    ├── Conflict          the state of things forbids it now
    │   ├── HandleTaken
    │   ├── ProfileExists
    │   └── MediaNotReady
    ├── ProfileMissing    signed in, but without a profile yet
    └── Unavailable       a store is away; try again after `retry_after` seconds

Which HTTP status each becomes stands in functions/api/errors.py, not here: the same refusal is a status to
a browser, an error frame to a socket and a line to an operator.
"""

from dataclasses import dataclass


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


class BadCursor(Invalid):
    code = "bad-cursor"


class BadImage(Invalid):
    code = "bad-image"


class NotAllowed(MundoTangoError):
    code = "not-allowed"


class NotFound(MundoTangoError):
    code = "not-found"


class Conflict(MundoTangoError):
    code = "conflict"


class HandleTaken(Conflict):
    code = "handle-taken"


class ProfileExists(Conflict):
    code = "profile-exists"


class MediaNotReady(Conflict):
    code = "media-not-ready"


class ProfileMissing(MundoTangoError):
    code = "profile-missing"


class Unavailable(MundoTangoError):
    code = "unavailable"

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
