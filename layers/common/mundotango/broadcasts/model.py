"""What everybody who comes to one time of an event is told: that it changed, or that it begins soon."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Change = Literal["time", "place", "status"]
NOBODY = UUID(int=0)
"""Before all people."""

Topic = Literal["change", "24h", "2h"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """`changed` is of a change, and `starts_at` of a reminder: the beginning that it is of. `actor_id` made the change.
    All up to the person `after_id` were told."""

    id: UUID
    occurrence_id: UUID
    topic: Topic
    changed: tuple[Change, ...] = ()
    starts_at: datetime | None = None
    actor_id: UUID | None = None
    made_at: datetime
    after_id: UUID = NOBODY
