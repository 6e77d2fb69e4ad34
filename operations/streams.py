"""What the reader of a stream gave up, read from the stream by the numbers in its dead letter and given to it again.

The stream has a record for 24 hours (DynamoDB's limit); a letter is kept longer, and then names what is no more.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operations.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from operations.deployed import Deployed

# The stream swept the record, or closed and swept its whole shard.
SWEPT = {"TrimmedDataAccessException", "ResourceNotFoundException"}


def hand_again(deployed: Deployed, letter: str) -> bool:
    """Whether its function has worked it off; False where the stream has the records no longer.

    `letter` is what Lambda sends when it gives up a batch: its function, and where in which stream the batch was.

    Raises:
        Refusal: the function failed again, or could not do all of it.
    """
    told = json.loads(letter)
    function, batch = told["requestContext"]["functionArn"], told["DDBStreamBatchInfo"]
    try:
        records = list(_records(deployed, batch))
    except ClientError as error:
        if error.response["Error"]["Code"] in SWEPT:
            return False
        raise
    answer = deployed.functions.invoke(
        FunctionName=function, Payload=json.dumps({"Records": records}, default=_as_lambda_has_it)
    )
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError") or said["batchItemFailures"]:
        raise Refusal(f"{function} failed again", cure="read its log, mend the cause, then run this again")
    return True


def keys_of(deployed: Deployed, batch: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Of the records of a batch, each once and in order; None where the stream has them no longer."""
    try:
        found = [record["dynamodb"]["Keys"] for record in _records(deployed, batch)]
    except ClientError as error:
        if error.response["Error"]["Code"] in SWEPT:
            return None
        raise
    return [key for number, key in enumerate(found) if key not in found[:number]]


def _records(deployed: Deployed, batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """From the first of the batch to the last. Between them can be some that its reader does not ask for."""
    last = int(batch["endSequenceNumber"])
    iterator: str | None = deployed.streams.get_shard_iterator(
        StreamArn=batch["streamArn"],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    while iterator:
        page = deployed.streams.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if number <= last:
                yield dict(record)
            if number >= last:
                return
        iterator = page.get("NextShardIterator")


def as_brought(record: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A record that boto3 has read, as Lambda's event has one that was written `at`: its time in seconds."""
    images = record["dynamodb"] | {"ApproximateCreationDateTime": _as_lambda_has_it(at)}
    return {**record, "dynamodb": images}


def _as_lambda_has_it(value: Any) -> str | float:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return float(value.timestamp())
