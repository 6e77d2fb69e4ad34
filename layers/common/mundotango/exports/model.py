"""A copy of all that the platform holds of a person, made for them when they ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

State = Literal["waiting", "ready", "failed", "expired"]


@dataclass(frozen=True, slots=True)
class Export:
    """`attempts` counts how often somebody began to make it. `expires_at` is when it can no longer be downloaded."""

    id: UUID
    user_id: UUID
    state: State
    requested_at: datetime
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    attempts: int = 0


def exports_of(user_id: UUID) -> str:
    """What the keys of a person's archives begin with."""
    return f"exports/{user_id}/"


def export_key(export: Export) -> str:
    return f"{exports_of(export.user_id)}{export.id}.zip"
