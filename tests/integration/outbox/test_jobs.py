"""The function that is woken for what no request waits for."""

import json
from pathlib import Path

import pytest

from functions.jobs import handler
from mundotango.bootstrap import Platform
from mundotango.errors import Invalid
from mundotango.follows.service import follow
from mundotango.users.model import User
from tests.factories.outbox import fail, post_by
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities, FakeEdges

PAYLOADS = Path(__file__).parents[2] / "payloads"


class Ample:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture(autouse=True)
def _of_the_community(community: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "platform", lambda: community)


def scheduled() -> dict[str, str]:
    recorded: dict[str, str] = json.loads((PAYLOADS / "schedule_sweep_outbox.json").read_text())
    return recorded


def test_the_schedule_wakes_the_sweep(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        fail(activities, "append", broken)
        post_by(community, author, clock)
    assert handler.lambda_handler(scheduled(), Ample()) == {
        "job": "sweep_outbox",
        "done": True,
        "relayed": 1,
        "failed": 0,
        "forgotten": 0,
        "keys_forgotten": 0,
    }


def test_a_sweep_that_left_rows_behind_counts_as_a_failed_call(
    community: Platform,
    clock: FakeClock,
    author: User,
    activities: FakeActivities,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fail(activities, "append", monkeypatch)
    post_by(community, author, clock)
    with pytest.raises(handler.JobFailed, match="sweep_outbox: 1 failed"):
        handler.lambda_handler(scheduled(), Ample())
    assert vars(caplog.records[-1])["outcome"] == {
        "done": True,
        "relayed": 0,
        "failed": 1,
        "forgotten": 0,
        "keys_forgotten": 0,
    }


def test_an_operator_wakes_the_rebuild_and_says_where_it_goes_on(
    community: Platform, clock: FakeClock, author: User, reader: User, edges: FakeEdges
) -> None:
    with community.unit_of_work() as work:
        follow(work, reader.id, author.handle, clock)
    edges.rows.clear()
    last = max(author.id, reader.id)
    rebuild = {"job": "rebuild_edges"}
    assert handler.lambda_handler(rebuild | {"after": str(last)}, Ample())["corrected"] == 0
    assert handler.lambda_handler(rebuild, Ample()) == rebuild | {"done": True, "corrected": 1}


def test_an_unknown_job_is_refused() -> None:
    with pytest.raises(Invalid, match="no such job: 'tidy_up'; there are sweep_outbox, rebuild_edges"):
        handler.lambda_handler({"job": "tidy_up"}, Ample())
