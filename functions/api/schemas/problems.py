"""RFC 9457 problem details, for the description of the API; functions/api/errors.py writes them."""

from typing import Any

from pydantic import BaseModel, Field

DESCRIPTIONS = {
    400: "The request cannot be read: no JSON, or a cursor that is not this list's.",
    401: "No valid access token.",
    403: "Not allowed to this caller.",
    404: "No such thing, or none this caller may see.",
    409: "The state of things forbids it now.",
    412: "It was changed since the version that `If-Match` names; read it again.",
    415: "The body is not declared as application/json.",
    422: "A field is missing, unknown or wrong; `errors` names it.",
    428: "Say by `If-Match` which version the change is to.",
    429: "Too many requests of this kind; try again after `Retry-After` seconds.",
    503: "A store is away; try again after `Retry-After` seconds.",
}


class ProblemField(BaseModel):
    field: str = Field(description="Dotted path in the request, such as `media.0.id`.")
    message: str


class Problem(BaseModel):
    type: str = Field(description="Stable, `/problems/{code}`; tell refusals apart by it.")
    title: str
    status: int
    detail: str
    errors: list[ProblemField] | None = None


def refusals(*statuses: int, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """What a private route may answer instead; `body` where it reads one.

    Without the model: FastAPI would build it once for each at every cold start. The description of the API adds it,
    and FastAPI adds 422 itself where anything can be wrong.
    """
    every = {401, 429, 503, *statuses} | ({400, 415} if body else set())
    return {status: {"description": DESCRIPTIONS[status]} for status in sorted(every)}


def public_refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"description": DESCRIPTIONS[status]} for status in sorted(statuses)}
