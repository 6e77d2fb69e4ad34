"""Work inside the network that no request waits for: woken by a schedule, or by an operator.

Each job goes on from where the last one ended, so being cut off costs nothing but time.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.errors import Invalid
from mundotango.observability import counting, logger

# A job ends by itself before Lambda ends it.
MARGIN_SECONDS = 10.0

JOBS = (
    "sweep_outbox", "rebuild_edges", "recount", "run_exports", "send_digests", "sweep_media", "clear_conversations",
    "expand_series", "erase_accounts", "replay_erasures",
)  # fmt: skip


class JobFailed(Exception):
    """The job went through what it could; each thing that failed stands in the log by itself."""


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@cache
def platform() -> Platform:
    return Platform()


def lambda_handler(event: dict[str, Any], context: Context) -> dict[str, object]:
    """`event` is `{"job": name}` with what the job takes; the answer says what was done and whether it is `done`.

    Raises:
        JobFailed: at the end, so that the call counts as a failed one.
    """

    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS

    with counting() as counts:
        outcome = run(event, time_left)
        logger().info("job", job=event["job"], counts=dict(counts), outcome=outcome)
    if outcome.get("failed"):
        raise JobFailed(f"{event['job']}: {outcome['failed']} failed; the log names each")
    return {"job": event["job"], **outcome}


def run(event: dict[str, Any], time_left: Callable[[], float]) -> dict[str, object]:
    outcome: dict[str, object]
    match event:
        case {"job": "sweep_outbox"}:
            from mundotango.realtime.relay import sweep_outbox

            outcome = sweep_outbox(platform(), time_left) | {"keys_forgotten": _forget_keys()}
        case {"job": "rebuild_edges"}:
            from mundotango.realtime.rebuild import rebuild_edges

            after = event.get("after")
            outcome = rebuild_edges(platform(), time_left, UUID(after) if after else None)
        case {"job": "recount"}:
            outcome = _recount(event, time_left)
        case {"job": "run_exports"}:
            from mundotango.exports.making import run_exports

            outcome = run_exports(platform(), time_left)
        case {"job": "send_digests"}:
            outcome = _send_digests(event, time_left)
        case {"job": "sweep_media"}:
            from mundotango.attachments.sweep import sweep_media

            outcome = sweep_media(platform(), time_left)
        case {"job": "clear_conversations"}:
            from mundotango.conversations.clearing import clear_conversations

            outcome = clear_conversations(platform(), time_left)
        case {"job": "expand_series"}:
            from mundotango.occurrences.expanding import expand_series

            outcome = expand_series(platform(), time_left)
        case {"job": "erase_accounts" | "replay_erasures"}:
            outcome = _erase(event, time_left)
        case _:
            raise Invalid(f"no such job: {event.get('job')!r}; there are {', '.join(JOBS)}")
    return outcome


def _erase(event: dict[str, Any], time_left: Callable[[], float]) -> dict[str, object]:
    """Those who are due, on schedule; of a restored store those in the ledger, going on from `after`."""
    from mundotango.privacy.erasing import erase_accounts, replay_erasures

    if event["job"] == "erase_accounts":
        return erase_accounts(platform(), time_left)
    after = event.get("after")
    return replay_erasures(platform(), time_left, UUID(after) if after else None)


def _recount(event: dict[str, Any], time_left: Callable[[], float]) -> dict[str, object]:
    """What has changed, on schedule; `{"all": true}` for every bucket, going on from `after`."""
    from mundotango.observability import metric
    from mundotango.reactions.recount import recount_all, recount_changed

    if event.get("all"):
        return recount_all(platform(), time_left, event.get("after"))
    outcome = recount_changed(platform(), time_left)
    metric("ReactionDrift", outcome["corrected"])
    return dict(outcome)


def _send_digests(event: dict[str, Any], time_left: Callable[[], float]) -> dict[str, object]:
    """To those for whom it is time; `{"user_id": …, "now": true}` to one person, at once."""
    from mundotango.digests.sending import send_digest_now, send_digests

    if event.get("now"):
        return send_digest_now(platform(), UUID(event["user_id"]))
    return send_digests(platform(), time_left)


def _forget_keys() -> int:
    from mundotango.requests.service import forget_keys

    with platform().unit_of_work() as work:
        return forget_keys(work, platform().clock)


if settings.runs_in_lambda():
    # Before the first job, at the speed Lambda starts with.
    _warm = (platform().database, platform().activities, platform().edges)
