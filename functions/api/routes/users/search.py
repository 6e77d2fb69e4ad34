from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from functions.api.access import access
from functions.api.dependencies import CallerDep, ReadDep
from functions.api.routes.pages import CursorQuery, LimitQuery
from functions.api.schemas.base import Line, empty_is_absent
from functions.api.schemas.problems import refusals
from functions.api.schemas.users import PersonBody, PersonList, PersonPage
from mundotango.pagination import DEFAULT_LIMIT
from mundotango.search import service
from mundotango.text import refused

QuestionQuery = Annotated[
    Line | None,
    BeforeValidator(empty_is_absent),
    Query(description="Part of a handle, a name or a city, without regard to accents; a letter or two may be wrong."),
]
CityQuery = Annotated[
    Line | None,
    BeforeValidator(empty_is_absent),
    Query(description="In place of `q`: the people of this city, who joined last first."),
]

router = APIRouter(prefix="/api/users", tags=["users"])


@router.get("", responses=refusals(400))
@access(200)
async def find_people(
    caller: CallerDep,
    work: ReadDep,
    q: QuestionQuery = None,
    city: CityQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> PersonPage:
    """Who fits best first."""
    if q is not None and city is None:
        return PersonPage.model_validate(service.search(work, caller.user_id, q, cursor, limit))
    if city is not None and q is None:
        return PersonPage.model_validate(service.list_of_city(work, caller.user_id, city, cursor, limit))
    raise refused("q", "must be given, or a city in its place")


@router.get("/me/suggestions", responses=refusals())
@access(200)
async def suggest_people(caller: CallerDep, work: ReadDep, limit: LimitQuery = DEFAULT_LIMIT) -> PersonList:
    """Whom those the caller follows follow, and then people of the caller's city."""
    found = service.suggest(work, caller.user_id, limit)
    return PersonList(items=[PersonBody.model_validate(person) for person in found])
