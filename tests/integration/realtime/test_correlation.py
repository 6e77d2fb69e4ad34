"""One id from the edge to the push and to what is done outside: who has a request's id finds each line it caused."""

from typing import Any
from uuid import UUID

import pytest

from functions.effects import handler as effects
from mundotango import ids
from mundotango.commands.service import identity_deletion
from mundotango.observability import correlating
from tests.fakes.commands import FakeIdentities
from tests.fixtures.gateway import Gateway, Log
from tests.fixtures.sockets import Sockets

EDGES_ID = "kQ3J9pX2v7Yd0WmZ8aTfLr5sNcBhGu1eXoRiPqVtDwKzMjSyAbCdEg=="


def joins(gateway: Gateway, handle: str) -> UUID:
    user_id = ids.new_id()
    profile = {"handle": handle, "display_name": handle, "city": "Rosario"}
    assert gateway.post("/api/users", user=user_id, json=profile).status == 201
    return user_id


def belonging(log: Log) -> dict[str, dict[str, Any]]:
    """The lines that say they belong to the edge's request, by what they say first."""
    lines = [line for line in log.lines() if "_aws" not in line]
    theirs = [line for line in lines if EDGES_ID in (line.get("correlation_id"), *line.get("correlation_ids", ()))]
    return {line["message"].partition(" in ")[0]: line for line in theirs}


def test_a_post_is_followed_from_the_edge_to_the_sockets(gateway: Gateway, sockets: Sockets, log: Log) -> None:
    ana, bruno = joins(gateway, "ana"), joins(gateway, "bruno")
    assert gateway.call("PUT", "/api/users/ana/follow", user=bruno).status < 300
    told = sockets.connect(bruno)
    before = len(sockets.stream("activities"))
    log.text()

    gateway.post("/api/posts", user=ana, json={"body": "¿Bailamos?"}, headers={"x-amz-cf-id": EDGES_ID})
    assert sockets.push(sockets.stream("activities", after=before)) == []

    found = belonging(log)
    assert set(found) == {"POST /api/posts 201", "activities delivered", "chunks delivered"}
    assert 0 <= found["chunks delivered"]["push_ms"] < 60_000
    [frame] = sockets.received(told)
    assert EDGES_ID not in str(frame)
    assert "_correlation_id" not in str(frame)


def test_so_is_what_is_told_at_once(gateway: Gateway, sockets: Sockets, log: Log) -> None:
    ana, bruno = joins(gateway, "ana"), joins(gateway, "bruno")
    sockets.connect(ana)
    before = len(sockets.stream("activities"))

    gateway.call("PUT", "/api/users/ana/follow", user=bruno, headers={"x-amz-cf-id": EDGES_ID})
    records = sockets.stream("activities", after=before)
    assert sockets.push(records) == []
    # What the inbox tells of it comes by the stream too, and belongs to the same request.
    assert sockets.push(sockets.stream("activities", after=before + len(records))) == []

    delivered = [line for line in log.lines() if line.get("message") == "activities delivered"]
    assert [EDGES_ID in line["correlation_ids"] for line in delivered] == [True, True]
    assert any("push_ms" in line for line in delivered)


@pytest.mark.usefixtures("gateway")
def test_so_is_what_is_done_outside(sockets: Sockets, log: Log) -> None:
    sockets.platform.identities = FakeIdentities()
    with correlating(EDGES_ID), sockets.platform.unit_of_work() as work:
        work.record(identity_deletion(ids.new_id(), sockets.platform.clock))

    assert effects.lambda_handler({"Records": sockets.stream("commands")}, None) == {"batchItemFailures": []}

    assert belonging(log)["carried out"]["kind"] == "identity_delete"
