"""The access matrix: every route, asked by everybody, answers as is declared beside it (functions/api/access.py).

And whatever a route answers, two people of whom one blocked the other do not see each other in it.
"""

from dataclasses import asdict

import pytest

from functions.api.access import declared_for
from functions.api.openapi import Operation, operations
from tests.integration.api.scene import MARKER, Scene

OPERATIONS = operations()
READS = [operation for operation in OPERATIONS if operation.method == "GET"]
# Whom the caller blocked is the caller's own to know.
OWN = {"/api/users/me/blocks"}


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_everybody_is_answered_as_declared(scene: Scene, operation: Operation) -> None:
    declared = declared_for(operation.endpoint)
    assert declared is not None, "declare with @access(…) beside the route what it answers to whom"

    answers = {who: scene.answer(operation, who) for who in asdict(declared)}

    assert {str(answer.status) for answer in answers.values()} <= scene.described(operation)["responses"].keys()
    unexpected = {who: answers[who].text for who, status in asdict(declared).items() if answers[who].status != status}
    assert {who: answer.status for who, answer in answers.items()} == asdict(declared), unexpected


@pytest.mark.parametrize("reader", ["blocked", "blocker"])
@pytest.mark.parametrize("operation", READS, ids=name)
def test_no_read_shows_people_to_each_other_of_whom_one_blocked_the_other(
    scene: Scene, operation: Operation, reader: str
) -> None:
    """Pages for everybody alone do not know who reads them."""
    declared = declared_for(operation.endpoint)
    if operation.path in OWN or (declared is not None and declared.anonymous < 400):
        return
    owner = scene.people.owner
    for elsewhere in (False, True):
        answer = scene.answer(operation, reader, elsewhere=elsewhere)

        assert answer.status < 500
        for trace in (str(owner.id), owner.handle, MARKER):
            assert trace not in answer.text, answer.text


def test_the_scene_is_worth_looking_at(scene: Scene) -> None:
    """The one who is not blocked sees what the blocked may not."""
    seen = "".join(scene.answer(operation, "owner").text for operation in READS)

    assert all(trace in seen for trace in (str(scene.people.owner.id), scene.people.owner.handle, MARKER))
