"""What follows for those who registered from a change of the event: offers end with what they are for, and the line
that stood still moves on."""

from collections.abc import Collection
from uuid import UUID

from mundotango.ports import Clock
from mundotango.registrations.desk import Desk
from mundotango.work import UnitOfWork


def follow(work: UnitOfWork, occurrence_ids: Collection[UUID], actor_id: UUID | None, clock: Clock) -> None:
    """Of occurrences that have another time or status than before, and that `actor_id` changed."""
    for occurrence_id in work.registrations.list_registered_for(occurrence_ids):
        desk = Desk.of(work, occurrence_id, clock)
        desk.shorten_offers()
        desk.move_up()
        if desk.has_changed:
            desk.close(actor_id)
