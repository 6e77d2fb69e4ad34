"""Woken by the stream of commands: does outside the network what was decided inside of it.

A command that fails is reported, and the stream brings it and all after it again; those before it are done, and their
order is kept.
"""

from functools import cache
from typing import Any

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.observability import logger


@cache
def platform() -> Platform:
    return Platform()


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    from mundotango.commands.repository import command_from_image
    from mundotango.commands.service import carry_out

    for record in event["Records"]:
        if record["eventName"] == "REMOVE":  # a row's expiry asks for nothing
            continue
        command = command_from_image(record["dynamodb"]["NewImage"])
        said = {"kind": command.kind, "command": command.key, "version": command.version}
        try:
            carry_out(platform().identities, command)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the stream has to bring this command again
            logger().exception("not carried out", extra=said | {"cause": type(failure).__name__})
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        logger().info("carried out", extra=said)
    return {"batchItemFailures": []}


if settings.runs_in_lambda():
    # Before the first batch, at the speed Lambda starts with.
    _warm = platform().identities
