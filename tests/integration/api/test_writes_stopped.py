"""The database takes no writes: an operator stopped them, or the server was demoted. Every route lives with that."""

import pytest

from functions.api.access import declared_for
from functions.api.openapi import Operation, operations
from mundotango import errors
from tests.integration.api.scene import Scene

OPERATIONS = operations()
# They write to other stores only, which go on.
ELSEWHERE = {
    "POST /api/feedback",
    "POST /api/media",
    "PUT /api/notifications/read",
    "POST /api/posts/views",
    "DELETE /api/posts/{post_id}/reaction",
    "PUT /api/posts/{post_id}/reaction",
    "DELETE /api/push/devices",
    "PUT /api/push/devices",
    "DELETE /api/push/devices/{device_id}",
    "POST /api/realtime/grants",
    "POST /api/realtime/tickets",
}


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def who(operation: Operation) -> str:
    """Somebody whom it usually answers well."""
    declared = declared_for(operation.endpoint)
    assert declared is not None
    people = ("owner", "stranger", "moderator", "anonymous")
    return next((each for each in people if getattr(declared, each) < 300), "owner")


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_reads_are_answered_as_ever_and_writes_are_told_when_to_come_again(scene: Scene, operation: Operation) -> None:
    usual = scene.answer(operation, who(operation))

    with scene.undone() as connection:
        connection.execute("SET LOCAL transaction_read_only = on")
        answer = scene.answer(operation, who(operation))

    if operation.method == "GET" or name(operation) in ELSEWHERE:
        assert answer.status == usual.status, answer.text
    else:
        assert (answer.status, answer.problem) == (503, "writes-stopped"), (usual.status, answer.text)
        assert int(answer.headers["retry-after"]) == errors.WritesStopped("").retry_after
