"""Woken by the stream of reactions, comments, shares and views: counts what is its region's, claims that totals
are told, and notes at home in authors' inboxes who reacted."""

from functools import cache
from typing import Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.lateness import STREAM_LATE, tell_lateness
from mundotango.observability import counting, logger, observed


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """The batch comes again from the sequence number reported; what was counted above it is not counted twice."""
    from mundotango.reactions.counting import count_changes
    from mundotango.reactions.repository import changes_from_record, told_from_record
    from mundotango.reactions.telling import first_of, tell_authors

    tell_lateness(event["Records"], platform().clock, late_after=STREAM_LATE)
    here = platform().region
    changes = [change for record in event["Records"] for change in changes_from_record(record["dynamodb"], here)]
    told = [told for record in event["Records"] for told in told_from_record(record["dynamodb"], here)]
    with counting() as counts:
        # In this order: to claim that totals are told may have to wait for a second.
        failed = first_of(
            tell_authors(platform(), told),
            count_changes(platform().counters, changes, platform().clock),
        )
    logger().info("reactions", records=len(changes), failed_from=failed, counts=dict(counts))
    if failed is None:
        return {"batchItemFailures": []}
    numbers = (record["dynamodb"]["SequenceNumber"] for record in event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": next(number for number in numbers if int(number) == failed)}]}


if settings.runs_in_lambda():
    # Before the first batch, at the speed Lambda starts with.
    _warm = (platform().counters, platform().activities)
    if platform().region.is_home:
        _warm_at_home = (platform().edges, platform().inbox, platform().devices, platform().waiting_pushes)
