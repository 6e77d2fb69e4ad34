"""The stacks of a phase as they are deployed: which regions, what stands there, and what of it goes to the others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from operations import config_env, parameters
from operations.config_env import ConfigEnv
from operations.cost.prices import SECONDS_A_MONTH
from operations.cost.tables import RARE
from operations.expansion import Template, expand
from operations.refusal import Refusal

PHASES = ("phase1", "phase2", "phase3", "phase4")
HOME = "us-east-1"
DAYS_A_MONTH = SECONDS_A_MONTH / 86_400
DAILY = "cron(0 7 * * "
LARGEST_PHASE = {1_000: "phase1", 10_000: "phase2", 100_000: "phase3"}


@dataclass(frozen=True, slots=True)
class Backups:
    """Made `every` so many days, of which so many `points` are kept, of the tables of facts or of the database."""

    every: float
    points: float
    tables: bool
    database: bool
    region: str


@dataclass(frozen=True)
class Place:
    """One stack in one region. The home is where writes go."""

    env: ConfigEnv
    templates: tuple[Template, ...]
    home: bool

    @property
    def region(self) -> str:
        return self.env.region or HOME

    @property
    def root(self) -> dict[str, dict[str, Any]]:
        return self.templates[0].resources

    @cached_property
    def memory(self) -> dict[str, int]:
        """Of each function in MB."""
        return {
            name: int(each["Properties"].get("MemorySize", 128))
            for name, each in self.root.items()
            if each["Type"] == "AWS::Serverless::Function"
        }

    @cached_property
    def replicas(self) -> dict[str, list[str]]:
        """The regions that each table has copies in, by the table's short name; its own is one of them."""
        return {
            name.removesuffix("Table").lower(): [str(one["Region"]) for one in each["Properties"].get("Replicas", [])]
            for name, each in self.root.items()
            if each["Type"] == "AWS::DynamoDB::GlobalTable"
        }

    @cached_property
    def recovered(self) -> dict[str, list[str]]:
        """The regions whose copy of a table can be taken back to a moment, by the table's short name."""
        return {
            name.removesuffix("Table").lower(): [
                str(one["Region"])
                for one in each["Properties"]["Replicas"]
                if one.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
            ]
            for name, each in self.root.items()
            if each["Type"] == "AWS::DynamoDB::GlobalTable"
        }

    @cached_property
    def rare(self) -> set[str]:
        """The tables of the class Standard-IA, by short name: each copy is of the class of its table's first."""
        return {
            name.removesuffix("Table").lower()
            for name, each in self.root.items()
            if each["Type"] == "AWS::DynamoDB::GlobalTable"
            and each["Properties"]["Replicas"][0].get("TableClass") == RARE
        }

    def of_type(self, kind: str) -> Iterator[dict[str, Any]]:
        for template in self.templates:
            for each in template.resources.values():
                if each["Type"] == kind:
                    yield each.get("Properties", {})

    def backups(self) -> Iterator[Backups]:
        """Of each plan's rules; copies in other regions apart."""
        resources = [one for template in self.templates for one in template.resources.items()]
        for name, one in resources:
            if one["Type"] != "AWS::Backup::BackupPlan":
                continue
            chosen = "".join(
                str(each["BackupSelection"]["Resources"])
                for each in self.of_type("AWS::Backup::BackupSelection")
                if each["BackupPlanId"] == {"Ref": name}
            )
            tables, database = "ReactionsTable" in chosen, "Database" in chosen
            for rule in one["Properties"]["BackupPlan"]["BackupPlanRule"]:
                every = 1.0 if rule["ScheduleExpression"].startswith(DAILY) else DAYS_A_MONTH
                yield Backups(every, _points(rule, every), tables, database, self.region)
                for copy in rule.get("CopyActions", []):
                    found = re.search(r"arn:aws:backup:([a-z0-9-]+):", str(copy["DestinationBackupVaultArn"]))
                    if found:
                        yield Backups(every, _points(copy, every), tables, database, found[1])

    def has(self, kind: str) -> bool:
        return next(self.of_type(kind), None) is not None

    @property
    def aurora(self) -> bool:
        return self.has("AWS::RDS::DBCluster")


def _points(rule: dict[str, Any], every: float) -> float:
    return float(max(round(float(rule["Lifecycle"]["DeleteAfterDays"]) / every), 1))


def place(env: ConfigEnv, *, home: bool = True) -> Place:
    effective = parameters.effective(env.parameters)
    templates = expand(effective, region=env.region or HOME, stack_name=env.stack_name)
    return Place(replace(env, parameters=effective), tuple(templates), home)


def phase_of(users: int) -> str:
    """The one that the plan has for so many."""
    return next((phase for most, phase in LARGEST_PHASE.items() if users <= most), PHASES[-1])


def is_known(phase: str) -> bool:
    return any(name == phase or name.startswith(f"{phase}-") for name in config_env.names() if "prepare" not in name)


def of_phase(phase: str) -> list[Place]:
    """The stacks of a phase, or of one config env, the home first.

    Raises:
        Refusal: samconfig.toml has no such phase.
    """
    names = [name for name in config_env.names() if name == phase or name.startswith(f"{phase}-")]
    names = [name for name in names if not name.endswith("-prepare") or name == phase]
    if not names or phase == "local":
        known = ", ".join(name for name in config_env.names() if name != "local")
        raise Refusal(f"there is no phase {phase}", cure=f"choose one of {known}")
    envs = [config_env.load(name) for name in names]
    alone = len(envs) == 1
    found = [place(env, home=alone or env.region == HOME) for env in envs]
    return sorted(found, key=lambda one: not one.home)
