"""What a deployed stack has to change, by the decision tree, and what that costs a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mundotango.growth.model import Advice, Change, Measured, Phase
from mundotango.growth.policy import advise
from operations import config_env, measures, parameters
from operations.config_env import ConfigEnv
from operations.cost.model import Assumptions, assumptions, project
from operations.cost.places import PHASES
from operations.deployed import Deployed
from operations.expansion import expand
from operations.measures import Measures
from operations.refusal import Refusal, aws_errors_explained

PREPARED = "phase3-prepare"
LARGEST_HOME = "phase4-us-east-1"
# Each phase's people, where nobody knows how many there are: the plan's table.
PEOPLE: dict[Phase, int] = {"phase1": 1_000, "phase2": 10_000, "phase3": 100_000, "phase4": 1_000_000}


@dataclass(frozen=True, slots=True)
class Step:
    """`usd_more` is a month's, and may be less than nothing; None where `no_price` says why it is not known."""

    change: Change
    do: tuple[str, ...]
    usd_more: float | None
    no_price: str = ""


@dataclass(frozen=True, slots=True)
class Advised:
    """`env` is the config env that the stack is most like; `users` are those that costs are reckoned with."""

    env: ConfigEnv
    measures: Measures
    advice: Advice
    users: int
    steps: tuple[Step, ...]


def advised(found: Deployed, env: ConfigEnv, hours: float) -> Advised:
    """
    Raises:
        Refusal: the stack is not there, or may not be looked at; or it was deployed from another template.
    """
    return of_measures(deployed_env(found, env), measures.read(found, hours))


def of_measures(env: ConfigEnv, read: Measures) -> Advised:
    phase = phase_of(env)
    advice = advise(phase, measured(read, memory(env)), env.parameters)
    users = read.users or PEOPLE[phase]
    given = assumptions() if advice.changes else None
    steps = tuple(_step(env, phase, change, users, given) for change in advice.changes)
    return Advised(env, read, advice, users, steps)


def measured(read: Measures, memory_bytes: float | None) -> Measured:
    """Of a machine with so much memory."""
    free = read.database_memory_free_bytes
    return Measured(
        p95_ms=read.p95_ms,
        error_share=read.error_share,
        connections_share=read.connections_share,
        cpu_share=read.database_cpu_share,
        memory_share=1 - free / memory_bytes if free is not None and memory_bytes else None,
        function_memory_share=read.function_memory_share,
        cache_hit_share=read.cache_hit_share,
        users=read.users,
        slow_reports=read.feedback_people,
    )


def phase_of(env: ConfigEnv) -> Phase:
    """The local cloud stands for the first; while a cluster is prepared, the instance of phase 2 serves."""
    if env.name == PREPARED:
        return "phase2"
    return next((phase for phase in PEOPLE if env.name.startswith(phase)), "phase1")


def memory(env: ConfigEnv) -> float | None:
    """Of the machine that serves, in bytes, as infra/database.yaml and infra/aurora.yaml have it; None where the stack
    makes none."""
    for template in expand(env.parameters, region=env.region or "us-east-1", stack_name=env.stack_name):
        if template.path == "Database/Aurora" and env.parameters["DatabaseKind"] == "aurora":
            return float(template.outputs["Memory"]["Value"])
        if template.path == "Database" and env.parameters["DatabaseKind"] != "aurora":
            return float(template.outputs["Memory"]["Value"])
    return None


def deployed_env(found: Deployed, env: ConfigEnv) -> ConfigEnv:
    """The config env that the stack is most like, with the parameters that the stack really has: a stack of phase 2 is
    found by the name that it had in phase 1. In the local cloud they are those of phase 1, as it makes no machines.
    """
    if env.name == "local":
        first = config_env.load("phase1")
        return replace(first, stack_name=found.stack_name, parameters=parameters.effective(first.parameters))
    with aws_errors_explained(f"looking for the stack {found.stack_name}"):
        stack = found.cloudformation.describe_stacks(StackName=found.stack_name)["Stacks"][0]
    has = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}
    known = {name: value for name, value in has.items() if name in parameters.declared()}
    likest = _likest(known, env, found.session.region_name)
    return replace(likest, stack_name=found.stack_name, parameters=parameters.effective(known))


def _likest(has: Mapping[str, str], asked: ConfigEnv, region: str | None) -> ConfigEnv:
    envs = [config_env.load(name) for name in config_env.names() if name.startswith(PHASES)]
    # Of those that are as like, the one that was asked for.
    there = sorted((one for one in envs if one.region == region), key=lambda one: one.name != asked.name) or [asked]

    def differs(one: ConfigEnv) -> int:
        return sum(has.get(name) != value for name, value in parameters.effective(one.parameters).items())

    return min(there, key=differs)


def _step(env: ConfigEnv, phase: Phase, change: Change, users: int, given: Assumptions | None) -> Step:
    do = _commands(env, change)
    if change.runbook:
        return Step(change, do, 0.0)
    try:
        if change.parameter:
            after = replace(env, parameters={**env.parameters, change.parameter: change.after})
            return Step(change, do, project(after, users, given).total_usd - project(env, users, given).total_usd)
        to = change.env.partition("-")[0]  # of all its regions
        return Step(change, do, project(to, users, given).total_usd - project(phase, users, given).total_usd)
    except Refusal as refusal:
        return Step(change, do, None, refusal.cause)


def _commands(env: ConfigEnv, change: Change) -> tuple[str, ...]:
    if change.runbook:
        return (f"read {change.runbook} in docs/runbook.md",)
    if change.parameter:
        return (
            f"set {change.parameter}={change.after} of env {env.name} in samconfig.toml",
            f"make deploy ENV={env.name}",
        )
    if change.env == PREPARED and env.name == PREPARED:
        return ("mundo scale checklist --phase 3", "mundo scale move-database")
    checked = tuple(
        f"mundo scale checklist --phase {phase}" for phase in (2, 3) if change.env.startswith(f"phase{phase}")
    )
    envs = [name for name in config_env.names() if name == change.env or name.startswith(f"{change.env}-")]
    first = ('make deploy ENV=phase2 PARAMETERS="DatabaseReaders=0"',) if change.env == PREPARED else ()
    return (*checked, *first, *(f"make deploy ENV={name}" for name in envs), *_after(change.env))


def _after(env: str) -> tuple[str, ...]:
    """Phase 4's checklist is of what its deploy leaves to be done, at its home."""
    if env == PREPARED:
        return ("mundo scale move-database",)
    if env.startswith("phase4"):
        return (f"mundo scale checklist --phase 4 --env {LARGEST_HOME}",)
    return ()
