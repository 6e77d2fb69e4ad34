"""Woken by the stream of reactions, comments, shares and views: counts them and announces the new totals."""

from functools import cache
from typing import Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.observability import logger, observed


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """The batch comes again from the sequence number reported; what was counted above it is not counted twice."""
    from mundotango.reactions.counting import count_changes
    from mundotango.reactions.repository import change_from_record, told_from_record
    from mundotango.reactions.telling import first_of, tell_authors

    changes = [change_from_record(record["dynamodb"]) for record in event["Records"]]
    told = [told for record in event["Records"] for told in told_from_record(record["dynamodb"])]
    failed = first_of(
        count_changes(platform().counters, platform().activities, changes, platform().clock),
        tell_authors(platform().activities, told, platform().clock),
    )
    logger().info("reactions", records=len(changes), failed_from=failed)
    if failed is None:
        return {"batchItemFailures": []}
    numbers = (record["dynamodb"]["SequenceNumber"] for record in event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": next(number for number in numbers if int(number) == failed)}]}


if settings.runs_in_lambda():
    # Before the first batch, at the speed Lambda starts with.
    _warm = (platform().counters, platform().activities)
