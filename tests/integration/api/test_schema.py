"""Whatever fits the description, and much that does not, is answered as the description says, and never by a 500.

Schemathesis makes the requests from the description: of each route some that are right, about things that are there and
things that are not, and some that are wrong. The caller has a profile and is a moderator, so that no route is out of
reach. The budget is fixed and the choice is the same each time.
"""

import json
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy, one_of
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.generation.feedback import FeedbackSources

from functions.api.openapi import Operation, describe, operations
from tests.fixtures.gateway import Answer
from tests.integration.api.scene import MODERATORS, Scene

type Request = Case[Any]

OPERATIONS = operations()
# From the description alone: constants of the code would change the choice with every line that is written.
ALONE = FeedbackSources()
REQUESTS = 16  # of each operation
CHECKS = [
    not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.response_headers_conformance,
]


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_every_answer_is_one_that_the_description_allows(scene: Scene, operation: Operation) -> None:
    @settings(
        max_examples=REQUESTS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(operation, scene))
    def holds(case: Request) -> None:
        answer = ask(scene, case)
        case.validate_response(as_response(case, answer), checks=CHECKS)

    holds()


@cache
def schema() -> Any:
    return schemathesis.openapi.from_dict(describe())


def cases(operation: Operation, scene: Scene) -> SearchStrategy[Request]:
    api = schema()[operation.path][operation.method]
    there = scene.path_parameters(operation)
    ways = [
        api.as_strategy(path_parameters=there, feedback=ALONE),
        api.as_strategy(GenerationMode.NEGATIVE, path_parameters=there, feedback=ALONE),
        api.as_strategy(feedback=ALONE),
    ]
    if body := scene.body(operation):
        ways.append(api.as_strategy(path_parameters=there, body=body, feedback=ALONE))
    return one_of(ways)


def ask(scene: Scene, case: Request) -> Answer:
    headers = {name: str(value) for name, value in (case.headers or {}).items()}
    sent: dict[str, Any] = {}
    if case.body is not NOT_SET:
        sent["body"] = case.body if isinstance(case.body, bytes) else json.dumps(case.body)
        headers["content-type"] = case.media_type or "application/json"
    return scene.ask(
        case.method.upper(),
        unquote(case.formatted_path),
        user=scene.people.owner.id,
        groups=MODERATORS,
        query=case.query or {},
        headers=headers,
        **sent,
    )


def as_response(case: Request, answer: Answer) -> Response:
    return Response(
        status_code=answer.status,
        headers={name: [value] for name, value in answer.headers.items()},
        content=answer.text.encode(),
        request=requests.Request(case.method, f"https://mundotango.example{case.formatted_path}").prepare(),
        elapsed=0.0,
        verify=True,
    )
