from pydantic import Field

from functions.api.schemas.base import Answered, Asked, Id, Lines, Moment
from functions.api.schemas.conversations import MessageBody
from mundotango.moderation.model import Action, Reason, Resolution, TargetKind


class NewReport(Asked):
    target_kind: TargetKind
    target_id: Id
    reason: Reason
    note: Lines = Field(default="", description="What moderators should know, to 1,000 characters.")


class ReportBody(Answered):
    id: Id
    target_kind: TargetKind
    target_id: Id
    reason: Reason
    note: str
    created_at: Moment


class TargetBody(Answered):
    """What was reported, as it is now; whose it is, is null where they are gone."""

    person_id: Id | None
    handle: str | None
    display_name: str | None
    text: str = Field(description="The beginning of what they wrote; of a person, what they say of themselves.")
    hidden: bool
    suspended: bool


class OpenReportBody(ReportBody):
    reporter_id: Id | None
    reports_on_target: int = Field(description="How many open reports there are of the same thing.")
    target: TargetBody | None = Field(description="Null when what was reported is gone.")
    said: list[MessageBody] = Field(
        description="Of a reported message, it and up to five before it, oldest first; else empty. Nothing else of a "
        "conversation is shown."
    )


class OpenReportPage(Answered):
    items: list[OpenReportBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


class NewResolution(Asked):
    resolution: Resolution
    reason: Lines = Field(description="Why; it is kept in the audit.")


class Because(Asked):
    reason: Lines = Field(description="Why; it is kept in the audit.")


class ActBody(Answered):
    id: Id
    moderator_id: Id
    action: Action
    target_kind: TargetKind
    target_id: Id
    report_id: Id | None
    reason: str
    at: Moment


class ActPage(Answered):
    items: list[ActBody]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")
