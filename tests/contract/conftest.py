"""Ports that more than one module here asks the same of, in memory and at moto."""

import pytest

from mundotango.reactions.counters import DynamoCounters
from mundotango.reactions.ports import Counters
from tests.fakes.reactions import FakeCounters
from tests.fixtures.aws import REGION, table_name


@pytest.fixture(params=["fake", "dynamodb", "global"])
def counters(request: pytest.FixtureRequest) -> Counters:
    if request.param == "fake":
        return FakeCounters()
    if request.param == "global":
        request.getfixturevalue("global_tables")
        return DynamoCounters("counters", REGION)
    return DynamoCounters(table_name("counters"), request.getfixturevalue("aws"))
