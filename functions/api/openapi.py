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

# Nobody signs in there: what is public, and what a capability in the path opens.
OPEN_PATHS = ("/api/public/", "/api/link/")


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
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, public=path.startswith(OPEN_PATHS))
    return document


def _complete(operation: dict[str, Any], *, public: bool) -> None:
    if not public:
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
