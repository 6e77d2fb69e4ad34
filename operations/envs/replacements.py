"""What an update from one config env to the next would make anew or let go of, by CloudFormation's own schemas."""

import json
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from operations.envs.check import WITH_SAM
from operations.expansion import NESTED, Template
from operations.templates import ROOT, references

# Each env and the one that updates its stack in place.
NEIGHBOURS = [
    ("phase1", "phase2"),
    ("phase2", "phase3-prepare"),
    ("phase3-prepare", "phase3-us-east-1"),
    *((f"phase3-{region}", f"phase4-{region}") for region in ("us-east-1", "eu-west-1", "sa-east-1")),
]
# What such a step lets go of on purpose; docs/scaling.md says what becomes of it.
LET_GO = {("phase3-prepare", "phase3-us-east-1"): {"Database/Instance"}}
FACTS = {
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::GlobalTable",
    "AWS::KMS::Key",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::GlobalCluster",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}
# Facts do not stand in these, but whatever stands on them would be made anew with them.
GROUND = {"AWS::EC2::Subnet", "AWS::EC2::VPC"}
COPIES = {"SourceDBInstanceIdentifier", "DBClusterIdentifier"}
# Schemas tell of all engines at once. PostgreSQL on RDS gets and loses its standby where it is:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html
IN_PLACE = {("AWS::RDS::DBInstance", "MultiAZ")}

type Schemas = Mapping[str, Mapping[str, list[str]]]
type Resources = dict[str, dict[str, Any]]


def schemas(templates: Iterable[Template]) -> Schemas:
    """The properties of each type in them that an update cannot change in place; SAM's types have none."""
    types = {one["Type"] for template in templates for one in template.resources.values()}
    kept = sorted(one for one in types if not one.startswith(("AWS::Serverless::", "Custom::")))
    command = [str(WITH_SAM), "operations/envs/with_sam.py", "schemas", *kept]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: Schemas = json.loads(done.stdout)
    return found


def losses(
    before: list[Template], after: list[Template], known: Schemas, let_go: Collection[str] = ()
) -> Iterator[str]:
    """One line for each store of facts that would be made anew or go, and why."""
    remaining = {template.path: template.resources for template in after}
    for template in before:
        now = remaining.get(template.path, {})
        anew = _made_anew(template.resources, now, known)
        for name, one in template.resources.items():
            place = f"{template.path}/{name}".lstrip("/")
            if not _matters(one, place, before):
                continue
            if name in now:
                yield from (f"{place} would be made anew: {why}" for why in anew.get(name, ()))
            elif place not in let_go:
                yield f"{place} would go"
            elif one.get("DeletionPolicy") != "Retain":
                yield f"{place} would be deleted: what is let go of needs DeletionPolicy Retain"


def _matters(one: dict[str, Any], place: str, templates: list[Template]) -> bool:
    if one["Type"] == NESTED:
        inside = (each for each in templates if f"{each.path}/".startswith(f"{place}/"))
        return any(_holds_facts(resource) for each in inside for resource in each.resources.values())
    return one["Type"] in GROUND or _holds_facts(one)


def _holds_facts(one: dict[str, Any]) -> bool:
    return one["Type"] in FACTS and not COPIES & one.get("Properties", {}).keys()


def _made_anew(before: Resources, after: Resources, known: Schemas) -> dict[str, list[str]]:
    """Why, by name. What refers to such a one in a property that cannot change is made anew too."""
    anew: dict[str, list[str]] = {}
    while True:
        found = {
            name: why
            for name, one in before.items()
            if name in after and name not in anew and (why := list(_reasons(one, after[name], known, anew)))
        }
        if not found:
            return anew
        anew |= found


def _reasons(
    before: dict[str, Any], after: dict[str, Any], known: Schemas, anew: Mapping[str, list[str]]
) -> Iterator[str]:
    kind = before["Type"]
    if kind != after["Type"]:
        yield f"{kind} becomes {after['Type']}"
        return
    fixed = known.get(kind, {"always": [], "perhaps": []})
    for path in [*fixed["always"], *fixed["perhaps"]]:
        old, new = (_at(one.get("Properties", {}), path) for one in (before, after))
        if old != new and (kind, path) not in IN_PLACE:
            yield f"{path} changes from {json.dumps(old)} to {json.dumps(new)}"
        for name in {name.split(".")[0] for name in references(new)} & anew.keys():
            yield f"{path} refers to {name}, which is made anew"


def _at(properties: Any, path: str) -> Any:
    """Up to a list of many, which is compared whole."""
    for step in path.split("/"):
        if step == "*" or not isinstance(properties, dict):
            return properties
        properties = properties.get(step)
    return properties
