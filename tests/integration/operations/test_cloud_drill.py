"""The restore drill as AWS is asked for it, over moto: what it makes, compares, and deletes again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mundotango.recovery.model import Digest
from operations import jobs, records
from operations.deployed import Deployed
from operations.records import Kind
from operations.recovery import cloud, databases, stores
from operations.recovery.report import Report
from operations.refusal import Refusal


class Stack(Deployed):
    def physical_id(self, logical_id: str) -> str:
        return logical_id


@pytest.fixture
def found() -> Iterator[Stack]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        made = Stack(session, "mundo-tango")
        for name in cloud.TABLES:
            made.dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            made.dynamodb.put_item(TableName=name, Item={"id": {"S": "one"}, "seen": {"SS": ["b", "a"]}})
        session.client("iam").create_role(RoleName="JobsRole", AssumeRolePolicyDocument="{}")
        yield made


class Asked:
    """The function of jobs, which reads what is in a database."""

    def __init__(self, found: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found = found
        self.tables = {"posts": [3, 3], "users": [2, 2]}  # before and after the moment
        self.restored = {"posts": 3, "users": 2}
        self.admitted: list[str] = []
        self.looks = 0
        monkeypatch.setattr(jobs, "run", self.run)

    def run(self, _: Deployed, job: str, _doing: str, *, host: str) -> Iterator[dict[str, Any]]:
        assert job == "database_digests"
        if host == "source":
            rows = {name: counts[min(self.looks, 1)] for name, counts in self.tables.items()}
            self.looks += 1
        else:
            rows = self.restored
            iam = self.found.session.client("iam")
            document = iam.get_role_policy(RoleName="JobsRole", PolicyName="recovery")["PolicyDocument"]
            self.admitted += document["Statement"][0]["Resource"]  # type: ignore[index]
        yield {"tables": {name: {"rows": count, "checksum": str(count)} for name, count in rows.items()}, "done": True}


@pytest.fixture
def asked(found: Stack, monkeypatch: pytest.MonkeyPatch) -> Asked:
    client = found.databases
    network = found.session.client("ec2")
    subnets = [one["SubnetId"] for one in network.describe_subnets()["Subnets"]]
    client.create_db_subnet_group(DBSubnetGroupName="within", DBSubnetGroupDescription="", SubnetIds=subnets)
    client.create_db_instance(
        DBInstanceIdentifier="source",
        DBSubnetGroupName="within",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="mundo_master",
        MasterUserPassword="not used anywhere",
        BackupRetentionPeriod=7,
    )
    monkeypatch.setattr(databases, "serving", lambda _: databases.Served("source", "source", "db-1", cluster=False))
    monkeypatch.setattr(databases, "await_restorable", lambda *_: 240.0)
    monkeypatch.setattr(stores, "await_restorable", lambda *_: None)
    return Asked(found, monkeypatch)


def drill(found: Stack) -> Report:
    return cloud.drill(found, lambda _: None, sleep=lambda _: None)


def left(found: Stack) -> tuple[list[str], list[str], list[str]]:
    made = [one["DBInstanceIdentifier"] for one in found.databases.describe_db_instances()["DBInstances"]]
    policies = found.session.client("iam").list_role_policies(RoleName="JobsRole")["PolicyNames"]
    return made, sorted(found.dynamodb.list_tables()["TableNames"]), policies


NOTHING_MORE: tuple[list[str], list[str], list[str]] = (["source"], sorted(cloud.TABLES), [])


def test_what_is_equal_is_told_noted_and_nothing_is_left(found: Stack, asked: Asked) -> None:
    report = drill(found)

    assert report.row_diff == 0
    assert {(line.store, line.name): line.restored for line in report.lines} == {
        ("postgresql", "posts"): 3,
        ("postgresql", "users"): 2,
        **{("dynamodb", name): 1 for name in cloud.TABLES},
    }
    assert left(found) == NOTHING_MORE
    [resource] = asked.admitted
    assert resource.startswith("arn:aws:rds-db:us-east-1:123456789012:dbuser:db")
    assert resource.endswith("/mundo_app")
    noted = records.last(found, Kind.RESTORE_DRILL)
    assert noted is not None
    assert noted.result["row_diff"] == 0
    assert noted.is_within(30, datetime.now(UTC))
    assert not noted.is_within(30, datetime.now(UTC) + timedelta(days=31))
    assert records.last(found, Kind.LOAD_TEST) is None


def test_what_is_lost_is_told(found: Stack, asked: Asked) -> None:
    asked.restored = {"posts": 1}

    report = drill(found)

    assert {line.name: line.difference for line in report.lines if line.difference} == {"posts": 2, "users": 2}


def test_what_changed_around_the_moment_is_not_called_a_difference(found: Stack, asked: Asked) -> None:
    asked.tables["posts"] = [3, 4]

    report = drill(found)

    assert report.row_diff == 0
    assert [line.why for line in report.lines if line.difference is None] == ["changed around the moment"]


def test_a_drill_that_compared_nothing_is_none(found: Stack, asked: Asked) -> None:
    asked.tables = {"posts": [3, 4], "users": [2, 3]}

    with pytest.raises(Refusal, match="nothing was compared"):
        drill(found)
    assert left(found) == NOTHING_MORE
    assert records.last(found, Kind.RESTORE_DRILL) is None


def test_tables_are_restored_when_they_can_be() -> None:
    at = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
    latest = iter([at - timedelta(minutes=4), at - timedelta(seconds=1), at, at])
    asked: list[str] = []

    class Client:
        def describe_continuous_backups(self, **named: str) -> dict[str, Any]:
            asked.append(named["TableName"])
            told = {} if asked[-1] == "none" else {"LatestRestorableDateTime": next(latest)}
            return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": told}}

    client: Any = Client()
    stores.await_restorable(client, ["media", "erasures"], at, lambda _: None)
    assert asked == ["media", "media", "media", "erasures"]
    with pytest.raises(Refusal, match="none has no point-in-time recovery"):
        stores.await_restorable(client, ["none"], at, lambda _: None)
    latest = iter([at - timedelta(hours=1)] * 1000)
    with pytest.raises(Refusal, match="can only be restored to 19:00:00"):
        stores.await_restorable(client, ["media"], at, lambda _: None)


def test_a_drill_that_fails_leaves_nothing_either(found: Stack, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Iterator[dict[str, Any]]:
        raise Refusal("the function failed", cure="read its log")

    monkeypatch.setattr(databases, "_await_available", fail)

    with pytest.raises(Refusal, match="the function failed"):
        drill(found)
    assert left(found) == NOTHING_MORE


def test_a_cluster_is_restored_with_an_instance_and_deleted_with_it(found: Stack) -> None:
    client = found.databases
    client.create_db_cluster(
        DBClusterIdentifier="home",
        Engine="aurora-postgresql",
        MasterUsername="m",
        MasterUserPassword="not used anywhere",
    )
    client.create_db_instance(
        DBInstanceIdentifier="home-1",
        DBClusterIdentifier="home",
        DBInstanceClass="db.r7g.large",
        Engine="aurora-postgresql",
    )
    source = databases.Served("home", "home", "cluster-1", cluster=True)

    with databases.temporary(found, source, datetime.now(UTC), "drill", lambda _: None) as restored:
        assert restored.cluster
        assert restored.host != "home"

    assert [one["DBClusterIdentifier"] for one in client.describe_db_clusters()["DBClusters"]] == ["home"]
    assert [one["DBInstanceIdentifier"] for one in client.describe_db_instances()["DBInstances"]] == ["home-1"]


def test_a_digest_knows_no_order(found: Stack) -> None:
    before = stores.digest_table(found.dynamodb, "MediaTable")
    found.dynamodb.put_item(TableName="MediaTable", Item={"id": {"S": "one"}, "seen": {"SS": ["a", "b"]}})

    assert stores.digest_table(found.dynamodb, "MediaTable") == before == Digest(1, before.checksum)
