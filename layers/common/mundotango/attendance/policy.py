"""What may be said of coming, and what is told of the places that are left."""

from datetime import datetime

from mundotango.attendance.model import Answer, Turnout, Window
from mundotango.errors import Conflict, NotFound
from mundotango.registrations import places
from mundotango.registrations.model import Chosen

MOST_FREE_TOLD = 50
"""More places than these are told as so many: nobody chooses by it, and counting them costs."""

_ROLES = {"leaders": places.LEADER, "followers": places.FOLLOWER, "both": places.BOTH}
_COUPLE = places.LEADER + places.FOLLOWER


def announced(turnout: Turnout | None) -> Turnout:
    """What is a draft nobody is told of."""
    if turnout is None or turnout.status == "draft":
        raise NotFound("no such occurrence")
    return turnout


def rsvp(answer: Answer, turnout: Turnout, chosen: Chosen | None, now: datetime) -> None:
    if now >= turnout.ends_at:
        raise Conflict("this is over")
    if answer != "not_going" and turnout.status == "cancelled":
        raise Conflict("this was cancelled")
    if answer == "going" and chosen is not None:
        raise Conflict("this event takes registrations; register for it")


def window(chosen: Chosen | None, turnout: Turnout, now: datetime) -> Window:
    if chosen is None:
        return "none"
    settings = chosen.settings
    if turnout.status != "published" or now >= turnout.starts_at - settings.closes_before:
        return "closed"
    if settings.opens_before is not None and now < turnout.starts_at - settings.opens_before:
        return "not_yet"
    return "open"


def free(chosen: Chosen, turnout: Turnout, line: places.Line) -> dict[str, int]:
    """How many of each could come if nobody else did. Where the line moves by itself, one is also free for whom only
    somebody who waits makes admissible."""
    limits, taken = chosen.settings.limits, turnout.taken
    moves = chosen.settings.admission == "first_come"
    found = {}
    for name, party in (_ROLES | {"couples": _COUPLE}).items():
        number, then = 0, taken
        while number < MOST_FREE_TOLD and places.admissible(limits, then, party):
            number, then = number + 1, then + party
        if not number and moves and places.admitted_last(limits, taken, line, party):
            number = 1
        found[name] = number
    return found
