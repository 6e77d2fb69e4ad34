from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a request with an Idempotency-Key did: `location` is where that is read, None where it is nowhere."""

    user_id: UUID
    key_hash: bytes
    body_hash: bytes
    location: str | None
    created_at: datetime
