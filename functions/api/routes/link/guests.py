"""The page that a guest's link opens. Whoever has the link may do all that the guest may, so forms need no other proof
of where they come from."""

from typing import Any, cast, get_args
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from functions.api import errors
from functions.api.access import access
from functions.api.caching import NO_STORE
from functions.api.dependencies import PlatformDep, WorkDep
from functions.api.guest_page import FORGOTTEN, UNKNOWN, registration_page
from functions.api.pages import HEADERS
from functions.api.schemas.problems import public_refusals
from mundotango.bootstrap import Platform
from mundotango.errors import Conflict, Invalid, NotFound
from mundotango.guests import asking
from mundotango.guests.model import Act, Form
from mundotango.guests.service import LinkUnknown, take, visit
from mundotango.links import link_path
from mundotango.registrations.model import Role
from mundotango.text import refused

FORM_TYPE = "application/x-www-form-urlencoded"
# Of ten answers in full, each letter of them as three times four characters.
LARGEST_FORM = 200_000
MOST_FIELDS = 40

_PAGE: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}}
_PAGES: dict[int | str, dict[str, Any]] = {
    200: _PAGE | {"description": "A page in Spanish and English."},
    404: _PAGE | {"description": "A page that says that nobody was mailed this link, or that it is expired."},
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    303: {"description": "Done; `Location` is the page."},
    409: _PAGE | {"description": "The page, with what forbids it now."},
    422: _PAGE | {"description": "The page, with what is missing or wrong."},
}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["act"],
                    "properties": {
                        "act": {"type": "string", "enum": list(get_args(Act))},
                        "name": {"type": "string", "description": "To register, as what follows."},
                        "role": {"type": "string", "enum": list(get_args(Role))},
                        "answer": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "One to each question, in their order.",
                        },
                    },
                },
                "example": {"act": "register", "name": "Malena Ríos", "role": "follower"},
            }
        },
    }
}

router = APIRouter(prefix="/api/link", tags=["links"])


@router.get("/{token}/registration", response_class=Response, responses=_PAGES | public_refusals(503))
@access(200, anonymous=200)
async def show_guest_registration(token: str, work: WorkDep, platform: PlatformDep) -> Response:
    """A page for people, in Spanish and English: the event, and what a guest registered or a form to register by.

    To open it changes nothing, as scanners of mail follow links. It needs no script.
    """
    try:
        return _page(registration_page(visit(work, token, platform.clock)))
    except LinkUnknown:
        return _page(UNKNOWN, 404)


@router.post(
    "/{token}/registration",
    response_class=Response,
    responses=_PAGES | _REFUSED | public_refusals(400, 415, 429, 503),
    openapi_extra=_FORM,
)
@access(303, anonymous=303)
async def change_guest_registration(token: str, request: Request, platform: PlatformDep) -> Response:
    """What the forms of the page send: to register, to accept or decline the place that is offered, to give up, and to
    have all that is kept of the guest deleted, which is answered 200."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return errors.problem(415, "unsupported-media-type", "send the body as a form")
    fields, form = _fields(await request.body()), Form()
    if fields is None:
        return errors.problem(400, "malformed-request", "this is no form that can be read")
    asking.check_acts(platform.cache, platform.rates, token, platform.clock)
    try:
        act, form = _read(fields)
        # Ended here, and not with the request: what was refused is undone before the page is read anew.
        with platform.unit_of_work() as work:
            take(work, token, act, form, platform.clock)
    except LinkUnknown:
        return _page(UNKNOWN, 404)
    except (Invalid, Conflict, NotFound) as refusal:
        return _shown_again(platform, token, form, refusal)
    if act == "forget":
        return _page(FORGOTTEN)
    return Response(status_code=303, headers={"location": link_path(token, "registration"), "cache-control": NO_STORE})


def _shown_again(platform: Platform, token: str, form: Form, refusal: Invalid | Conflict | NotFound) -> Response:
    status = errors.status_of(type(refusal))
    try:
        with platform.unit_of_work() as work:
            return _page(registration_page(visit(work, token, platform.clock), form, refusal), status)
    except LinkUnknown:
        return _page(UNKNOWN, 404)


def _read(fields: list[tuple[str, str]]) -> tuple[Act, Form]:
    said = dict(fields)
    act, role = said.get("act", ""), said.get("role") or None
    if act not in get_args(Act):
        raise refused("act", "is nothing that can be done here")
    if role is not None and role not in get_args(Role):
        raise refused("role", "must be leader, follower or both")
    return cast(Act, act), Form(
        name=said.get("name", ""),
        role=cast("Role | None", role),
        answers=tuple(value for name, value in fields if name == "answer"),
    )


def _fields(body: bytes) -> list[tuple[str, str]] | None:
    """None where no browser sends it like that."""
    if len(body) > LARGEST_FORM:
        return None
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        return None


def _page(text: str, status: int = 200) -> Response:
    return Response(text, status_code=status, headers=HEADERS)
