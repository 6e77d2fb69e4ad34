from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    """A person's profile; `id` is the subject their sign-in carries. `city` is empty where none was given."""

    id: UUID
    handle: str
    display_name: str
    bio: str
    city: str
    created_at: datetime
