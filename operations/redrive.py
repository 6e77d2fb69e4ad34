"""How full the queues are, and dead letters given back: to the queue they came from, to the reader of their stream, or
to the job whose run they were.

SQS moves letters by itself (StartMessageMoveTask), but takes no limit and says little on its way, and the local cloud
has no such thing: this loop is the same in both. A letter is deleted only after its queue has it again, so whatever
ends the loop between the two leaves it in both, and it is delivered twice. The effect is that of once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import jobs, streams
from operations.deployed import Deployed
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef, SendMessageBatchRequestEntryTypeDef

BATCH = 10  # the most that SQS gives and takes at once
# For so long a letter in hand is hidden; where the loop ends early, it is a dead letter again afterwards.
HIDDEN_SECONDS = 60
# A function may take five minutes for those of a stream.
HIDDEN_SECONDS_OF_STREAMS = 360
HIDDEN_SECONDS_OF_JOBS = 360
# What a subscription of the log wakes `effects` with, and what letters of it are called.
LINES, TRACES = "awslogs", "traces"
# Above 0 all of SQS's servers are asked, so that no letter means that there is none.
WAIT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Queue:
    """Logical ids; `source` is None where the letters come from something that is no queue."""

    name: str
    source: str | None
    dead_letters: str


QUEUES = (
    Queue("media", "UploadQueue", "UploadDeadLetters"),
    Queue("streams", None, "StreamDeadLetters"),
    Queue("schedules", None, "ScheduleDeadLetters"),
    Queue("chunks", "ChunkQueue", "ChunkDeadLetters"),
    Queue("mails", "MailQueue", "MailDeadLetters"),
    Queue("webpushes", "WebPushQueue", "WebPushDeadLetters"),
)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages there are, about: SQS says so itself."""

    waiting: int
    in_flight: int


def depth(deployed: Deployed, logical_id: str) -> Depth:
    url = deployed.physical_id(logical_id)
    with aws_errors_explained(f"looking into {logical_id}"):
        told = deployed.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
    return Depth(int(told["ApproximateNumberOfMessages"]), int(told["ApproximateNumberOfMessagesNotVisible"]))


def redrive(deployed: Deployed, name: str, limit: int | None, progress: Callable[[int], None]) -> int:
    """Moves letters of the queue `name` until none is left, or `limit` are moved; answers how many, and tells
    `progress` on its way.

    Raises:
        Refusal: the queue would not take some of them, which stay dead letters; or nobody reads it, and all stay.
    """
    dead_letters, source = next((one.dead_letters, one.source) for one in QUEUES if one.name == name and one.source)
    dead_letters, queue = deployed.physical_id(dead_letters), deployed.physical_id(source)
    _refuse_unread(deployed, name, queue)
    moved = 0
    with aws_errors_explained("moving dead letters"):
        while limit is None or moved < limit:
            letters = deployed.sqs.receive_message(
                QueueUrl=dead_letters,
                MaxNumberOfMessages=BATCH if limit is None else min(BATCH, limit - moved),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
                AttributeNames=["All"],
            ).get("Messages", [])
            if not letters:
                break
            moved += _move(deployed, letters, dead_letters, queue)
            progress(moved)
    return moved


def _refuse_unread(deployed: Deployed, name: str, queue: str) -> None:
    """Letters there would be forgotten when the queue's time is up."""
    with aws_errors_explained("asking who reads the queue"):
        arn = deployed.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        readers = deployed.functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    if readers and all(reader["State"] in {"Disabling", "Disabled"} for reader in readers):
        off = "deploy with LargeAudiences=on first" if name == "chunks" else "enable its event source first"
        raise Refusal(f"no function reads the queue of {name}, as its event source is off", cure=off)


