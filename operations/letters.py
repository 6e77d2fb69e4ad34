"""What dead letters say, without taking them out: when each came, how often it was tried, what it is about, and whose
log says why. Ids only: what people wrote, and where they are reached, stays in the letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operations import redrive, streams
from operations.jobs import ELSEWHERE
from operations.refusal import aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from operations.deployed import Deployed

# While they are read they are hidden, so that each comes once; afterwards they are shown again at once.
HIDDEN_SECONDS = 30
UNREADABLE = {"unreadable": "its body is of no known form"}


@dataclass(frozen=True, slots=True)
class Letter:
    """`received` counts looks too, this one among them. `log` is the group of the function that gave up."""

    id: str
    sent_at: datetime
    received: int
    log: str
    about: dict[str, Any]


def read(deployed: Deployed, name: str, limit: int) -> list[Letter]:
    """Up to `limit` letters of the queue `name` of redrive.QUEUES, in no order, as SQS gives them."""
    url = deployed.physical_id(next(one.dead_letters for one in redrive.QUEUES if one.name == name))
    taken: list[MessageTypeDef] = []
    with aws_errors_explained(f"reading the dead letters of {name}"):
        try:
            while len(taken) < limit and (page := _page(deployed, url, limit - len(taken))):
                taken += page
        finally:
            for message in taken:
                _show_again(deployed, url, message["ReceiptHandle"])
        return [_letter(deployed, name, message) for message in taken]


def _page(deployed: Deployed, url: str, most: int) -> list[MessageTypeDef]:
    return deployed.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(redrive.BATCH, most),
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=redrive.WAIT_SECONDS,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    ).get("Messages", [])


def _show_again(deployed: Deployed, url: str, receipt: str) -> None:
    """What was hidden for too long is shown already, which is what is wanted."""
    try:
        deployed.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"MessageNotInflight", "InvalidParameterValue"}:
            raise


def _letter(deployed: Deployed, name: str, message: MessageTypeDef) -> Letter:
    told, body = message.get("Attributes", {}), message["Body"]
    try:
        service, about = _READERS[name](deployed, body)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        service, about = _SERVICES[name], dict(UNREADABLE)
    given = message.get("MessageAttributes", {})
    about |= {kind: given[kind]["StringValue"] for kind in ("ERROR_CODE", "ERROR_MESSAGE") if kind in given}
    sent_at = datetime.fromtimestamp(int(told["SentTimestamp"]) / 1000, UTC)
    received = int(told["ApproximateReceiveCount"])
    return Letter(message["MessageId"], sent_at, received, f"/{deployed.stack_name}/{service}", about)


def _picture(_deployed: Deployed, body: str) -> tuple[str, dict[str, Any]]:
    keys = [record["s3"]["object"]["key"] for record in json.loads(body)["Records"]]
    return "image-worker", {"media_id": ", ".join(key.rpartition("/")[2] for key in keys)}


def _chunk(_deployed: Deployed, body: str) -> tuple[str, dict[str, Any]]:
    told = json.loads(body)
    frame, sockets = json.loads(told["frame"]), sum(map(len, told["sockets"].values()))
    return "push", {"frame": frame["type"], "id": frame["id"], "channel": frame["channel"], "sockets": sockets}


def _command(_deployed: Deployed, body: str) -> tuple[str, dict[str, Any]]:
    """The message is a command's key: its kind, and ids."""
    kind, _, ids = body.partition("#")
    if not ids:
        raise ValueError(body)
    return "effects", {"kind": kind, "about": ids}


def _run(_deployed: Deployed, body: str) -> tuple[str, dict[str, Any]]:
    told = json.loads(body)
    job = redrive.asked_for(told)
    condition = told.get("requestContext", {}).get("condition")
    failed = told.get("responsePayload") or {}
    why = {"condition": condition, "error": failed.get("errorType")}
    service = "effects" if job == redrive.TRACES else ELSEWHERE.get(job, "jobs")
    return service, {"job": job} | {name: value for name, value in why.items() if value}


def _records(deployed: Deployed, body: str) -> tuple[str, dict[str, Any]]:
    """Keys of what was given up, as long as the stream has it."""
    told = json.loads(body)
    batch, function = told["DDBStreamBatchInfo"], told["requestContext"]["functionArn"].split(":")[6]
    table = batch["streamArn"].split("/")[1]
    about: dict[str, Any] = {"table": table, "function": function, "records": batch["batchSize"]}
    keys = streams.keys_of(deployed, batch)
    about["keys"] = "the stream has them no longer" if keys is None else list(map(_plain, keys))
    return _service(function), about | {"condition": told["requestContext"].get("condition")}


def _plain(key: Mapping[str, Mapping[str, str]]) -> str:
    return " ".join(f"{name}={next(iter(value.values()))}" for name, value in sorted(key.items()))


def _service(function: str) -> str:
    found = [name for name in ("push", "counters", "effects") if name in function.lower()]
    return found[0] if found else function


type Reader = Callable[["Deployed", str], tuple[str, dict[str, Any]]]
_READERS: dict[str, Reader] = {
    "media": _picture,
    "streams": _records,
    "schedules": _run,
    "chunks": _chunk,
    "mails": _command,
    "webpushes": _command,
}
_SERVICES = {
    "media": "image-worker",
    "streams": "push",
    "schedules": "jobs",
    "chunks": "push",
    "mails": "effects",
    "webpushes": "effects",
}


def lines(letter: Letter) -> Iterator[str]:
    """What it is about, a fact a line."""
    for name, value in letter.about.items():
        if isinstance(value, list):
            yield from (f"{name}: {one}" for one in value)
        elif value is not None:
            yield f"{name}: {value}"
