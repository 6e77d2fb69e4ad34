"""Woken once a week, where alarms have somebody to tell: whether the stack has to grow, by mail to the operator."""

from __future__ import annotations

from functools import cache
from typing import Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.observability import logger, observed


@cache
def platform() -> Platform:
    return Platform()


@observed
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`event` is `{"job": "advise"}`. A second run says the same again."""
    from mundotango.errors import Invalid
    from mundotango.growth.service import look

    if event["job"] != "advise":
        raise Invalid(f"no such job: {event['job']!r}; there is advise")
    stack = settings.Grown.from_env()
    advice = look(stack.name, stack.parameters, platform().measurements, platform().operator, platform().clock)
    fired = [trigger.cause for trigger in advice.triggers]
    logger().info("job", job="advise", outcome={"fired": fired, "changes": len(advice.changes)})
    return {"job": "advise", "fired": fired, "changes": len(advice.changes), "done": True}
