"""That who holds functions to their roles does: else every other test would say nothing of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException

from mundotango import ids, settings
from mundotango.adapters.dynamodb import bind, transact
from mundotango.bootstrap import Platform
from mundotango.realtime.connections import ConnectionRow
from mundotango.realtime.model import user_channel
from tests.factories.realtime import AT, make_activity
from tests.fixtures.aws import client, table_name
from tests.roles import Asked, acting, refused, roles


@contextmanager
def refusal(module: str, said: str) -> Iterator[None]:
    with pytest.raises((ClientError, PynamoDBException)), acting(module):
        yield
    assert refused == [said]
    refused.clear()


def test_a_table_it_writes_to_by_no_statement(aws: settings.Region) -> None:
    with refusal("functions.ws_connect.handler", "WsConnectFunction may not dynamodb:PutItem on ActivitiesTable"):
        Platform().activities.append(make_activity(user_channel(ids.new_id())))


def test_a_table_it_was_given_no_variable_for(aws: settings.Region) -> None:
    with refusal(
        "functions.ws_connect.authorizer", f"WsAuthorizerFunction may not dynamodb:Scan on {table_name('edges')}"
    ):
        client("dynamodb").scan(TableName=table_name("edges"))


def test_an_index_of_a_table_it_may_query(aws: settings.Region) -> None:
    with refusal("functions.counters.handler", "CountersFunction may not dynamodb:Query on ActivitiesTable/index/x"):
        client("dynamodb").query(TableName=table_name("activities"), IndexName="x")


def test_what_a_transaction_writes(aws: settings.Region) -> None:
    with refusal("functions.push.handler", "PushFunction may not dynamodb:PutItem on ConnectionsTable"):
        row = bind(ConnectionRow, table_name("connections"), aws)("connection#1", "meta", expires_at=AT)
        transact(aws, lambda transaction: transaction.save(row))


@pytest.mark.parametrize(
    ("service", "operation", "sent"),
    [
        ("dynamodb", "DescribeTable", {"TableName": "test-media"}),
        ("s3", "PutObjectAcl", {"Bucket": "test-media", "Key": "media/1"}),
        ("s3", "ListBuckets", {}),
        ("sqs", "ListQueues", {}),
        ("lambda", "Invoke", {}),
    ],
)
def test_a_call_that_nothing_is_known_of(service: str, operation: str, sent: dict[str, Any]) -> None:
    role = roles()["functions.image_worker.handler"]
    assert not [asked for asked in role.asked_by(service, operation, sent) if role.allows(asked)]


def test_a_listing_beyond_the_prefix_it_may_list() -> None:
    role = roles()["functions.image_worker.handler"]
    assert role.allows(Asked("s3:ListBucket", "MediaBucket", prefix="media/1"))
    assert not role.allows(Asked("s3:ListBucket", "MediaBucket"))
