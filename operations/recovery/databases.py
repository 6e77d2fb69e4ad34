"""The database that serves, RDS's instance or Aurora's cluster, and a temporary one restored from its backups."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operations.deployed import Deployed
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBClusterTypeDef, DBInstanceTypeDef

PAUSE_SECONDS = 15.0
# Restoring has no promised end: it grows with the data and with the log since the last snapshot.
RESTORING_SECONDS = 3 * 3600.0
# RDS archives the log every five minutes (docs.aws.amazon.com/AmazonRDS, USER_PIT).
RESTORABLE_SECONDS = 900.0

type Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Served:
    """`resource_id` is its name in policies that permit to sign in."""

    name: str
    host: str
    resource_id: str
    cluster: bool


def serving(found: Deployed) -> Served:
    """The one that functions go to. Raises Refusal where that is none of RDS's."""
    function = found.physical_id("JobsFunction")
    with aws_errors_explained("looking where the functions go"):
        told = found.functions.get_function_configuration(FunctionName=function, Qualifier="live")
        host = told["Environment"]["Variables"]["DATABASE_HOST"]
        for cluster in _clusters(found):
            if cluster.get("Endpoint") == host:
                return Served(cluster["DBClusterIdentifier"], host, cluster["DbClusterResourceId"], cluster=True)
        for instance in _instances(found):
            if instance.get("Endpoint", {}).get("Address") == host:
                return Served(instance["DBInstanceIdentifier"], host, instance["DbiResourceId"], cluster=False)
    raise Refusal(f"no database of this account and region is at {host}", cure="look at --region and --env")


def await_restorable(found: Deployed, source: Served, at: datetime, sleep: Sleep) -> float:
    """Returns when the moment can be restored to; answers how many seconds of writes a loss would have cost at worst
    of what was seen meanwhile."""
    ends, worst = time.monotonic() + RESTORABLE_SECONDS, 0.0
    while True:
        with aws_errors_explained("asking what can be restored"):
            latest: datetime = _described(found, source)["LatestRestorableTime"]
        worst = max(worst, (datetime.now(UTC) - latest).total_seconds())
        if latest > at:
            return worst
        if time.monotonic() > ends:
            raise Refusal(f"only {latest:%H:%M:%S} can be restored to", cure="look at the database's backups")
        sleep(PAUSE_SECONDS)


@contextmanager
def temporary(found: Deployed, source: Served, at: datetime, name: str, sleep: Sleep) -> Iterator[Served]:
    """Restored to the moment, in the network of its source, and deleted in the end without a trace."""
    restore, delete = (_restore_cluster, _delete_cluster) if source.cluster else (_restore_instance, _delete_instance)
    try:
        with aws_errors_explained("restoring the database"):
            restore(found, source, at, name)
            yield _await_available(found, name, sleep, cluster=source.cluster)
    finally:
        with aws_errors_explained(f"deleting {name}, which is paid for until it is deleted by hand"):
            delete(found, name)


def _restore_instance(found: Deployed, source: Served, at: datetime, name: str) -> None:
    like = _described(found, source)
    found.databases.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier=source.name,
        TargetDBInstanceIdentifier=name,
        RestoreTime=at,
        DBInstanceClass=like["DBInstanceClass"],
        DBSubnetGroupName=like["DBSubnetGroup"]["DBSubnetGroupName"],
        DBParameterGroupName=like["DBParameterGroups"][0]["DBParameterGroupName"],
        VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in like["VpcSecurityGroups"]],
        EnableIAMDatabaseAuthentication=True,
        PubliclyAccessible=False,
        DeletionProtection=False,
        MultiAZ=False,
    )


def _restore_cluster(found: Deployed, source: Served, at: datetime, name: str) -> None:
    like = _described(found, source)
    group = like["DBClusterMembers"][0]["DBInstanceIdentifier"]
    instance = found.databases.describe_db_instances(DBInstanceIdentifier=group)["DBInstances"][0]
    scaling: dict[str, Any] = {}
    if limits := like.get("ServerlessV2ScalingConfiguration"):
        scaling["ServerlessV2ScalingConfiguration"] = {
            "MinCapacity": limits["MinCapacity"],
            "MaxCapacity": limits["MaxCapacity"],
        }
    found.databases.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier=source.name,
        DBClusterIdentifier=name,
        RestoreToTime=at,
        DBSubnetGroupName=like["DBSubnetGroup"],
        VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in like["VpcSecurityGroups"]],
        EnableIAMDatabaseAuthentication=True,
        DeletionProtection=False,
        **scaling,
    )
    found.databases.create_db_instance(
        DBInstanceIdentifier=f"{name}-1",
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        DBInstanceClass=instance["DBInstanceClass"],
        PubliclyAccessible=False,
    )


def _await_available(found: Deployed, name: str, sleep: Sleep, *, cluster: bool) -> Served:
    ends = time.monotonic() + RESTORING_SECONDS
    instance_name = f"{name}-1" if cluster else name
    while True:
        instance = found.databases.describe_db_instances(DBInstanceIdentifier=instance_name)["DBInstances"][0]
        if instance["DBInstanceStatus"] == "available":
            break
        if time.monotonic() > ends:
            raise Refusal(f"{name} is {instance['DBInstanceStatus']}", cure="look at it in the console")
        sleep(PAUSE_SECONDS)
    if not cluster:
        return Served(name, instance["Endpoint"]["Address"], instance["DbiResourceId"], cluster=False)
    made = found.databases.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return Served(name, made["Endpoint"], made["DbClusterResourceId"], cluster=True)


def _delete_instance(found: Deployed, name: str) -> None:
    client = found.databases
    with suppress(client.exceptions.DBInstanceNotFoundFault):
        client.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)


def _delete_cluster(found: Deployed, name: str) -> None:
    client = found.databases
    with suppress(client.exceptions.DBInstanceNotFoundFault):
        client.delete_db_instance(DBInstanceIdentifier=f"{name}-1", SkipFinalSnapshot=True)
    with suppress(client.exceptions.DBClusterNotFoundFault):
        client.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)


def _described(found: Deployed, source: Served) -> Any:
    if source.cluster:
        return found.databases.describe_db_clusters(DBClusterIdentifier=source.name)["DBClusters"][0]
    return found.databases.describe_db_instances(DBInstanceIdentifier=source.name)["DBInstances"][0]


def _clusters(found: Deployed) -> Iterator["DBClusterTypeDef"]:
    for page in found.databases.get_paginator("describe_db_clusters").paginate():
        yield from page["DBClusters"]


def _instances(found: Deployed) -> Iterator["DBInstanceTypeDef"]:
    for page in found.databases.get_paginator("describe_db_instances").paginate():
        yield from page["DBInstances"]
