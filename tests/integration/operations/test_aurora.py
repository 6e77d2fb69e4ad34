"""What the move of the database asks of AWS, over moto."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations import jobs
from operations.deployed import Deployed
from operations.moving import Move, Step
from operations.refusal import Refusal
from operations.scale.aurora import AuroraServers, KeptInParameter

MOVE = Move(Step.CAUGHT_UP, "old.rds", "new.rds", 7, datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def found() -> Iterator[Deployed]:
    with mock_aws():
        yield Deployed(boto3.Session("test", "test", region_name="us-east-1"), "mundo-tango")


def test_where_the_move_stands_is_kept_beside_the_stack(found: Deployed) -> None:
    kept = KeptInParameter(found)
    assert kept.load() == Move()

    kept.save(MOVE)

    assert KeptInParameter(found).load() == MOVE
    kept.save(Move())
    assert kept.load() == Move()


def test_servers_are_known_by_where_the_move_began(found: Deployed) -> None:
    servers = AuroraServers(found, MOVE, lambda: None)

    with pytest.raises(Refusal, match="no server is at old"):
        servers.admission()


def test_a_cluster_that_was_promoted_is_not_promoted_again(found: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto gives a cluster no source, as AWS gives none to one that was promoted."""
    made = found.databases.create_db_cluster(
        DBClusterIdentifier="new",
        Engine="aurora-postgresql",
        MasterUsername="m",
        MasterUserPassword="not used anywhere",
    )["DBCluster"]
    known = Move(Step.CAUGHT_UP, "old.rds", made["Endpoint"], 7)
    asked: list[str] = []

    def run(_: Deployed, job: str, _doing: str, *, host: str) -> Iterator[dict[str, Any]]:
        asked.append(f"{job} {host}")
        yield {"lsn": 7, "copy": len(asked) < 2, "done": True}

    monkeypatch.setattr(jobs, "run", run)

    AuroraServers(found, known, lambda: None, pause=0).promote(made["Endpoint"])

    assert asked == [f"database_position {made['Endpoint']}"] * 2
