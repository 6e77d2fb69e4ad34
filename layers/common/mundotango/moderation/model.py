"""What people report, and what moderators do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

if TYPE_CHECKING:
    # Every write asks whether its caller is suspended, and few are of moderators.
    from mundotango.messages.model import Message

TargetKind = Literal["user", "post", "comment", "message"]
Reason = Literal["spam", "harassment", "hate", "nudity", "violence", "impersonation", "other"]
Resolution = Literal["dismissed", "hidden", "removed", "suspended"]
Action = Literal["dismissed", "hidden", "removed", "shown", "suspended", "restored"]


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody thinks moderators should look at; `reporter_id` is None once the reporter is gone."""

    id: UUID
    reporter_id: UUID | None
    target_kind: TargetKind
    target_id: UUID
    reason: Reason
    note: str
    created_at: datetime
    resolved_at: datetime | None = None
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What was reported, as it is now. `person_id` is whose it is: the person themselves, or who wrote it."""

    kind: TargetKind
    id: UUID
    person_id: UUID | None
    handle: str | None
    display_name: str | None
    text: str
    hidden: bool
    suspended: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of a post: the people it mentions where it is for them, else (None) its author's followers."""

    post_id: UUID
    author_id: UUID
    mentioned: list[UUID] | None


@dataclass(frozen=True, slots=True)
class OpenReport:
    """A report in the queue; `target` is None when what was reported is gone by now.

    `said` is a reported message and what led to it, oldest first: all that is seen of the conversation.
    """

    report: Report
    reports_on_target: int
    target: Target | None
    said: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What a moderator did. `moderator_id` and `target_id` stay, whatever becomes of whom they name."""

    id: UUID
    moderator_id: UUID
    action: Action
    target_kind: TargetKind
    target_id: UUID
    report_id: UUID | None
    reason: str
    at: datetime
