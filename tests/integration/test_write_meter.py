"""The benchmark's meter reckons as DynamoDB bills."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bench.write_meter import WriteMeter
from mundotango import settings
from tests.fixtures.aws import table_name

NAME = table_name("reactions")
INDEX = f"{NAME} by_user"
KEY = {"target": {"S": "post#1#00"}, "user_id": {"S": "ana"}}


@pytest.fixture
def client(aws: settings.Region) -> Any:
    return boto3.client("dynamodb", aws.name)


@pytest.fixture
def meter(client: Any, aws: settings.Region) -> WriteMeter:
    return WriteMeter(client, boto3.client("dynamodb", aws.name))


def put(client: Any, **attributes: str) -> None:
    client.put_item(TableName=NAME, Item=KEY | {name: {"S": value} for name, value in attributes.items()})


def test_an_item_costs_a_unit_for_each_kilobyte_of_what_it_was_or_is(client: Any, meter: WriteMeter) -> None:
    for length, units in ((10, 1), (2500, 4), (10, 7)):
        put(client, kind="x" * length)
        assert meter.units == {NAME: units, INDEX: 0}


def test_an_index_costs_only_when_its_entry_changes(client: Any, meter: WriteMeter) -> None:
    for kind, reactor, units in (("like", "ana", 1), ("love", "ana", 1), ("love", "bruno", 3)):
        put(client, kind=kind, reactor=reactor)
        assert meter.units[INDEX] == units
    client.delete_item(TableName=NAME, Key=KEY)
    assert meter.units == {NAME: 4, INDEX: 4}


def test_a_condition_that_does_not_hold_costs_too(client: Any, meter: WriteMeter) -> None:
    with pytest.raises(ClientError):
        client.put_item(TableName=NAME, Item=KEY, ConditionExpression="attribute_exists(kind)")
    assert meter.units[NAME] == 1
    assert list(meter.writes.values()) == [1]


def test_a_transaction_costs_twice_and_a_batch_each_item(client: Any, meter: WriteMeter) -> None:
    client.transact_write_items(TransactItems=[{"Put": {"TableName": NAME, "Item": KEY}}])
    assert meter.units[NAME] == 2
    other = KEY | {"user_id": {"S": "bruno"}}
    client.batch_write_item(RequestItems={NAME: [{"PutRequest": {"Item": other}}, {"DeleteRequest": {"Key": KEY}}]})
    assert meter.units[NAME] == 4


def test_what_ends_is_removed_once_with_its_entry(client: Any, meter: WriteMeter) -> None:
    ends = {"expires_at": {"N": "1900000000"}, "reactor": {"S": "ana"}}
    for _ in range(2):  # it is there already the second time
        client.put_item(TableName=NAME, Item=KEY | ends)
        assert meter.expiries == {NAME: 2}
    client.delete_item(TableName=NAME, Key=KEY)
    assert +meter.expiries == {}
