"""Reports of slowness: lines of the log, which `mundo scale advise` counts; nobody answers them one by one."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from mundotango.feedback.model import Connection, Page, Timings
from mundotango.observability import logger


def tell_slow(user_id: UUID, page: Page, timings: Timings, connection: Connection) -> None:
    """Whoever sends it twice is counted as one person: the id is in the line for that."""
    said = {"feedback": "slow", "page": page, "connection": connection, "user_id": str(user_id)}
    logger().info("feedback", extra=said | asdict(timings))
