"""What people are told of decisions: whose post, comment or account it was, who had reported it, and those who were
told of a post that is not there for them any more, or is again."""

from collections.abc import Iterator, Sequence
from typing import Literal
from uuid import UUID

from mundotango.ids import new_id
from mundotango.moderation.model import Action, Report, Resolution, Target, TargetKind, Told
from mundotango.ports import Clock
from mundotango.posts.announcement import announce
from mundotango.realtime.model import Activity, author_channel, user_channel
from mundotango.realtime.policy import ACTIVITY_LIFE
from mundotango.work import UnitOfWork

# Of one author's posts of a day. Who writes more than that is suspended for it.
MOST_WITHDRAWN = 200

Role = Literal["owner", "reporter"]


def tell_owner(work: UnitOfWork, decision: Action, target: Target, reason: str, clock: Clock) -> None:
    """Whose it is, unless nobody is left."""
    if target.person_id is not None:
        _tell(work, target.person_id, "owner", decision, (target.kind, target.id), reason, clock)


def tell_person(work: UnitOfWork, decision: Action, person_id: UUID, reason: str, clock: Clock) -> None:
    """Of their own account."""
    _tell(work, person_id, "owner", decision, ("user", person_id), reason, clock)


def tell_reporters(
    work: UnitOfWork, reporters: Sequence[UUID], resolution: Resolution, report: Report, clock: Clock
) -> None:
    """Of what they reported, without the reason, which is for whose it is."""
    for reporter_id in reporters:
        _tell(work, reporter_id, "reporter", resolution, (report.target_kind, report.target_id), "", clock)


def withdraw(work: UnitOfWork, post_id: UUID, clock: Clock) -> None:
    """From those who were told of it."""
    told = work.moderation.find_told(post_id)
    if told is not None:
        _withdraw(work, told, clock)


def withdraw_recent(work: UnitOfWork, author_id: UUID, clock: Clock) -> None:
    """Those posts which a socket that comes back would be told of now."""
    for told in _recent(work, author_id, clock):
        _withdraw(work, told, clock)


def show_again(work: UnitOfWork, post_id: UUID, clock: Clock) -> None:
    told = work.moderation.find_told(post_id)
    post = work.posts.find(post_id, told.author_id) if told is not None else None
    if post is not None:
        announce(work, "post.updated", post, clock)


def show_recent_again(work: UnitOfWork, author_id: UUID, clock: Clock) -> None:
    for told in _recent(work, author_id, clock):
        show_again(work, told.post_id, clock)


def _recent(work: UnitOfWork, author_id: UUID, clock: Clock) -> Iterator[Told]:
    yield from work.moderation.list_told(author_id, clock.now() - ACTIVITY_LIFE, MOST_WITHDRAWN)


def _withdraw(work: UnitOfWork, told: Told, clock: Clock) -> None:
    channels = [author_channel(told.author_id)] if told.mentioned is None else map(user_channel, told.mentioned)
    for channel in channels:
        work.record(
            Activity(
                id=new_id(),
                kind="post.withdrawn",
                actor_id=None,
                channel=channel,
                payload={"post_id": str(told.post_id)},
                occurred_at=clock.now(),
            )
        )


def _tell(
    work: UnitOfWork,
    person_id: UUID,
    role: Role,
    decision: Action,
    subject: tuple[TargetKind, UUID],
    reason: str,
    clock: Clock,
) -> None:
    """By nobody: who decided is told to nobody."""
    kind, subject_id = subject
    work.record(
        Activity(
            id=new_id(),
            kind="moderation.decided",
            actor_id=None,
            channel=user_channel(person_id),
            payload={
                "decision": decision,
                "subject": kind,
                "subject_id": str(subject_id),
                "reason": reason,
                "role": role,
            },
            occurred_at=clock.now(),
        )
    )
