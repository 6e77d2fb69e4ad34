"""Restoring what is not in PostgreSQL: tables of DynamoDB to a moment, and objects of S3 by their versions."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from mundotango.recovery.model import Digest
from operations.recovery.report import Line
from operations.refusal import Refusal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

PLANTED = 50
PAUSE_SECONDS = 10.0
RESTORABLE_SECONDS = 900.0
# Types of DynamoDB whose order means nothing.
SETS = ("SS", "NS", "BS")


def await_restorable(
    client: "DynamoDBClient", tables: Iterable[str], at: datetime, sleep: Callable[[float], None]
) -> None:
    """Returns when each can be restored to the moment, which is "typically" five minutes later
    (docs.aws.amazon.com/amazondynamodb, API_PointInTimeRecoveryDescription).

    Raises:
        Refusal: one of them has no point-in-time recovery, or is not ready in time.
    """
    waited = 0.0
    for table in tables:
        while (latest := _latest_restorable(client, table)) < at:
            if waited > RESTORABLE_SECONDS:
                raise Refusal(f"{table} can only be restored to {latest:%H:%M:%S}", cure="look at its backups")
            sleep(PAUSE_SECONDS)
            waited += PAUSE_SECONDS


def _latest_restorable(client: "DynamoDBClient", table: str) -> datetime:
    told = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = told.get("PointInTimeRecoveryDescription", {})
    if "LatestRestorableDateTime" not in recovery:
        raise Refusal(f"{table} has no point-in-time recovery", cure="deploy this version of the stack first")
    return recovery["LatestRestorableDateTime"]


def restore_table(
    client: "DynamoDBClient",
    source: str,
    target: str,
    at: datetime | None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """To a moment, or the latest there is; returns when the restored table answers."""
    moment: dict[str, Any] = {"UseLatestRestorableTime": True} if at is None else {"RestoreDateTime": at}
    client.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=target, **moment)
    while client.describe_table(TableName=target)["Table"]["TableStatus"] != "ACTIVE":
        sleep(PAUSE_SECONDS)


def digest_table(client: "DynamoDBClient", table: str) -> Digest:
    """Reads all of it, by which a table of 1 GB costs about a cent of $ on demand."""
    items = total = 0
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            items += 1
            total += _hash(item)
    return Digest(items, str(total))


def compare(store: str, name: str, expected: Digest, restored: Digest) -> Line:
    difference = 0 if expected == restored else max(abs(expected.rows - restored.rows), 1)
    return Line(store, name, expected.rows, restored.rows, difference)


def versions_at(client: "S3Client", bucket: str, at: datetime) -> dict[str, str]:
    """The version of each object that was there at the moment, by its key; times of S3 are whole seconds."""
    newest: dict[str, tuple[datetime, str | None]] = {}
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        events: list[tuple[str, datetime, str | None]] = [
            (one["Key"], one["LastModified"], one["VersionId"]) for one in page.get("Versions", [])
        ]
        events += [(one["Key"], one["LastModified"], None) for one in page.get("DeleteMarkers", [])]
        for key, written, version in events:
            if written <= at and (key not in newest or written > newest[key][0]):
                newest[key] = (written, version)
    return {key: version for key, (_, version) in newest.items() if version is not None}


def restore_objects(client: "S3Client", source: str, target: str, at: datetime) -> None:
    for key, version in versions_at(client, source, at).items():
        origin: Any = {"Bucket": source, "Key": key, "VersionId": version}
        client.copy_object(Bucket=target, Key=key, CopySource=origin)


def digest_bucket(client: "S3Client", bucket: str) -> Digest:
    """By what is in the objects, each of which it reads."""
    objects = total = 0
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for one in page.get("Contents", []):
            body = client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            objects += 1
            total += _hash([one["Key"], hashlib.sha256(body).hexdigest()])
    return Digest(objects, str(total))


def drill_in_moto(chance: random.Random) -> list[Line]:
    """Plants, restores and compares by the calls that go to AWS elsewhere."""
    from moto import mock_aws

    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        return [_drill_table(session.client("dynamodb"), chance), _drill_bucket(session.client("s3"), chance)]


def _drill_table(client: "DynamoDBClient", chance: random.Random) -> Line:
    client.create_table(
        TableName="facts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def write(number: int) -> None:
        item: Any = {"id": {"S": f"post#{number}"}, "likes": {"N": str(chance.randrange(1000))}}
        client.put_item(TableName="facts", Item=item)

    for number in range(PLANTED):
        write(number)
    expected = digest_table(client, "facts")
    restore_table(client, "facts", "facts-restored", None)
    for number in range(PLANTED // 2, PLANTED * 2):
        write(number)
    return compare("dynamodb", "facts", expected, digest_table(client, "facts-restored"))


def _drill_bucket(client: "S3Client", chance: random.Random) -> Line:
    for bucket in ("media", "media-restored"):
        client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket="media", VersioningConfiguration={"Status": "Enabled"})
    for number in range(PLANTED):
        client.put_object(Bucket="media", Key=f"media/{number}", Body=chance.randbytes(1000))
    expected, at = digest_bucket(client, "media"), datetime.now(UTC)
    time.sleep(1.1)  # times of S3 are whole seconds
    for number in range(PLANTED // 2):
        client.put_object(Bucket="media", Key=f"media/{number}", Body=b"overwritten")
        client.delete_object(Bucket="media", Key=f"media/{number + PLANTED // 2}")
    restore_objects(client, "media", "media-restored", at)
    return compare("s3", "media", expected, digest_bucket(client, "media-restored"))


def _hash(value: Any) -> int:
    text = json.dumps(_ordered(value), sort_keys=True).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def _ordered(value: Any) -> Any:
    """As DynamoDB tells an item, with its sets in one order, and bytes as text."""
    if isinstance(value, dict):
        return {name: sorted(map(_ordered, one)) if name in SETS else _ordered(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    return value.hex() if isinstance(value, bytes) else value
