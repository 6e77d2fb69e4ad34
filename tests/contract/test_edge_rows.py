"""What the adapter of edges asks of DynamoDB."""

from typing import Any

import pytest

from mundotango import ids, settings
from mundotango.adapters.dynamodb import connection
from mundotango.realtime.edges import DynamoEdges
from tests.fixtures.aws import table_name


@pytest.mark.parametrize("fresh", [True, False])
def test_who_is_apart_is_read_consistently_only_for_who_needs_it(
    aws: settings.Region, monkeypatch: pytest.MonkeyPatch, fresh: bool
) -> None:
    """At twice the price: two units for each of the others. moto always reads so, so the call is looked at."""
    edges, ana, others = DynamoEdges(table_name("edges"), aws), ids.new_id(), [ids.new_id() for _ in range(3)]
    edges.apply("block", others[0], ana, active=True, version=1)
    asked: list[tuple[int, bool]] = []
    shared = connection(aws)
    call = shared._make_api_call

    def seen(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = arguments["RequestItems"].values()
        asked.append((len(wanted["Keys"]), bool(wanted.get("ConsistentRead"))))
        return call(name, arguments)

    monkeypatch.setattr(shared, "_make_api_call", seen)

    assert edges.apart(ana, others, fresh=fresh) == {others[0]}
    assert asked == [(6, fresh)]
