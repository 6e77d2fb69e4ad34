"""The description of the API: `python -m functions.api.openapi > docs/openapi.json`.

Never loaded by the function itself. What every route has in common is added here rather than declared on each, where
a cold start would pay for it.
"""

import json
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from functions.api.app import create_api
from functions.api.language import ADDRESSED
from functions.api.once import ANSWERED_ANEW, KEPT_NOWHERE
from functions.api.schemas.examples import PARAMETERS, SCHEMAS
from functions.api.schemas.problems import DESCRIPTIONS, Problem
from functions.api.standing import refuses_suspended
from mundotango.bootstrap import Platform
from mundotango.languages import LANGUAGES
from mundotango.requests.service import HEADER, LONGEST_KEY

REFERENCE = "#/components/schemas/"
LANGUAGE_QUERY = {
    "name": "lang",
    "in": "query",
    "required": False,
    "description": "The language in which a refusal is told; English without it.",
    "schema": {"type": "string", "default": "en"},
    "example": "es",
}
PROBLEM_HEADERS = {
    "Content-Language": {
        "description": "The language of `title`, `detail` and the messages; on private routes by `Accept-Language`.",
        "schema": {"type": "string", "enum": list(LANGUAGES)},
    }
}
IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Names this request, so that it may be sent again for 24 hours and happens once: the same body gives"
    " the first answer again (with `Idempotency-Replayed: true`), another body 422, one under way 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
KEY_WITHOUT_EFFECT = IDEMPOTENCY_KEY | {
    "description": "Taken, as by every POST, and not looked at: sent again, this answers another secret, and the one"
    " before is good until it ends by itself. No answer is kept, and none is marked as replayed.",
}
NO_KEY_NEEDED = IDEMPOTENCY_KEY | {
    "description": "Not needed, and not looked at: whatever is sent again has the same answer and adds nothing.",
}
RATE_LIMITS = {
    "RateLimit-Policy": {
        "description": 'How many requests of this kind one person has in so many seconds, as `"read";q=600;w=60`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of them, and in how many seconds they begin anew, as `"read";r=599;t=42`.',
        "schema": {"type": "string"},
    },
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}}


@cache
def _api() -> FastAPI:
    return create_api(Platform())


def describe() -> dict[str, Any]:
    document = deepcopy(_api().openapi())
    components = document["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    problem = Problem.model_json_schema(ref_template=f"{REFERENCE}{{model}}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["securitySchemes"] = {
        "access_token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the user pool; the gateway checks it before any function runs.",
        }
    }
    components["headers"] = RATE_LIMITS
    for operation in operations():
        _complete(document["paths"][operation.path][operation.method.lower()], operation)
    return document


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to call one path, and what answers it."""

    method: str
    path: str
    endpoint: Callable[..., Any]


@cache
def operations() -> tuple[Operation, ...]:
    """All there are, by path."""
    found = (
        Operation(method, route.path_format, route.endpoint)
        for route in iter_route_contexts(_api().routes)
        if route.path_format is not None and route.endpoint is not None
        for method in route.methods or ()
    )
    return tuple(sorted(found, key=lambda operation: (operation.path, operation.method)))


def _complete(described: dict[str, Any], operation: Operation) -> None:
    responses = described["responses"]
    if operation.path.startswith(ADDRESSED):
        described.setdefault("parameters", []).append(LANGUAGE_QUERY)
    else:
        described["security"] = [{"access_token": []}]
        if operation.method == "POST":
            _once(described, operation.path)
        if refuses_suspended(operation.method, operation.endpoint):
            responses.setdefault("403", {"description": DESCRIPTIONS[403]})
    if "application/json" in responses.get("422", {}).get("content", {}):  # FastAPI's own way to say it
        responses["422"] = {"description": DESCRIPTIONS[422]}
    for status, response in responses.items():
        if int(status) >= 400:
            _complete_refusal(status, response)
        if "security" in described:
            told = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_LIMITS}
            response["headers"] = response.get("headers", {}) | told
    _exemplify(described)


def _once(described: dict[str, Any], path: str) -> None:
    """What the layer around all routes adds to each POST."""
    without = KEY_WITHOUT_EFFECT if path in ANSWERED_ANEW else NO_KEY_NEEDED
    described.setdefault("parameters", []).append(without if path in KEPT_NOWHERE else IDEMPOTENCY_KEY)
    if path in KEPT_NOWHERE:
        return
    for status in (400, 409, 422):
        described["responses"].setdefault(str(status), {"description": DESCRIPTIONS[status]})


def _exemplify(described: dict[str, Any]) -> None:
    for parameter in described.get("parameters", []):
        if parameter["name"] in PARAMETERS:
            parameter["example"] = PARAMETERS[parameter["name"]]
    for content in contents(described):
        example = SCHEMAS.get(content["schema"].get("$ref", "").removeprefix(REFERENCE))
        if example is not None:
            content["example"] = example


def _complete_refusal(status: str, response: dict[str, Any]) -> None:
    if "content" in response:
        return
    response["content"] = {"application/problem+json": {"schema": {"$ref": f"{REFERENCE}Problem"}}}
    response["headers"] = PROBLEM_HEADERS | (RETRY_AFTER if status in {"429", "503"} else {})


def contents(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each body that is sent or answered."""
    for part in (described.get("requestBody", {}), *described["responses"].values()):
        yield from part.get("content", {}).values()


def text() -> str:
    return json.dumps(describe(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