def hand_again(deployed: Deployed, limit: int | None, progress: Callable[[int], None]) -> tuple[int, int]:
    """Has what readers of streams gave up worked off, one letter after another: how many were, and of how many the
    stream has the records no longer, which stay.

    Raises:
        Refusal: a function failed again; its letter stays, and is there again after some minutes.
    """
    url = deployed.physical_id("StreamDeadLetters")
    done, swept = 0, set[str]()
    with aws_errors_explained("handing on dead letters"):
        while limit is None or done < limit:
            letters = deployed.sqs.receive_message(
                QueueUrl=url, VisibilityTimeout=HIDDEN_SECONDS_OF_STREAMS, WaitTimeSeconds=WAIT_SECONDS
            ).get("Messages", [])
            if not letters or letters[0]["MessageId"] in swept:
                break
            if not streams.hand_again(deployed, letters[0]["Body"]):
                swept.add(letters[0]["MessageId"])
                continue
            deployed.sqs.delete_message(QueueUrl=url, ReceiptHandle=letters[0]["ReceiptHandle"])
            done += 1
            progress(done)
    return done, len(swept)


def run_again(deployed: Deployed, limit: int | None, progress: Callable[[int], None]) -> int:
    """Runs the jobs whose runs were given up, each once however many letters it has; answers with how many letters are
    settled.

    Raises:
        Refusal: a job failed again, or a letter names none; it stays, and is there again after some minutes.
    """
    url = deployed.physical_id("ScheduleDeadLetters")
    settled, ran = 0, set[str]()
    with aws_errors_explained("running jobs again"):
        while limit is None or settled < limit:
            letters = deployed.sqs.receive_message(
                QueueUrl=url, VisibilityTimeout=HIDDEN_SECONDS_OF_JOBS, WaitTimeSeconds=WAIT_SECONDS
            ).get("Messages", [])
            if not letters:
                break
            job = job_of(letters[0]["Body"])
            if job != TRACES and job not in ran:  # a trace that was not taken is lost
                list(jobs.run(deployed, job, f"running {job} again"))
                ran.add(job)
            deployed.sqs.delete_message(QueueUrl=url, ReceiptHandle=letters[0]["ReceiptHandle"])
            settled += 1
            progress(settled)
    return settled


def job_of(letter: str) -> str:
    try:
        return asked_for(json.loads(letter))
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise Refusal(
            "a dead letter of the schedules names no job", cure="look: mundo queues show schedules"
        ) from error


def asked_for(told: Any) -> str:
    """The job of a run that was given up. The scheduler gives up the input itself, and Lambda puts it into an envelope,
    as `requestPayload`. Lines of the log that were to be traced are TRACES, which is no job.

    Raises:
        AttributeError, KeyError, TypeError: it is of no such form.
    """
    asked = told.get("requestPayload", told)
    return TRACES if LINES in asked else str(asked["job"])


def _move(deployed: Deployed, letters: list[MessageTypeDef], dead_letters: str, queue: str) -> int:
    by_id = {str(number): letter for number, letter in enumerate(letters)}
    sent = deployed.sqs.send_message_batch(QueueUrl=queue, Entries=[_again(id, one) for id, one in by_id.items()])
    taken = [one["Id"] for one in sent.get("Successful", [])]
    if taken:
        # One that cannot be deleted is found again a minute later and delivered twice, like after a loop that ended.
        deployed.sqs.delete_message_batch(
            QueueUrl=dead_letters, Entries=[{"Id": id, "ReceiptHandle": by_id[id]["ReceiptHandle"]} for id in taken]
        )
    if refused := sent.get("Failed"):
        why = f"{refused[0]['Code']}: {refused[0].get('Message', '')}"
        raise Refusal(
            f"{len(refused)} of {len(letters)} letters were not taken back: {why}",
            cure="look at the queue, then run this again",
        )
    return len(taken)


def _again(id: str, letter: MessageTypeDef) -> SendMessageBatchRequestEntryTypeDef:
    """In a FIFO queue it stands in its old group, under a new name: by the old one it was sent before."""
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": id, "MessageBody": letter["Body"]}
    group = letter.get("Attributes", {}).get("MessageGroupId")
    if group is not None:
        entry |= {"MessageGroupId": group, "MessageDeduplicationId": letter["MessageId"]}
    return entry
