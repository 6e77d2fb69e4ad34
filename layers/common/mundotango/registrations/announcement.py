"""What people are told of registrations that changed."""

from collections.abc import Sequence
from uuid import UUID

from mundotango.guests.telling import tell_guests
from mundotango.ports import Clock
from mundotango.registrations.model import Door, Entry
from mundotango.work import UnitOfWork


def announce(work: UnitOfWork, door: Door, changed: Sequence[Entry], actor_id: UUID | None, clock: Clock) -> None:
    """`changed` is whatever one step changed, also who moved up by it; `actor_id` took it, or nobody but time."""
    tell_guests(work, door, changed, actor_id, clock)
