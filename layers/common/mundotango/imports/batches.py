"""Makes events of candidates that an operator brings, many at a time, or says what would become of them.

An event is a transaction by itself: one that is refused holds up no other, and a run that is cut off or repeated makes
none twice, as an event's id is derived from what it is known by. Nobody is told of them one by one; what is kept of
their cities' lists is outdated instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict
from uuid import UUID

from mundotango import cache_keys
from mundotango.errors import EventExists, MundoTangoError, NotAllowed, ProfileMissing, Unavailable
from mundotango.events.model import city_of
from mundotango.imports import policy
from mundotango.imports.packing import unpacked
from mundotango.imports.service import Usual, import_event
from mundotango.observability import logger
from mundotango.users.policy import normal_handle

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform
    from mundotango.imports.model import Candidate

# One takes far less; this is for a long series at a database that is slow today.
STEP_SECONDS = 20.0

Fate = Literal["created", "there", "refused"]


class Outcome(TypedDict, total=False):
    """What became of the candidate that begins at this line, or would."""

    line: int
    fate: Fate
    event_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """`apply` is false of a rehearsal, in which everything is checked and nothing stays."""

    organiser: str
    candidates: Sequence[Candidate]
    usual: Usual
    status: str
    apply: bool


def batch_from(asked: dict[str, Any]) -> Batch:
    """As an operator's command sends it.

    Raises:
        Invalid: another version of the command sent it.
    """
    usual = asked.get("usual", {})
    venue_id = usual.get("venue_id")
    return Batch(
        organiser=str(asked["organiser"]),
        candidates=[unpacked(each) for each in asked["candidates"]],
        usual=Usual(**usual | {"venue_id": UUID(venue_id) if venue_id else None}),
        status="draft" if asked.get("drafts") else "published",
        apply=bool(asked.get("apply")),
    )


def import_batch(platform: Platform, batch: Batch, time_left: Callable[[], float], after: int) -> dict[str, object]:
    """Beginning after so many of them; `outcomes` are of as many as there was time for."""
    organiser_id = _organiser(platform, batch.organiser)
    if organiser_id is None:
        return {"done": True, "outcomes": [], "reason": "nobody has this handle who may announce events"}
    outcomes: list[Outcome] = []
    cities: set[str] = set()
    try:
        for candidate in batch.candidates[after:]:
            if outcomes and time_left() < STEP_SECONDS:
                return {"done": False, "after": after + len(outcomes), "outcomes": outcomes}
            outcomes.append(_outcome(platform, batch, organiser_id, candidate, cities))
    finally:  # also of those that were made before something failed
        for key in cache_keys.events_of(cities):
            platform.cache.delete(key)
    return {"done": True, "outcomes": outcomes}


def _organiser(platform: Platform, handle: str) -> UUID | None:
    normal = normal_handle(handle.removeprefix("@"))
    with platform.rehearsal() as work:
        return None if normal is None else work.users.find_present_id(normal)


def _outcome(platform: Platform, batch: Batch, organiser_id: UUID, candidate: Candidate, cities: set[str]) -> Outcome:
    """`cities` gets the one whose lists change."""
    try:
        with platform.unit_of_work() if batch.apply else platform.rehearsal() as work:
            dated = import_event(
                work,
                platform.media,
                organiser_id=organiser_id,
                candidate=candidate,
                usual=batch.usual,
                status=batch.status,
                clock=platform.clock,
                event_id=policy.event_id(organiser_id, candidate),
                announced=False,
            )
    except EventExists as there:
        return {"line": candidate.line, "fate": "there", "event_id": str(there.event_id)}
    except (NotAllowed, ProfileMissing, Unavailable):
        raise  # of the organiser or of the platform, and so of every other event too
    except MundoTangoError as refusal:
        return {"line": candidate.line, "fate": "refused", "reason": refusal.detail}
    except Exception as failure:  # noqa: BLE001 - told to the log here, and to the operator
        logger().exception("not imported", extra={"line": candidate.line, "cause": type(failure).__name__})
        return {"line": candidate.line, "fate": "refused", "reason": "it failed; the log of JobsFunction says why"}
    if batch.apply and batch.status != "draft":
        cities.add(city_of(dated))
    return {"line": candidate.line, "fate": "created", "event_id": str(dated.event.id)}
