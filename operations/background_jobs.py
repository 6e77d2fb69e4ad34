"""Everything that runs without a request waiting for it, from the template: `python -m operations.background_jobs >
docs/background-jobs.md`.

What the template cannot say stands in SOURCES: what the work is, and the test that shows that doing it twice has the
effect of once.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from operations import config_env, expansion, redrive
from operations.expansion import Template

HEAD = """\
# Background jobs

Everything that runs without a request waiting for it: what wakes it, how often it is tried, where it goes when it is
given up, who is told, and the test that shows that doing it twice has the effect of once. Written by
`python -m operations.background_jobs` from the template; a test fails when something here has no dead letters, no alarm
or no such test. What to do about dead letters stands in [the runbook](runbook.md#deadletters).
"""
KINDS = {"ScheduleV2": "Schedules", "SQS": "Queues", "DynamoDB": "Streams"}
INTRODUCTIONS = {
    "Schedules": "Each goes on from where its last run ended, so the next run is the retry of one that failed. Times "
    "are UTC.",
    "Queues": "A message that fails comes back alone.",
    "Streams": "Records of one item come in order. One that fails holds up those behind it in its shard until it is "
    "through, or too old.",
}
FUNCTION = "AWS::Serverless::Function"
ALARM = "AWS::CloudWatch::Alarm"
COUNTED = "DeadLetters"


@dataclass(frozen=True, slots=True)
class Source:
    """`shown_by` names the test; `what` is empty where the schedule in the template describes itself."""

    shown_by: str
    what: str = ""


SOURCES = {
    "JobsFunction.Recount": Source(
        "tests/unit/reactions/test_recount.py::TestCorrections::test_what_is_all_right_costs_no_wait_and_no_write"
    ),
    "JobsFunction.SweepOutbox": Source(
        "tests/integration/outbox/test_sweep.py::test_two_relays_at_once_announce_each_row_once"
    ),
    "JobsFunction.RunExports": Source(
        "tests/integration/privacy/test_exports.py::test_one_that_was_killed_once_is_made_by_the_next"
    ),
    "JobsFunction.SendDigests": Source(
        "tests/integration/digests/test_due.py::test_a_run_whose_marks_were_lost_writes_nothing_again"
    ),
    "JobsFunction.SweepMedia": Source(
        "tests/integration/privacy/test_unattached.py::test_a_run_whose_time_is_up_says_so_and_the_next_goes_on"
    ),
    "JobsFunction.ClearConversations": Source(
        "tests/integration/api/test_jobs_again.py::test_a_second_run_changes_nothing"
    ),
    "JobsFunction.ExpandSeries": Source("tests/integration/api/test_jobs_again.py::test_a_second_run_changes_nothing"),
    "JobsFunction.SweepDocuments": Source(
        "tests/integration/api/test_jobs_again.py::test_a_second_run_changes_nothing"
    ),
    "JobsFunction.LapseOffers": Source("tests/integration/api/test_jobs_again.py::test_a_second_run_changes_nothing"),
    "JobsFunction.SweepGuests": Source(
        "tests/integration/api/test_guest_mails.py::TestReminders::test_a_day_and_two_hours_ahead_once_each"
    ),
    "JobsFunction.TellAttendees": Source(
        "tests/integration/broadcasts/test_changes.py::TestMany::test_two_runs_at_once_tell_each_once"
    ),
    "JobsFunction.Remind": Source(
        "tests/integration/broadcasts/test_reminders.py::test_two_runs_at_once_remind_each_once"
    ),
    "JobsFunction.EraseAccounts": Source(
        "tests/integration/privacy/test_erasing.py::test_a_run_that_is_killed_anywhere_is_completed_by_the_next"
    ),
    "EffectsFunction.CloseSockets": Source(
        "tests/integration/test_socket_ends.py::TestEndOfASocket::test_what_breaks_off_in_the_middle_is_done_by_the_next_run"
    ),
    "EffectsFunction.CountDeadLetters": Source(
        "tests/integration/test_dead_letters.py::test_a_second_count_says_the_same"
    ),
    "AdvisorFunction.Advise": Source("tests/integration/test_advisor.py::test_a_second_run_says_the_same"),
    "EffectsFunction.Mails": Source(
        "tests/unit/mail/test_sending.py::test_any_order_with_any_failures_sends_each_once",
        "Sends mails: digests, offers of places, links of guests",
    ),
    "EffectsFunction.WebPushes": Source(
        "tests/integration/test_web_push.py::test_what_comes_twice_is_shown_once_and_the_last_state_stays",
        "Wakes browsers for notifications that nobody has looked at",
    ),
    "ImageWorkerFunction.Uploads": Source(
        "tests/integration/test_image_worker.py::test_two_deliveries_at_once_have_one_outcome",
        "Makes the variants of an uploaded picture",
    ),
    "PushFunction.Chunks": Source(
        "tests/integration/test_realtime_client.py::test_a_batch_delivered_again_shows_nothing_new",
        "Delivers frames to a part of a large audience",
    ),
    "PushFunction.Activities": Source(
        "tests/unit/notifications/test_taking_in.py::test_replayed_shuffled_and_doubled_it_is_the_same_inbox",
        "Fills inboxes and delivers frames to those who listen",
    ),
    "PushFunction.Media": Source(
        "tests/unit/realtime/test_announcement.py::TestPictureProgress::test_a_replay_has_the_same_id_and_another_outcome_another",
        "Tells whoever uploads what becomes of the picture",
    ),
    "PushFunction.Counts": Source(
        "tests/unit/realtime/test_totals.py::test_what_comes_again_is_told_under_the_same_id",
        "Tells totals to those who look at a post",
    ),
    "CountersFunction.Reactions": Source(
        "tests/unit/reactions/test_at_once.py::test_threads_that_react_and_threads_that_count_at_once",
        "Counts reactions, comments, shares and views, and claims that totals are told",
    ),
    "EffectsFunction.Commands": Source(
        "tests/unit/commands/test_commands.py::test_what_fails_and_all_after_it_comes_again",
        "Does outside the network what was decided inside: identities, sockets, mails",
    ),
    "EffectsFunction.Deletions": Source(
        "tests/unit/commands/test_deletions.py::test_any_order_and_any_batches_end_alike",
        "Deletes pictures, and their copies at the edge",
    ),
}


@dataclass(frozen=True, slots=True)
class Job:
    """One way in which a function is woken. Names are the logical ids of the template."""

    name: str
    kind: str
    what: str
    wakes: str
    timeout_seconds: int
    retries: str
    dead_letters: str
    alarms: list[str]
    redrive: str
    shown_by: str


def jobs(templates: list[Template]) -> Iterator[Job]:
    """In the order of the template, which is the root's among `templates`."""
    root = templates[0].resources
    for name, function in root.items():
        if function["Type"] == FUNCTION:
            for source, declared in function["Properties"].get("Events", {}).items():
                if declared["Type"] in KINDS:
                    yield _job(templates, name, source, declared)


def _job(templates: list[Template], function: str, source: str, declared: dict[str, Any]) -> Job:
    properties, kind, name = declared["Properties"], KINDS[declared["Type"]], f"{function}.{source}"
    known = SOURCES.get(name, Source(""))
    wakes, retries, dead_letters = _READERS[kind](templates[0], properties)
    return Job(
        name,
        kind,
        known.what or properties.get("Description", ""),
        wakes,
        templates[0].resources[function]["Properties"]["Timeout"],
        retries,
        dead_letters,
        _alarms(templates, dead_letters),
        _redrive(dead_letters),
        known.shown_by,
    )


def _of_schedule(_root: Template, properties: dict[str, Any]) -> tuple[str, str, str]:
    policy = properties.get("RetryPolicy", {})
    age = int(policy.get("MaximumEventAgeInSeconds", 86_400)) // 60
    retries = f"{policy.get('MaximumRetryAttempts', 185)} within {age} minutes, then the next run"
    return f"`{properties['ScheduleExpression']}`", retries, _named(properties.get("DeadLetterConfig", {}).get("Arn"))


def _of_queue(root: Template, properties: dict[str, Any]) -> tuple[str, str, str]:
    queue = _named(properties["Queue"])
    policy = root.resources[queue]["Properties"].get("RedrivePolicy", {})
    tries = f"{policy.get('maxReceiveCount', '∞')} deliveries"
    return f"`{queue}`", tries, _named(policy.get("deadLetterTargetArn"))


def _of_stream(_root: Template, properties: dict[str, Any]) -> tuple[str, str, str]:
    attempts, hours = properties["MaximumRetryAttempts"], properties["MaximumRecordAgeInSeconds"] / 3600
    tries = f"for {hours:g} hours" if attempts == -1 else f"{attempts} in {hours:g} hours"
    failed = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return f"stream of `{_named(properties['Stream'])}`", tries, _named(failed)


_READERS = {"Schedules": _of_schedule, "Queues": _of_queue, "Streams": _of_stream}


def _named(reference: Any) -> str:
    """The logical id that a piece of template refers to; empty where it refers to none."""
    if isinstance(reference, dict):
        return str(reference["Fn::GetAtt"][0] if "Fn::GetAtt" in reference else reference.get("Ref", ""))
    return ""


def _alarms(templates: list[Template], dead_letters: str) -> list[str]:
    """Those that read the count of all dead letters, where the function that counts was told of these."""
    told = templates[0].resources["EffectsFunction"]["Properties"]["Environment"]["Variables"]["DEAD_LETTER_QUEUES"]
    if not dead_letters or f"${{{dead_letters}}}" not in told["Fn::Sub"]:
        return []
    return [
        name
        for template in templates
        for name, resource in template.resources.items()
        if resource["Type"] == ALARM and resource["Properties"].get("MetricName") == COUNTED
    ]


def _redrive(dead_letters: str) -> str:
    found = [queue.name for queue in redrive.QUEUES if queue.dead_letters == dead_letters]
    return f"mundo queues redrive {found[0]}" if found else ""


def text(templates: list[Template]) -> str:
    parts, every = [HEAD], list(jobs(templates))
    for kind, introduction in ((kind, INTRODUCTIONS[kind]) for kind in KINDS.values()):
        parts.append(f"## {kind}\n\n{introduction}\n\n" + "\n".join(_table([job for job in every if job.kind == kind])))
    return "\n".join(f"{part}\n" for part in parts).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _table(rows: list[Job]) -> Iterator[str]:
    yield "| what | wakes | function, time-out | tries | dead letters, alarm | again | shown by |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for job in rows:
        function, source = job.name.split(".")
        told = ", ".join(f"[{alarm}](runbook.md#{alarm.lower()})" for alarm in job.alarms)
        path, test = job.shown_by.partition("::")[0], job.shown_by.rpartition("::")[2]
        cells = (
            f"**{source}**: {job.what}",
            job.wakes,
            f"{function.removesuffix('Function')}, {job.timeout_seconds} s",
            job.retries,
            f"{job.dead_letters}, {told}",
            f"`{job.redrive}`",
            f"[{test}](../{path})",
        )
        yield f"| {' | '.join(cells)} |"


def whole() -> list[Template]:
    """The first phase, with somebody whom alarms are mailed to: without, nobody is advised."""
    env = config_env.load("phase1")
    return expansion.of_env(replace(env, parameters={**env.parameters, "OperatorMail": "operator@example.org"}))


if __name__ == "__main__":
    sys.stdout.write(text(whole()))
