"""What is decided inside the network and done outside of it, where there is a way to other services of AWS.

A *command* is a row. Its key is made from its kind and what it is about, so what is asked twice is one row, in which
the later one stands.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

# Longer than an announcement can wait in the outbox before somebody sees to it; then nobody needs the row.
COMMAND_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Command:
    """`version` grows from command to command: under one key the higher one stands. `v` is the form of the payload.

    `correlation_id` is that of the request that asked for it.
    """

    key: str
    kind: str
    payload: dict[str, Any]
    version: int
    v: int
    correlation_id: str | None = None
