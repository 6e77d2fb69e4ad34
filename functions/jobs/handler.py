"""Work inside the network that no request waits for: woken by a schedule, or by an operator.

Each job goes on from where the last one ended, so being cut off costs nothing but time.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import Invalid, WritesStopped
from mundotango.observability import counting, logger, observed

# A job ends by itself before Lambda ends it.
MARGIN_SECONDS = 10.0

PAUSED = {"paused": True, "done": False}

type Said = dict[str, object]
type TimeLeft = Callable[[], float]


class JobFailed(Exception):
    """The job went through what it could; each thing that failed stands in the log by itself."""


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], context: Context) -> Said:
    """`event` is `{"job": name}` with what the job takes; the answer says what was done and whether it is `done`.

    Raises:
        JobFailed: at the end, so that the call counts as a failed one.
    """

    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS

    with counting() as counts:
        outcome = run(event, time_left)
        # What an import says of each event is for who asked: it has words of theirs in it.
        told = {name: value for name, value in outcome.items() if name != "outcomes"}
        logger().info("job", job=event["job"], counts=dict(counts), outcome=told)
    if outcome.get("failed"):
        raise JobFailed(f"{event['job']}: {outcome['failed']} failed; the log names each")
    return {"job": event["job"], **outcome}


def run(event: dict[str, Any], time_left: TimeLeft) -> Said:
    """Raises Invalid when there is no such job. While writes are stopped, a job answers that it is `paused`: it has
    nothing to retry, and goes on at its next turn. `{"while_stopped": true}`, of an operator after a restore, lets
    those write that make it fit to serve."""
    from functions.jobs import recovering

    name = str(event.get("job"))
    if name in recovering.JOBS:
        return recovering.JOBS[name](event)
    job = JOBS.get(name)
    if job is None:
        raise Invalid(f"no such job: {event.get('job')!r}; there are {', '.join((*JOBS, *recovering.JOBS))}")
    if event.get("while_stopped") and name in recovering.AFTER_RESTORE:
        with recovering.writing(platform()):
            return job(event, time_left)
    try:
        return dict(PAUSED) if recovering.writes_stopped(platform()) else job(event, time_left)
    except WritesStopped:  # amid the job
        return dict(PAUSED)


# What a job stands on is imported by it alone: a start waits for no other's.


def _sweep_outbox(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.realtime.relay import sweep_outbox
    from mundotango.requests.service import forget_keys

    swept = sweep_outbox(platform(), time_left)
    with platform().unit_of_work() as work:
        return swept | {"keys_forgotten": forget_keys(work, platform().clock)}


def _rebuild_edges(event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.realtime.rebuild import rebuild_edges

    return rebuild_edges(platform(), time_left, _after(event))


def _recount(event: dict[str, Any], time_left: TimeLeft) -> Said:
    """What has changed, on schedule; `{"all": true}` for every bucket, going on from `after`."""
    from mundotango.observability import metric
    from mundotango.reactions.recount import recount_all, recount_changed

    if event.get("all"):
        return recount_all(platform(), time_left, event.get("after"))
    outcome = recount_changed(platform(), time_left)
    metric("ReactionDrift", outcome["corrected"])
    return dict(outcome)


def _run_exports(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.exports.making import run_exports

    return run_exports(platform(), time_left)


def _send_digests(event: dict[str, Any], time_left: TimeLeft) -> Said:
    """To those for whom it is time; `{"user_id": …, "now": true}` to one person, at once."""
    from mundotango.digests.sending import send_digest_now, send_digests

    if event.get("now"):
        return send_digest_now(platform(), UUID(event["user_id"]))
    return send_digests(platform(), time_left)


def _sweep_media(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.attachments.sweep import sweep_media

    return sweep_media(platform(), time_left)


def _clear_conversations(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.conversations.clearing import clear_conversations

    return clear_conversations(platform(), time_left)


def _expand_series(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.occurrences.expanding import expand_series

    return expand_series(platform(), time_left)


def _sweep_documents(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.documents.sweeping import sweep_documents

    return sweep_documents(platform(), time_left)


def _lapse_offers(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.registrations.expiring import lapse_offers

    return lapse_offers(platform(), time_left)


def _import_events(event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.imports.batches import batch_from, import_batch

    return import_batch(platform(), batch_from(event), time_left, event.get("after") or 0)


def _sweep_guests(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.guests.sweeping import sweep_guests

    return sweep_guests(platform(), time_left)


def _tell_attendees(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.broadcasts.sending import tell_attendees

    return tell_attendees(platform(), time_left)


def _remind(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.broadcasts.sending import remind

    return remind(platform(), time_left)


def _erase_accounts(_event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.privacy.erasing import erase_accounts

    return erase_accounts(platform(), time_left)


def _replay_erasures(event: dict[str, Any], time_left: TimeLeft) -> Said:
    from mundotango.privacy.erasing import replay_erasures

    return replay_erasures(platform(), time_left, _after(event))


def _after(event: dict[str, Any]) -> UUID | None:
    after = event.get("after")
    return UUID(after) if after else None


JOBS: dict[str, Callable[[dict[str, Any], TimeLeft], Said]] = {
    "sweep_outbox": _sweep_outbox,
    "rebuild_edges": _rebuild_edges,
    "recount": _recount,
    "run_exports": _run_exports,
    "send_digests": _send_digests,
    "sweep_media": _sweep_media,
    "clear_conversations": _clear_conversations,
    "expand_series": _expand_series,
    "sweep_documents": _sweep_documents,
    "lapse_offers": _lapse_offers,
    "import_events": _import_events,
    "sweep_guests": _sweep_guests,
    "tell_attendees": _tell_attendees,
    "remind": _remind,
    "erase_accounts": _erase_accounts,
    "replay_erasures": _replay_erasures,
}

if settings.runs_in_lambda():
    # Before the first job, at the speed Lambda starts with.
    _warm = (platform().database, platform().activities, platform().edges)
