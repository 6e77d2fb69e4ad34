"""Makes derived data anew from the facts it was derived from."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import jobs
from operations.deployed import Deployed
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The stream reaches the counters within a second or two; what still differs after this was not merely on its way.
SETTLING = 10.0
PASSES = 5


@dataclass(frozen=True, slots=True)
class Drift:
    """A bucket whose total is not its reactions; `through` is the moment of the latest reaction it then counts."""

    bucket: str
    counted: int
    reactions: int
    guard: str | None
    through: str | None


def edges(deployed: Deployed) -> int:
    """Has the function that can read the database correct the copy of all follows; answers how many it corrected.

    Raises:
        Refusal: the function failed; its log says why.
    """
    return sum(int(said["corrected"]) for said in jobs.run(deployed, "rebuild_edges", "rebuilding the edges"))


def counters(deployed: Deployed, *, settling: float = SETTLING, sleep: Callable[[float], None] = time.sleep) -> int:
    """Recounts every bucket of reactions and corrects those that differ; answers how many those were.

    It runs beside the function that counts. A difference may be a reaction still on its way through the stream, so
    one is corrected only if it is the same after `settling` seconds, and only while the bucket's guard says that no
    reaction was counted since. It goes on until a pass finds nothing.

    Raises:
        Refusal: buckets still differ after several passes.
    """
    reactions, totals = deployed.physical_id("ReactionsTable"), deployed.physical_id("CountersTable")
    corrected: set[str] = set()
    with aws_errors_explained("recounting reactions"):
        for _ in range(PASSES):
            seen = find_drift(deployed.dynamodb, reactions, totals)
            if not seen:
                return len(corrected)
            sleep(settling)
            again = find_drift(deployed.dynamodb, reactions, totals)
            corrected |= {drift.bucket for drift in seen & again if _correct(deployed.dynamodb, totals, drift)}
    raise Refusal(
        "some totals still differ", cure="see that CountersFunction keeps up with its stream, then run this again"
    )


def find_drift(client: "DynamoDBClient", reactions: str, totals: str) -> set[Drift]:
    truth: Counter[str] = Counter()
    latest: dict[str, str] = {}
    for row in _scan(client, reactions, "target at"):
        bucket = row["target"]["S"]
        truth[bucket] += 1
        latest[bucket] = max(latest.get(bucket, ""), row["at"]["S"])
    counted = {row["target"]["S"]: row for row in _scan(client, totals, "target like guard through")}
    drifts = set()
    for bucket in truth.keys() | counted.keys():
        row = counted.get(bucket, {})
        likes = int(row.get("like", {}).get("N", "0"))
        if likes != truth[bucket]:
            # Times are written in UTC to the microsecond, so that their order is that of their text.
            through = max(latest.get(bucket, ""), row.get("through", {}).get("S", ""))
            drifts.add(Drift(bucket, likes, truth[bucket], row.get("guard", {}).get("S"), through or None))
    return drifts


def _scan(client: "DynamoDBClient", table: str, attributes: str) -> Iterator[dict[str, Any]]:
    placeholders = {f"#{name}": name for name in attributes.split()}
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        ProjectionExpression=", ".join(placeholders),
        ExpressionAttributeNames=placeholders,
    )
    for page in pages:
        yield from page["Items"]


def _correct(client: "DynamoDBClient", totals: str, drift: Drift) -> bool:
    """False when the bucket was counted on meanwhile: the next pass looks at it again."""
    values: dict[str, Any] = {":likes": {"N": str(drift.reactions)}}
    update, condition = "SET #like = :likes", "attribute_not_exists(guard)"
    if drift.through is not None:
        update += ", through = :through"
        values[":through"] = {"S": drift.through}
    if drift.guard is not None:
        condition = "guard = :guard"
        values[":guard"] = {"S": drift.guard}
    try:
        client.update_item(
            TableName=totals,
            Key={"target": {"S": drift.bucket}},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#like": "like"},
            ExpressionAttributeValues=values,
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True
