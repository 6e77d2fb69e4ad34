from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import FRESH
from functions.api.dependencies import CallerDep, PlatformDep, ReadDep, WorkDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Id
from functions.api.schemas.posts import AuthorBody
from functions.api.schemas.problems import public_refusals, refusals
from functions.api.schemas.registrations import (
    AttendeeBody,
    AttendeePage,
    FreeBody,
    OfferBody,
    RsvpBody,
    RsvpChange,
)
from functions.api.standing import open_to_suspended
from mundotango.attendance import service
from mundotango.attendance.model import Offer
from mundotango.pagination import DEFAULT_LIMIT

router = APIRouter(prefix="/api", tags=["registrations"])


@router.get("/public/occurrences/{occurrence_id}/registration", responses=public_refusals(404, 503))
@access(200, anonymous=200)
async def get_registration_offer(
    occurrence_id: Id, work: ReadDep, platform: PlatformDep, response: Response
) -> OfferBody:
    """Whether one can register for this time of an event, from when to when, which places are free, and how many come.

    It is kept for 20 seconds. Somebody who registers meanwhile may have been faster.
    """
    # Places go by the second where many want them; whoever registers learns what is left in any case.
    response.headers["cache-control"] = FRESH
    return _offer(service.get_offer(work, occurrence_id, platform.clock))


@router.get("/occurrences/{occurrence_id}/attendees", responses=refusals(400, 404))
@access(200)
async def list_attendees(
    occurrence_id: Id, caller: CallerDep, work: ReadDep, cursor: CursorQuery = None, limit: LimitQuery = DEFAULT_LIMIT
) -> AttendeePage:
    """Who comes: of people whom the caller sees, those who do not hide it.

    Where the event takes registrations, who has a place and accepted it, in order of registration; else, who is going.
    Guests are not among them.
    """
    page = service.list_attendees(work, occurrence_id, caller.user_id, cursor=cursor, limit=limit)
    return AttendeePage(
        items=[AttendeeBody(profile=AuthorBody.model_validate(each.person), role=each.role) for each in page.items],
        next_cursor=page.next_cursor,
    )


@router.put("/occurrences/{occurrence_id}/rsvp", responses=refusals(404, 409, body=True))
@access(200, suspended=403)
async def answer_rsvp(
    occurrence_id: Id, asked: RsvpChange, caller: CallerDep, work: WorkDep, platform: PlatformDep
) -> RsvpBody:
    """The last answer counts. Where the event takes registrations, `going` is 409: register."""
    rsvp = service.answer(
        work,
        occurrence_id=occurrence_id,
        user_id=caller.user_id,
        answer=asked.answer,
        hidden=asked.hidden,
        clock=platform.clock,
    )
    return RsvpBody.model_validate(rsvp)


@router.get("/occurrences/{occurrence_id}/rsvp", responses=refusals(404))
@access(404, owner=200)
async def get_rsvp(occurrence_id: Id, caller: CallerDep, work: ReadDep) -> RsvpBody:
    """The caller's own; not found before they answered."""
    return RsvpBody.model_validate(service.get_answer(work, occurrence_id, caller.user_id))


@router.delete("/occurrences/{occurrence_id}/rsvp", status_code=204, responses=refusals(404))
@access(204)
@open_to_suspended
async def forget_rsvp(occurrence_id: Id, caller: CallerDep, work: WorkDep) -> None:
    """As if it had not been answered. Taking back what was not said is no error."""
    service.forget_answer(work, occurrence_id, caller.user_id)


def _offer(offer: Offer) -> OfferBody:
    turnout, chosen = offer.turnout, offer.chosen
    settings = None if chosen is None else chosen.settings
    return OfferBody(
        event_id=turnout.event_id,
        occurrence_id=turnout.occurrence_id,
        window=offer.window,
        opens_at=offer.opens_at,
        closes_at=offer.closes_at,
        capacity=None if settings is None else settings.limits.capacity,
        admission=None if settings is None else settings.admission,
        approval=None if settings is None else settings.approval,
        questions=[] if chosen is None else list(chosen.questions),
        free=None if chosen is None else FreeBody(**offer.free),
        waiting=turnout.waiting,
        going=turnout.going,
    )
