"""Makes drafts of what a calendar's file says, for whoever brings it.

An event is a transaction by itself: one that is refused holds up no other, and a file that comes again makes only what
is not there yet.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID

from mundotango.errors import Conflict, MundoTangoError, NotAllowed, ProfileMissing, Unavailable
from mundotango.imports.ics import read_calendar
from mundotango.imports.model import Drafted, Problem
from mundotango.imports.service import Usual, import_event

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

MOST_EVENTS = 100
# Of the fifteen that a request has; a daily series takes a second on a slow day.
SECONDS = 8.0
LONGEST = 500_000


def draft_events(
    platform: Platform, organiser_id: UUID, text: str, usual: Usual
) -> tuple[list[Drafted], list[Problem]]:
    """What was made, and what was not, each in the order of the file.

    Raises:
        Invalid: it is no calendar, or too large a one; nothing was made.
    """
    reading = read_calendar(text, most_events=MOST_EVENTS, longest=LONGEST)
    drafted: list[Drafted] = []
    problems = list(reading.problems)
    begun = perf_counter()
    for candidate in reading.candidates:
        try:
            if perf_counter() - begun > SECONDS:
                raise Conflict("there was no time for it; send the file again")
            with platform.unit_of_work() as work:
                dated = import_event(
                    work,
                    platform.media,
                    organiser_id=organiser_id,
                    candidate=candidate,
                    usual=usual,
                    clock=platform.clock,
                )
                drafted.append(Drafted(candidate.line, dated.event.id, dated.event.title))
        except (NotAllowed, ProfileMissing, Unavailable):
            raise  # of whoever asks or of the platform, and so of every other event too
        except MundoTangoError as refusal:
            problems.append(Problem(candidate.line, candidate.title, refusal))
    return drafted, sorted(problems, key=lambda problem: problem.line)
