"""What somebody has not seen yet, told by mail once a day or once a week."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mundotango.notifications.model import Rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody whose inbox is to be looked at. `day` is what day it is where they are, and `up_to` the position of the
    newest that a digest told them, empty before the first."""

    user_id: UUID
    name: str
    rhythm: Rhythm
    day: date
    up_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One that is sent. Of one `period` there is one at most."""

    id: UUID
    user_id: UUID
    period: str
    at: datetime
    up_to: str
    token_hash: str
