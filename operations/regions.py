"""What the stack of one region is told of the others, looked up where it is known; `make deploy` adds it.

A stack away from home is told the streams of its own replicas, and home's pool, bucket of archives and what functions
know the edge's secret by. Home is told where pictures are copied to, as far as those stacks are there already.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from operations.account import AwsAccount
from operations.config_env import ConfigEnv
from operations.deployed import Deployed
from operations.options import session
from operations.preflight import Finding, State
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef

# Those of the replicated tables whose streams functions read.
STREAMS = {
    "ReactionsStream": "reactions",
    "MediaStream": "media",
    "ActivitiesStream": "activities",
    "CommandsStream": "commands",
    "CountersStream": "counters",
}
OTHERS = ("Second", "Third")
type Sessions = Callable[[str], boto3.Session]


def are_several(values: Mapping[str, str]) -> bool:
    """Whether anything has to be looked up: a stack that is alone asks AWS nothing."""
    return values["IsHome"] == "false" or any(values[name] for name in ("HomeRegion", "Regions", "SecondRegion"))


def told(env: ConfigEnv, sessions: Sessions | None = None) -> dict[str, str]:
    """Parameters by name, for those of `env`, which are all that the template has; empty for a stack that is alone.

    Raises:
        Refusal: they contradict each other, or what they name is not there yet.
    """
    if not are_several(env.parameters):
        return {}
    region = _agreed(env)
    places = _Places(env.stack_name, sessions or (lambda name: session(env, name)))
    here = places.of(region)
    if env.parameters["IsHome"] == "false":
        return _streams(here, env.parameters) | _of_home(places.of(env.parameters["HomeRegion"]))
    _one_more_at_most(here, env.parameters)
    return _taken_over(here) | _copies(places, env.parameters)


def findings(env: ConfigEnv, sessions: Sessions | None = None) -> Iterator[Finding]:
    """For `mundo preflight`, so that a deploy is not refused after everything was built."""
    if not are_several(env.parameters):
        return
    try:
        known = told(env, sessions)
    except Refusal as refusal:
        yield Finding("regions", State.REFUSED, refusal.cause, refusal.cure)
        return
    if env.parameters["IsHome"] == "false":
        yield Finding("regions", State.GOOD, f"has its replicas, and home in {env.parameters['HomeRegion']}")
        return
    for which in OTHERS:
        region = env.parameters[f"{which}Region"]
        if region and f"{which}MediaBucket" not in known:
            said = f"no stack in {region} yet: no pictures are copied there"
            yield Finding("regions", State.NOTE, said, "deploy its env after this one, and this one again")
        elif region:
            yield Finding("regions", State.GOOD, f"pictures are copied to {region}")


@dataclass(frozen=True)
class _Place:
    """The stack of one region, which may not be there yet, and the tables of that name."""

    region: str
    stack: Deployed

    @cached_property
    def is_there(self) -> bool:
        return AwsAccount(self.stack.session).stack_status(self.stack.stack_name) is not None

    @cached_property
    def made(self) -> set[str]:
        """Logical ids of what the stack has; what it only retains is not its own any more."""
        if not self.is_there:
            return set()
        with aws_errors_explained(f"reading the stack {self.stack.stack_name} in {self.region}"):
            pages = self.stack.cloudformation.get_paginator("list_stack_resources").paginate(
                StackName=self.stack.stack_name
            )
            found = [one for page in pages for one in page["StackResourceSummaries"]]
        return {one["LogicalResourceId"] for one in found if not one["ResourceStatus"].startswith("DELETE_")}

    def table(self, name: str) -> "TableDescriptionTypeDef | None":
        full = f"{self.stack.stack_name}-{name}"
        with aws_errors_explained(f"looking for the table {full} in {self.region}"):
            try:
                return self.stack.dynamodb.describe_table(TableName=full)["Table"]
            except self.stack.dynamodb.exceptions.ResourceNotFoundException:
                return None


@dataclass(frozen=True)
class _Places:
    stack_name: str
    sessions: Sessions

    def of(self, region: str) -> _Place:
        return _Place(region, Deployed(self.sessions(region), self.stack_name))


def _agreed(env: ConfigEnv) -> str:
    """The region of the env, when what it says of home and the others agrees with it."""
    values, region = env.parameters, env.region
    if region is None:
        raise Refusal(f"config env {env.name} names no region", cure="add region to it in samconfig.toml")
    home, at_home = values["HomeRegion"], values["IsHome"] == "true"
    if at_home != (home in ("", region)):
        kind = "home" if at_home else "not home"
        cure = f"give IsHome=true and HomeRegion={region}, or IsHome=false and the HomeRegion that it has"
        raise Refusal(f"{env.name} is {kind} in {region}, and its HomeRegion is {home or 'empty'}", cure=cure)
    named = {region, home, *(values[f"{which}Region"] for which in OTHERS)} - {""}
    missing = named - set(values["Regions"].split(","))
    if missing:
        cure = "name all that hold the tables, the first the one in which the platform began"
        raise Refusal(f"Regions of {env.name} lacks {', '.join(sorted(missing))}", cure=cure)
    return region


def _streams(here: _Place, values: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for parameter, name in STREAMS.items():
        table = here.table(name)
        if table is None:
            cure = f"deploy the env of home first, with {here.region} as SecondRegion or ThirdRegion"
            raise Refusal(f"{here.region} has no replica of {here.stack.stack_name}-{name}", cure=cure)
        if table["TableStatus"] != "ACTIVE" or "LatestStreamArn" not in table:
            said = f"the replica of {table['TableName']} in {here.region} is {table['TableStatus'].lower()}"
            raise Refusal(said, cure=f"wait until home's deploy in {values['HomeRegion']} has ended")
        found[parameter] = table["LatestStreamArn"]
    return found


def _of_home(home: _Place) -> dict[str, str]:
    if not home.is_there:
        said = f"{home.region}, which is home, has no stack {home.stack.stack_name}"
        raise Refusal(said, cure="deploy the env of home first")
    outputs = home.stack.outputs
    missing = {"UserPoolId", "UserPoolClientId", "UploadsBucket", "ApiFunctionName"} - outputs.keys()
    if missing:
        said = f"the stack {home.stack.stack_name} in {home.region} has no output {min(missing)}"
        raise Refusal(said, cure="deploy this version of it there first")
    with aws_errors_explained(f"reading what home's API in {home.region} knows the edge by"):
        # Not an output: what the migration answered is masked there.
        function = home.stack.functions.get_function_configuration(FunctionName=outputs["ApiFunctionName"])
    secret = function.get("Environment", {}).get("Variables", {}).get("ORIGIN_SECRET_SHA256", "")
    if not secret:
        raise Refusal(f"home's API in {home.region} knows no secret of the edge", cure="deploy the env of home first")
    return {
        "HomeUserPoolId": outputs["UserPoolId"],
        "HomeUserPoolClientId": outputs["UserPoolClientId"],
        "HomeUploadsBucket": outputs["UploadsBucket"],
        "OriginSecretSha256": secret,
    }


def _taken_over(here: _Place) -> dict[str, str]:
    """Of a home whose tables and pool another stack made, as one is that was away before. Inboxes stand only where it
    was home before that."""
    found = {}
    if here.table("reactions") is not None and "ReactionsTable" not in here.made:
        found = _streams(here, {"HomeRegion": here.region})
    if here.table("notifications") is not None and "NotificationsTable" not in here.made:
        found["InboxStands"] = "true"
    if here.is_there and "UserPool" not in here.made and "UserPoolId" in here.stack.outputs:
        outputs = here.stack.outputs
        found |= {"HomeUserPoolId": outputs["UserPoolId"], "HomeUserPoolClientId": outputs["UserPoolClientId"]}
    return found


def _one_more_at_most(here: _Place, values: Mapping[str, str]) -> None:
    """CloudFormation adds or removes a single replica in each update of a table that is there (AWS's reference of
    AWS::DynamoDB::GlobalTable, Replicas, read 2026-11)."""
    table = here.table("reactions")
    if table is None:
        return
    wanted = {values[f"{which}Region"] for which in OTHERS} - {""}
    has = {one["RegionName"] for one in table.get("Replicas", [])} - {here.region}
    if "ReactionsTable" not in here.made:
        if wanted - has:
            said = f"the tables are no part of the stack in {here.region}, and have no replica in {min(wanted - has)}"
            raise Refusal(said, cure="add it by aws dynamodb update-table, as docs/regions.md says, or leave it out")
    elif len(wanted ^ has) > 1:
        said = f"a deploy changes one replica of the tables, and {', '.join(sorted(wanted ^ has))} are several"
        raise Refusal(said, cure="deploy first with one of them less, as by PARAMETERS='ThirdRegion='")


def _copies(places: _Places, values: Mapping[str, str]) -> dict[str, str]:
    """Empty for a region whose stack is not there yet: its buckets are made by its first deploy, after home's."""
    found = {}
    for which in OTHERS:
        region = values[f"{which}Region"]
        if not region:
            continue
        place = places.of(region)
        outputs = place.stack.outputs if place.is_there else {}
        if {"UploadsBucket", "MediaBucket"} <= outputs.keys():
            found[f"{which}UploadsBucket"] = outputs["UploadsBucket"]
            found[f"{which}MediaBucket"] = outputs["MediaBucket"]
    return found
