"""The functions' logs as one readable line a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from devstack.stack import Stack

# What Lambda itself writes around an invocation.
FRAMING = ("START RequestId:", "END RequestId:", "REPORT RequestId:")
# A line may be stored a moment after the time it carries.
LATE_MS = 3000


@dataclass(frozen=True, slots=True)
class Line:
    """What one invocation said, in one line; `detail` holds what follows it, such as a traceback."""

    at_ms: int
    function: str
    text: str
    level: str = "INFO"
    detail: tuple[str, ...] = ()


@dataclass(slots=True)
class Follower:
    """Reads what came since it was last asked. MiniStack gives every invocation a log stream of its own."""

    stack: Stack
    groups: dict[str, str]  # of log groups, to the function's short name
    since_ms: int
    seen: dict[str, int] = field(default_factory=dict)

    def read(self) -> list[Line]:
        lines = [line for group, function in self.groups.items() for line in self._read_group(group, function)]
        if lines:
            self.since_ms = max(line.at_ms for line in lines)
        self.seen = {stream: at for stream, at in self.seen.items() if at >= self.since_ms - 2 * LATE_MS}
        return sorted(lines, key=lambda line: line.at_ms)

    def _read_group(self, group: str, function: str) -> Iterator[Line]:
        streams: dict[str, list[Any]] = {}
        for event in events(self.stack, group, self.since_ms - LATE_MS):
            streams.setdefault(event["logStreamName"], []).append(event)
        for stream, said in streams.items():
            if stream not in self.seen:
                self.seen[stream] = said[0]["timestamp"]
                yield from readable(function, said[0]["timestamp"], [event["message"] for event in said])


def events(stack: Stack, group: str, since_ms: int) -> list[Any]:
    """What the log group holds since then, nothing where it is not there yet."""
    pages = stack.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since_ms)
    try:
        return [event for page in pages for event in page["events"]]
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise


def invocations(stack: Stack, group: str, since_ms: int = 0) -> int:
    """How many times the function has been called."""
    return sum(event["message"].startswith(FRAMING[0]) for event in events(stack, group, since_ms))


def readable(function: str, at_ms: int, messages: list[str]) -> Iterator[Line]:
    """The lines of one invocation: each JSON line as its message; what is no JSON belongs to the line before it."""
    current: Line | None = None
    for message in messages:
        if message.startswith(FRAMING) or not message.strip():
            continue
        said = _json(message)
        if said is None and current is not None:
            current = Line(current.at_ms, function, current.text, current.level, (*current.detail, message.rstrip()))
            continue
        if current is not None:
            yield current
        if said is None:
            current = Line(at_ms, function, message.strip(), "WARNING")
        else:
            trace = tuple(str(said["exception"]).splitlines()) if said.get("exception") else ()
            text = f"{said.get('message', message)} {said.get('job', '')}".rstrip()
            current = Line(at_ms, function, text, str(said.get("level", "INFO")), trace)
    if current is not None:
        yield current


def _json(message: str) -> dict[str, Any] | None:
    try:
        said = json.loads(message)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
