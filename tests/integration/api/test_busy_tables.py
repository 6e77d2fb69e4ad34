"""A table that keeps too little refuses; who asked is told to come again, and what was written before stands."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from botocore.exceptions import ClientError

from mundotango import settings
from mundotango.adapters.dynamodb import connection
from mundotango.reactions.repository import DynamoReactions
from tests.fixtures.aws import table_name
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_like_that_the_table_refuses_is_503_and_can_be_sent_again(
    gateway: Gateway, join: Join, aws: settings.Region, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    malena = join("malena")
    post = gateway.post("/api/posts", user=malena, json={"body": "Hola"}).json()["id"]
    gateway.platform.reactions = DynamoReactions(table_name("reactions"), aws)

    def refuse(operation: str, _: dict[str, Any]) -> None:
        raise ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {}}, operation)  # type: ignore[typeddict-item]

    with monkeypatch.context() as busy:
        busy.setattr(connection(aws).client, "_make_api_call", refuse)
        refused = gateway.put(f"/api/posts/{post}/reaction", user=malena, json={"kind": "like"})

    assert (refused.status, refused.problem) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert gateway.put(f"/api/posts/{post}/reaction", user=malena, json={"kind": "like"}).status == 200
