"""Each example of RFC 5545, section 3.8.5.3, expands to the dates that the section prints."""

from datetime import UTC, datetime, timedelta

import pytest

from mundotango.recurrence import policy
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import at, starts
from tests.unit.recurrence.rfc5545 import EXAMPLES, ZONE, Example

OFFSETS = {"EDT": timedelta(hours=4), "EST": timedelta(hours=5)}
NEVER = datetime.fromisoformat("2100-01-01")
CASES = [
    pytest.param(example, rule, id=f"{name}: {rule}") for name, example in EXAMPLES.items() for rule in example.rules
]


@pytest.mark.parametrize(("example", "rule"), CASES)
def test_an_example_expands_to_the_dates_printed_there(example: Example, rule: str) -> None:
    printed = example.starts()
    excluded = tuple(datetime.fromisoformat(start) for start in example.excluded)
    recurrence = Recurrence(policy.localised(rule, ZONE), excluded)

    found = starts(
        recurrence,
        datetime.fromisoformat(example.first),
        until=NEVER,
        limit=len(printed) + (0 if example.goes_on else 1),
    )

    assert found == [start for start, _ in printed]
    assert [at(start, ZONE) for start in found] == [
        start.replace(tzinfo=UTC) + OFFSETS[zone] for start, zone in printed
    ]
