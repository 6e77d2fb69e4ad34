from dataclasses import dataclass

from mundotango.realtime.model import Activity


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An activity in the outbox. `seq` orders the changes of one row as they were committed."""

    seq: int
    activity: Activity
