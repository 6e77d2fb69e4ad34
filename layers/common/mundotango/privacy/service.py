"""Leaving, and changing one's mind. What is erased when nobody did stands in erasing.py."""

from uuid import UUID

from mundotango.commands.service import socket_closing
from mundotango.errors import NotFound, TooLate
from mundotango.forgetting.service import forget_presence
from mundotango.ports import Clock
from mundotango.privacy import policy
from mundotango.privacy.model import Departure
from mundotango.users.announcement import presence_changed
from mundotango.work import UnitOfWork


def ask_to_leave(work: UnitOfWork, user_id: UUID, clock: Clock) -> Departure:
    """From now on seen by nobody else, and in 30 days gone; asking again changes nothing."""
    work.record(socket_closing(user_id, "ended", clock))
    work.record(presence_changed(user_id, shown=False, clock=clock))  # they may sign in, and open others
    departure = work.departures.ask(user_id, clock.now() + policy.GRACE)
    forget_presence(work, user_id, clock)
    return departure


def get_departure(work: UnitOfWork, user_id: UUID) -> Departure:
    departure = work.departures.find(user_id)
    if departure.leaves_at is None:
        raise NotFound("nobody asked for this account to be deleted")
    return departure


def stay(work: UnitOfWork, user_id: UUID, clock: Clock) -> Departure:
    """Everything is as it was before; staying without having asked to leave is no error."""
    now = clock.now()
    departure = work.departures.find(user_id)
    if departure.leaves_at is not None and policy.is_too_late(departure.leaves_at, now):
        raise TooLate("the account is being deleted already")
    work.departures.withdraw(user_id, now)
    if departure.leaves_at is not None:
        forget_presence(work, user_id, clock)
    if departure.leaves_at is not None and work.users.find_presence(user_id) is not False:
        work.record(presence_changed(user_id, shown=True, clock=clock))
    return departure
