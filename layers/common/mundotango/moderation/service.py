"""Reports from people, and what moderators do: each act is written down in the transaction that does it.

An act that changes nothing, such as hiding what is hidden, is not written down a second time; a report that is resolved
always is.
"""

from dataclasses import replace
from uuid import UUID

from mundotango.commands.service import socket_closing
from mundotango.errors import NotFound
from mundotango.forgetting.service import forget_post, forget_presence
from mundotango.ids import new_id
from mundotango.messages.policy import CONTEXT
from mundotango.messages.service import remove_reported
from mundotango.moderation import announcement, policy
from mundotango.moderation.model import Act, Action, OpenReport, Reason, Report, Resolution, Target, TargetKind
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock
from mundotango.users.service import get_id
from mundotango.work import UnitOfWork

REPORTS = "moderation-reports"
AUDIT = "moderation-audit"


def report(
    work: UnitOfWork,
    *,
    reporter_id: UUID,
    target_kind: TargetKind,
    target_id: UUID,
    reason: Reason,
    note: str,
    clock: Clock,
) -> Report:
    """Reporting what one has reported, and nobody has looked at yet, is the same report.

    A person is reported across a block too: who blocks first is not safe from it, and who had to block still reports.
    """
    text = policy.note(note)
    target = work.moderation.find_reportable(target_kind, target_id, reporter_id)
    if target is None:
        raise NotFound("there is nothing to report here")
    policy.reportable(target, reporter_id)
    return work.moderation.report(Report(new_id(), reporter_id, target_kind, target_id, reason, text, clock.now()))


def list_open(work: UnitOfWork, cursor: str | None, limit: int) -> Page[OpenReport]:
    """What waits for a moderator, oldest first."""
    checked_limit(limit)
    after = work.read_cursor(REPORTS, cursor) if cursor else None
    found = _with_what_led_to(work, work.moderation.list_open(after, limit + 1))
    return page_of(
        found, limit, lambda open_: work.sign_cursor(REPORTS, Place(open_.report.created_at, open_.report.id))
    )


def _with_what_led_to(work: UnitOfWork, found: list[OpenReport]) -> list[OpenReport]:
    """The messages among what was reported, each with the few before it, by one query where there are any."""
    ids = [open_.report.target_id for open_ in found if open_.report.target_kind == "message"]
    said = work.messages.leading_to(ids, CONTEXT + 1) if ids else {}
    return [replace(open_, said=tuple(said.get(open_.report.target_id, ()))) for open_ in found]


def resolve(
    work: UnitOfWork, moderator_id: UUID, report_id: UUID, resolution: Resolution, reason: str, clock: Clock
) -> Target | None:
    """Decide, and do what was decided; every open report of the same thing is resolved with it.

    Returns what was hidden or removed, or whose writer was suspended.
    """
    why = policy.reason(reason)
    found = work.moderation.get_for_update(report_id)
    if found is None:
        raise NotFound("no such report")
    policy.resolvable(found, resolution)
    decided = (found.target_kind, found.target_id)
    target = None if resolution == "dismissed" else _target(work, *decided)
    if target is not None and resolution == "hidden":
        _hide(work, target, why, clock)
    elif target is not None and resolution == "removed":
        remove_reported(work, target.id, clock)
        announcement.tell_owner(work, "removed", target, why, clock)
    elif target is not None:
        if target.person_id is None:
            raise NotFound("who wrote this is gone")
        decided = ("user", target.person_id)
        _suspend(work, moderator_id, target.person_id, why, clock)
    _note(work, moderator_id, resolution, decided, why, clock, report_id)
    reporters = work.moderation.resolve(found.target_kind, found.target_id, resolution, clock.now())
    announcement.tell_reporters(work, reporters, resolution, found, clock)
    return target


def hide(work: UnitOfWork, moderator_id: UUID, kind: TargetKind, target_id: UUID, reason: str, clock: Clock) -> Target:
    """From everybody but its author."""
    why, target = policy.reason(reason), _target(work, kind, target_id)
    if _hide(work, target, why, clock):
        _note(work, moderator_id, "hidden", (kind, target_id), why, clock)
    return target


def show(work: UnitOfWork, moderator_id: UUID, kind: TargetKind, target_id: UUID, reason: str, clock: Clock) -> Target:
    """What was hidden, again to those it is for."""
    why, target = policy.reason(reason, required=False), _target(work, kind, target_id)
    if work.moderation.show(kind, target_id):
        _note(work, moderator_id, "shown", (kind, target_id), why, clock)
        announcement.tell_owner(work, "shown", target, why, clock)
        if kind == "post":
            forget_post(work, target_id, clock)
            announcement.show_again(work, target_id, clock)
    return target


def suspend(work: UnitOfWork, moderator_id: UUID, handle: str, reason: str, clock: Clock) -> UUID:
    """Nobody sees a suspended person, nor do they write anything, until they are restored."""
    why = policy.reason(reason)
    person_id = get_id(work, handle)
    if _suspend(work, moderator_id, person_id, why, clock):
        _note(work, moderator_id, "suspended", ("user", person_id), why, clock)
    return person_id


def restore(work: UnitOfWork, moderator_id: UUID, handle: str, reason: str, clock: Clock) -> UUID:
    why = policy.reason(reason, required=False)
    person_id = get_id(work, handle)
    if work.moderation.restore(person_id):
        forget_presence(work, person_id, clock)
        _note(work, moderator_id, "restored", ("user", person_id), why, clock)
        announcement.tell_person(work, "restored", person_id, why, clock)
        announcement.show_recent_again(work, person_id, clock)
    return person_id


def list_acts(work: UnitOfWork, cursor: str | None, limit: int) -> Page[Act]:
    """What moderators did, newest first."""
    checked_limit(limit)
    after = work.read_cursor(AUDIT, cursor) if cursor else None
    found = work.moderation.list_acts(after, limit + 1)
    return page_of(found, limit, lambda act: work.sign_cursor(AUDIT, Place(act.at, act.id)))


def _hide(work: UnitOfWork, target: Target, reason: str, clock: Clock) -> bool:
    """False when it was hidden already."""
    if not work.moderation.hide(target.kind, target.id, clock.now()):
        return False
    announcement.tell_owner(work, "hidden", target, reason, clock)
    if target.kind == "post":
        forget_post(work, target.id, clock)
        announcement.withdraw(work, target.id, clock)
    return True


def _suspend(work: UnitOfWork, moderator_id: UUID, person_id: UUID, reason: str, clock: Clock) -> bool:
    """False when this person was suspended already."""
    policy.suspendable(person_id, moderator_id)
    if not work.moderation.suspend(person_id, clock.now()):
        return False
    forget_presence(work, person_id, clock)
    announcement.tell_person(work, "suspended", person_id, reason, clock)
    announcement.withdraw_recent(work, person_id, clock)
    work.record(socket_closing(person_id, "suspended", clock))
    return True


def _note(
    work: UnitOfWork,
    moderator_id: UUID,
    action: Action,
    target: tuple[TargetKind, UUID],
    reason: str,
    clock: Clock,
    report_id: UUID | None = None,
) -> None:
    kind, target_id = target
    work.moderation.add_act(Act(new_id(), moderator_id, action, kind, target_id, report_id, reason, clock.now()))


def _target(work: UnitOfWork, kind: TargetKind, target_id: UUID) -> Target:
    target = work.moderation.find_target(kind, target_id)
    if target is None:
        raise NotFound("there is nothing to moderate here")
    return target
