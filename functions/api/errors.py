"""Every refusal as an HTTP answer: RFC 9457 problem details, `application/problem+json`.

What it says is in the reader's language. A problem's `type` is `/problems/{code}`; the code is stable and what a client
tells refusals apart by. `errors` names the fields at fault, where there are any. What was not foreseen is a 500 that
tells nothing; the log has the rest.
"""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from functions.api import language
from functions.api.caching import NO_STORE, READ_AGAIN
from mundotango import errors, languages
from mundotango.errors import FieldError, Said

STATUSES: dict[type[errors.MundoTangoError], int] = {
    errors.Invalid: 422,
    errors.BadCursor: 400,
    errors.BadKey: 400,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.ProfileMissing: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}

# What Starlette and FastAPI refuse by themselves.
HTTP_CODES = {
    400: "malformed-request",
    401: "unauthenticated",
    404: "no-such-route",
    405: "method-not-allowed",
}

# A body can be wrong in as many places as it has characters; nobody reads more than these.
MOST_FIELDS = 20

# Where a request's one log line finds what was refused and why.
NOTE = "mundotango.problem"


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


class Unauthenticated(HTTPException):
    """No claims on a private route: the gateway lets nobody through like that, so this guards its configuration."""

    def __init__(self) -> None:
        super().__init__(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    fields: Iterable[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> ProblemResponse:
    """In the reader's language."""
    spoken = language.spoken()
    content: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": languages.title(code, spoken),
        "status": status,
        "detail": languages.text(detail, spoken),
    }
    if shown := [{"field": e.field, "message": languages.text(e.message, spoken)} for e in fields][:MOST_FIELDS]:
        content["errors"] = shown
    return ProblemResponse(content, status, {"Cache-Control": NO_STORE} | language.headers() | (headers or {}))


def internal_error() -> ProblemResponse:
    return problem(500, "internal-error", "this is our fault; it is logged and will be looked at")


def status_of(refusal: type[errors.MundoTangoError]) -> int:
    """The status of the nearest known class; a refusal that nobody gave one is a mistake of ours."""
    return next((STATUSES[known] for known in refusal.__mro__ if known in STATUSES), 500)


def install(app: FastAPI) -> None:
    app.exception_handler(errors.MundoTangoError)(answer_to)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Exception)(_unexpected)


async def answer_to(request: Request, error: errors.MundoTangoError) -> ProblemResponse:
    retry_after = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
    if isinstance(error, (errors.ReaderAway, errors.SessionEnded)):
        request.scope[READ_AGAIN] = True
    _note(request, error.code, error)
    return problem(status_of(type(error)), error.code, error.detail, fields=error.fields, headers=headers)


async def _invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
    found = error.errors()
    if found[0]["type"] == "json_invalid":
        code, answer = "malformed-json", _malformed(found[0])
    elif isinstance(error.body, bytes):
        # FastAPI hands over bytes only where the request does not declare JSON.
        code = "unsupported-media-type"
        answer = problem(415, "unsupported-media-type", "send the body as application/json")
    else:
        code, fields = "invalid", [FieldError(_field(e["loc"]), _message(e)) for e in found]
        answer = problem(422, "invalid", "the request says something that cannot be", fields=fields)
    _note(request, code)
    return answer


def _malformed(error: dict[str, Any]) -> ProblemResponse:
    place = FieldError("body", Said("not JSON at character {position}", position=error["loc"][-1]))
    detail = Said("the body is not JSON: {error}", error=error["ctx"]["error"])
    return problem(400, "malformed-json", detail, fields=[place])


def _message(error: dict[str, Any]) -> str:
    """What a schema's own check refused, says it itself; the rest is pydantic's."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        message: str = context["error"].args[0]
        return message
    return languages.validation(error["type"], context, error["msg"], language.spoken())


async def _http(request: Request, error: HTTPException) -> ProblemResponse:
    code = HTTP_CODES.get(error.status_code, "refused")
    _note(request, code)
    return problem(error.status_code, code, error.detail, headers=dict(error.headers or {}))


async def _unexpected(request: Request, _: Exception) -> ProblemResponse:
    # Starlette raises it once more after this answer; the request's log line is where it is told, once.
    _note(request, "internal-error")
    return internal_error()


def _field(location: tuple[Any, ...]) -> str:
    """`body.media.0.id` is `media.0.id` to the client, who knows what it sent where."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _note(request: Request, code: str, error: Exception | None = None) -> None:
    cause = error.__cause__ if error else None
    request.scope[NOTE] = {"problem": code} | ({"cause": type(cause).__name__} if cause else {})
