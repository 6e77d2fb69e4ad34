"""What an operator sees of the local cloud, from the lines of its functions alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from devstack.stack import Stack
from operations import dashboard, measures
from operations.board.picture import draw
from operations.board.readings import Span
from operations.board.sources import lines
from operations.deployed import Deployed
from tests.fixtures.local_cloud import Listen, Newcomer


@pytest.mark.usefixtures("local_cloud")
def test_an_evening_is_seen_and_one_id_leads_from_the_request_to_the_push(
    stack: Stack, newcomer: Newcomer, listen: Listen, tmp_path: Path
) -> None:
    began = datetime.now(UTC)
    ana, bruno = newcomer(), newcomer()
    bruno.follow(ana.profile["handle"])
    told = listen(bruno)
    ana.post("¿Bailamos?", city="Rosario")
    told.expect("post.created", 20)
    for _ in range(20):
        bruno.feed()
    found = Deployed(stack.aws.session, stack.name, stack.aws.endpoint)

    said = list(lines(found, began))
    posted = next(line for line in said if line.fields.get("route") == "/api/posts")
    id = posted.fields["correlation_id"]
    assert any(id in line.fields.get("correlation_ids", ()) for line in said if line.service == "push")
    assert any("replaced" in line.fields for line in said if line.service == "ws-connect")

    read = measures.read(found, 1)
    assert read.requests is not None
    assert read.requests > 20
    assert read.p95_ms is not None
    assert read.push_p95_ms is not None
    assert read.function_memory_share is not None
    assert "database_cpu_share" in read.reasons

    span = Span.of(0.5, datetime.now(UTC))
    rows = dashboard.answers(found, span, with_log=True)
    red = [answer.widget.runbook for _, answers in rows for answer in answers if answer.bad_now]
    assert "FailedAnswers" not in red
    draw(rows, span, tmp_path / "board.png", "local")
    assert (tmp_path / "board.png").stat().st_size > 10_000
