from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """A post to be. `content` is what was sent for it, in JSON's types; it is checked when it is published."""

    id: UUID
    user_id: UUID
    content: dict[str, Any]
    updated_at: datetime
