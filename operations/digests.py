"""Sends somebody their digest at once."""

from dataclasses import dataclass
from uuid import UUID

from operations import jobs
from operations.deployed import Deployed


@dataclass(frozen=True, slots=True)
class Sent:
    """How many unread notifications were looked at, and whether a mail was written; if not, why."""

    unread: int
    written: bool
    reason: str


def send(deployed: Deployed, user_id: UUID) -> Sent:
    """What they have not read, whatever the hour; who wants no digests gets none this way either."""
    (said,) = jobs.run(deployed, "send_digests", "sending a digest", user_id=str(user_id), now=True)
    if "nothing_sent" in said:
        return Sent(0, written=False, reason=said["nothing_sent"])
    wants_none = "they want no digests" if said["rhythm"] == "never" else "nothing they want by mail is unread"
    return Sent(said["unread"], written=bool(said["written"]), reason="" if said["written"] else wants_none)
