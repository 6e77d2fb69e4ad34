from uuid import UUID

from mundotango.errors import Conflict, FieldError, Invalid
from mundotango.moderation.model import Report, Resolution, Target
from mundotango.text import clean, refused

LONGEST_NOTE = 1000
LONGEST_REASON = 1000
# Of what was reported, as much as a list shows.
LONGEST_EXCERPT = 500


def note(value: str) -> str:
    return clean("note", value, longest=LONGEST_NOTE, required=False, lines=True)


def reason(value: str, *, required: bool = True) -> str:
    """Why a moderator does what they do: it stays in the audit."""
    return clean("reason", value, longest=LONGEST_REASON, required=required, lines=True)


def reportable(target: Target, reporter_id: UUID) -> None:
    if target.person_id == reporter_id:
        raise Invalid("nobody reports what is their own", FieldError("target_id", "is your own"))


def resolvable(report: Report, resolution: Resolution) -> None:
    if report.resolved_at is not None:
        raise Conflict("this report is resolved already")
    if resolution == "hidden" and report.target_kind not in ("post", "comment"):
        raise refused("resolution", "is for posts and comments; a person is suspended, a message removed")
    if resolution == "removed" and report.target_kind != "message":
        raise refused("resolution", "is for messages; posts and comments are hidden, a person is suspended")


def suspendable(person_id: UUID, moderator_id: UUID) -> None:
    if person_id == moderator_id:
        raise Conflict("nobody suspends themselves")
