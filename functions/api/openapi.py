"""The description of the API: `python -m functions.api.openapi > docs/openapi.json`.

Never loaded by the function itself. What every route has in common is added here rather than declared on each, where
a cold start would pay for it.
"""

import json
import sys
from typing import Any

from functions.api.app import create_api
from functions.api.schemas.problems import DESCRIPTIONS, Problem
from mundotango.bootstrap import Platform
from mundotango.requests.service import HEADER, LONGEST_KEY

# Nobody signs in there: what is public, and what a capability in the path opens.
OPEN_PATHS = ("/api/public/", "/api/link/")

IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Names this request, so that it may be sent again for 24 hours and happens once: the same body gives"
    " the first answer again (with `Idempotency-Replayed: true`), another body 422, one under way 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
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


def describe() -> dict[str, Any]:
    document = create_api(Platform()).openapi()
    components = document["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["securitySchemes"] = {
        "access_token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the user pool; the gateway checks it before any function runs.",
        }
    }
    components["parameters"] = {"idempotency_key": IDEMPOTENCY_KEY}
    components["headers"] = RATE_LIMITS
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            public = path.startswith(OPEN_PATHS)
            if method == "post" and not public:
                _once(operation)
            _complete(operation, public=public)
    return document


def _once(operation: dict[str, Any]) -> None:
    """What the layer around all routes adds to each POST."""
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/idempotency_key"})
    for status in (400, 409, 422):
        operation["responses"].setdefault(str(status), {"description": DESCRIPTIONS[status]})


def _complete(operation: dict[str, Any], *, public: bool) -> None:
    if not public:
        told = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_LIMITS}
        for response in operation["responses"].values():
            response["headers"] = response.get("headers", {}) | told
        operation["security"] = [{"access_token": []}]
    responses = operation["responses"]
    if "422" in responses:
        responses["422"] = {"description": DESCRIPTIONS[422]}
    for status, response in responses.items():
        if int(status) >= 400 and "content" not in response:
            response["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def text() -> str:
    return json.dumps(describe(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
