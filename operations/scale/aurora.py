"""The two servers of a move at AWS: an instance of RDS, and the Aurora cluster that follows it.

An operator cannot reach them from outside the network: the function of jobs asks them, and for the time of the move its
role lets it sign in to the cluster too. Nothing here was tried on AWS; the calls are held to botocore's models.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mundotango.recovery.model import Digest, Position
from operations import jobs
from operations.deployed import Deployed
from operations.house_rules import ROOT
from operations.moving import Move, Step
from operations.recovery.admission import admitted
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBClusterTypeDef, DBInstanceTypeDef

# What a promotion takes is not promised anywhere; the cluster restarts in it.
PROMOTION_SECONDS = 1800.0
PAUSE_SECONDS = 5.0
# What the deploy amid the move changes of the env before it. People wait for it, so it makes no proxy, cache or
# replica, nor a canary, which the answers 503 would roll back. Functions then find the cluster: `switch` looks for it.
SWITCHED = "DatabaseKind=aurora KeepInstance=true"


class AuroraServers:
    """`deploy` brings the stack to the env in which the cluster serves; `known` says which servers a move began with,
    as the stack forgets one and the other forgets whom it followed."""

    def __init__(
        self, found: Deployed, known: Move, deploy: Callable[[], None], *, pause: float = PAUSE_SECONDS
    ) -> None:
        self._found = found
        self._known = known
        self._deploy = deploy
        self._pause = pause

    def look(self) -> tuple[str, str]:
        with aws_errors_explained(f"looking at the stack {self._found.stack_name}"):
            stack = self._found.cloudformation.describe_stacks(StackName=self._found.stack_name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_COMPLETE") or stack["StackStatus"].startswith("DELETE"):
            raise Refusal(f"the stack is {stack['StackStatus']}", cure="wait until it is deployed, then start again")
        if self._cluster["Status"] != "available" or not self._cluster.get("DBClusterMembers"):
            raise Refusal(f"the cluster is {self._cluster['Status']}", cure="wait until it is available")
        old, new = self._instance["Endpoint"]["Address"], self._cluster["Endpoint"]
        if not self.position(new).copy:
            raise Refusal("the cluster follows nobody", cure="make it anew with make deploy ENV=phase3-prepare")
        return old, new

    def stop_writes(self, host: str) -> Position:
        said = self._ask("stop_writes", "stopping writes", host)
        return Position(said["lsn"], said["copy"])

    def resume_writes(self, host: str) -> None:
        self._ask("resume_writes", "letting people write again", host)

    def position(self, host: str) -> Position:
        said = self._ask("database_position", "asking how far the database is", host)
        return Position(said["lsn"], said["copy"])

    def digests(self, host: str) -> dict[str, Digest]:
        said = self._ask("database_digests", "reading every table", host)
        return {name: Digest(**digest) for name, digest in said["tables"].items()}

    def promote(self, host: str) -> None:
        if self._cluster.get("ReplicationSourceIdentifier"):
            with aws_errors_explained("promoting the cluster"):
                self._found.databases.promote_read_replica_db_cluster(
                    DBClusterIdentifier=self._cluster["DBClusterIdentifier"]
                )
        ends = time.monotonic() + PROMOTION_SECONDS
        while self._describe_cluster(self._cluster["DBClusterIdentifier"]).get("ReplicationSourceIdentifier") or (
            self.position(host).copy
        ):
            if time.monotonic() > ends:
                raise Refusal("the cluster was not promoted in time", cure="look at it in the console, then go on")
            time.sleep(self._pause)

    def switch(self, host: str) -> None:
        self._deploy()
        function = self._found.physical_id("JobsFunction")
        with aws_errors_explained("looking where the functions go"):
            told = self._found.functions.get_function_configuration(FunctionName=function, Qualifier="live")
        if (at := told["Environment"]["Variables"]["DATABASE_HOST"]) != host:
            raise Refusal(f"the functions still go to {at}", cure="deploy the env with DatabaseKind=aurora, then go on")

    def admission(self) -> AbstractContextManager[None]:
        """For as long as the move works: the function of jobs may sign in to both servers."""
        ids = [self._instance["DbiResourceId"], self._cluster["DbClusterResourceId"]]
        return admitted(self._found, ids)

    @cached_property
    def _instance(self) -> "DBInstanceTypeDef":
        with aws_errors_explained("looking at the instance"):
            if self._known.old:
                pages = self._found.databases.get_paginator("describe_db_instances").paginate()
                instances = (one for page in pages for one in page["DBInstances"])
                return _only(
                    (one for one in instances if one.get("Endpoint", {}).get("Address") == self._known.old),
                    self._known.old,
                )
            nested = Deployed(self._found.session, self._found.physical_id("Database"), self._found.endpoint)
            name = nested.physical_id("Instance")
            return self._found.databases.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    @cached_property
    def _cluster(self) -> "DBClusterTypeDef":
        if self._known.new:
            with aws_errors_explained("looking at the cluster"):
                pages = self._found.databases.get_paginator("describe_db_clusters").paginate()
                clusters = (one for page in pages for one in page["DBClusters"])
                return _only((one for one in clusters if one.get("Endpoint") == self._known.new), self._known.new)
        following = self._instance.get("ReadReplicaDBClusterIdentifiers")
        if not following:
            raise Refusal("no cluster follows the instance", cure="make deploy ENV=phase3-prepare, then start again")
        return self._describe_cluster(following[0])

    def _describe_cluster(self, identifier: str) -> "DBClusterTypeDef":
        with aws_errors_explained("looking at the cluster"):
            return self._found.databases.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"][0]

    def _ask(self, job: str, doing: str, host: str) -> dict[str, Any]:
        [said] = jobs.run(self._found, job, doing, host=host)
        return said


class KeptInParameter:
    """Where the move stands, in Systems Manager beside the stack."""

    def __init__(self, found: Deployed) -> None:
        self._found = found

    def load(self) -> Move:
        store = self._found.parameters
        with aws_errors_explained("looking where the move stands"):
            try:
                kept = json.loads(store.get_parameter(Name=self._name)["Parameter"]["Value"])
            except store.exceptions.ParameterNotFound:
                return Move()
        moments = {name: datetime.fromisoformat(kept[name]) for name in ("stopped_at", "resumed_at") if kept[name]}
        return Move(**kept | moments | {"step": Step[kept["step"]]})

    def save(self, move: Move) -> None:
        kept = asdict(move) | {"step": move.step.name}
        with aws_errors_explained("noting where the move stands"):
            self._found.parameters.put_parameter(
                Name=self._name, Value=json.dumps(kept, default=datetime.isoformat), Type="String", Overwrite=True
            )

    @property
    def _name(self) -> str:
        return f"/{self._found.stack_name}/records/database-move"


def _only[T](servers: Iterator[T], host: str) -> T:
    for server in servers:
        return server
    raise Refusal(f"no server is at {host} any more", cure="look for it in the console: the move began with it")


def switch_env(env: str, parameters: str) -> None:
    """As a developer does it, preflight included. Raises Refusal when the deploy fails."""
    given = f"{SWITCHED} {parameters}".strip()
    done = subprocess.run(["make", "deploy", f"ENV={env}", f"PARAMETERS={given}"], cwd=ROOT, check=False)
    if done.returncode:
        raise Refusal(f"make deploy ENV={env} failed", cure="mend what it says, then go on; --abort lets people write")
