"""The owner's decision tree: what fires, and what mends it, the cheapest first.

Thresholds and numbers of people are the plan's ("When to scale", "Scaling decision tree"). A larger machine is the
first step where the database is what is short, as it is one parameter and minutes; the next phase is the step where
there is no larger one within this phase.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from mundotango.growth.model import Advice, Cause, Change, Measured, Parameters, Phase, Trigger

SLOW_MS = 500.0
FAILING = 0.05
CONNECTIONS = CPU = 0.80
MEMORY = 0.85
# A cache that answers less often than this is too small, or asked for what nobody asks twice.
CACHE_HITS = 0.80
# The plan says "user complaints": so many people, and such a share of those who were there.
COMPLAINTS_LEAST, COMPLAINTS_SHARE = 5, 0.01

# Where the tree moves on. 5,000 is a larger machine within phase 1: cache and indexes, the plan's step there, are there
# from the first day.
LARGER_MACHINE_AT = 5_000
LEAVES_AT: dict[Phase, int] = {"phase1": 10_000, "phase2": 50_000, "phase3": 100_000}
NEXT: dict[Phase, str] = {"phase1": "phase2", "phase2": "phase3-prepare", "phase3": "phase4"}

# Within a phase: what is larger than the last of its ladder costs more than the phase after it.
INSTANCES: dict[Phase, tuple[str, ...]] = {
    "phase1": ("db.t4g.micro", "db.t4g.small"),
    "phase2": ("db.t4g.small", "db.t4g.medium", "db.t4g.large", "db.m7g.large", "db.m7g.xlarge"),
}
CLUSTERS = ("db.r6g.large", "db.r6g.xlarge", "db.r6g.2xlarge")
# What template.yaml and infra/aurora.yaml take.
MOST_READERS = 4
MOST_ACU = 64
STARTED = 10  # environments kept started, to begin with

SHORT_OF_DATABASE: frozenset[Cause] = frozenset({"connections", "cpu", "memory"})
WAITING: frozenset[Cause] = frozenset({"slow", "complaints"})


def advise(phase: Phase, measured: Measured, parameters: Parameters) -> Advice:
    """`parameters` are those of the stack, by their names in template.yaml."""
    triggers = tuple(_fired(phase, measured))
    unknown = tuple(field.name for field in fields(measured) if getattr(measured, field.name) is None)
    return Advice(phase, triggers, tuple(_changes(phase, measured, parameters, triggers)), unknown)


def phase_of(parameters: Parameters) -> Phase:
    """What a stack is, by the parameters in which the config envs of the phases differ."""
    if parameters["DatabaseKind"] == "aurora":
        return "phase4" if parameters["CacheKind"] == "cluster" else "phase3"
    return "phase2" if parameters["DatabaseMultiAz"] == "true" or parameters["DatabaseReaders"] != "0" else "phase1"


def _fired(phase: Phase, measured: Measured) -> Iterator[Trigger]:
    memory = max(
        (one for one in (measured.memory_share, measured.function_memory_share) if one is not None), default=None
    )
    beyond: tuple[tuple[Cause, float | None, float], ...] = (
        ("slow", measured.p95_ms, SLOW_MS),
        ("failing", measured.error_share, FAILING),
        ("connections", measured.connections_share, CONNECTIONS),
        ("cpu", measured.cpu_share, CPU),
        ("memory", memory, MEMORY),
    )
    yield from (Trigger(cause, value, most) for cause, value, most in beyond if value is not None and value > most)
    if measured.slow_reports is not None:
        bears = max(COMPLAINTS_LEAST, COMPLAINTS_SHARE * (measured.users or 0))
        if measured.slow_reports >= bears:
            yield Trigger("complaints", measured.slow_reports, bears)
    reached = [at for at in (_steps(phase)) if measured.users is not None and measured.users >= at]
    if reached and measured.users is not None:
        yield Trigger("users", measured.users, max(reached))


def _steps(phase: Phase) -> tuple[int, ...]:
    leaves = (LEAVES_AT[phase],) if phase in LEAVES_AT else ()
    return (LARGER_MACHINE_AT, *leaves) if phase == "phase1" else leaves


def _changes(
    phase: Phase, measured: Measured, parameters: Parameters, triggers: tuple[Trigger, ...]
) -> Iterator[Change]:
    fired = {trigger.cause: trigger for trigger in triggers}
    if "failing" in fired:
        yield Change(("failing",), runbook="FailedAnswers")  # more machines fail as often
    if "memory" in fired and (measured.memory_share or 0.0) <= MEMORY:
        yield Change(("memory",), runbook="LittleMemory")  # of a function: a leak, as the plan says
        del fired["memory"]
    if "users" in fired and fired["users"].value >= LEAVES_AT.get(phase, float("inf")):
        # It mends the rest too: it is larger in everything.
        yield Change(tuple(cause for cause in fired if cause != "failing"), env=NEXT[phase])
        return
    short = tuple(cause for cause in fired if cause in SHORT_OF_DATABASE)
    waiting = tuple(cause for cause in fired if cause in WAITING)
    grows = "users" in fired
    if short or grows:
        because = (*short, *(("users",) if grows else ()))
        larger = _larger_database(phase, parameters, because)
        # Somebody at 5,000 with the larger machine has done what the plan says.
        if larger.parameter or short:
            yield larger
    elif waiting:
        yield _faster_answers(phase, measured, parameters, waiting)


def _larger_database(phase: Phase, parameters: Parameters, because: tuple[Cause, ...]) -> Change:
    if phase in INSTANCES:
        ladder, has = INSTANCES[phase], parameters["DatabaseInstanceClass"]
        above = ladder[ladder.index(has) + 1 :] if has in ladder else ()
        if above:
            return Change(because, "DatabaseInstanceClass", has, above[0])
        return Change(because, env=NEXT[phase])
    if "connections" in because and parameters["DatabaseProxy"] != "true":
        return Change(because, "DatabaseProxy", "false", "true")
    if "cpu" in because and int(parameters["DatabaseReaders"]) < 2:
        readers = int(parameters["DatabaseReaders"])
        return Change(because, "DatabaseReaders", str(readers), str(readers + 1))
    return _larger_cluster(phase, parameters, because)


def _larger_cluster(phase: Phase, parameters: Parameters, because: tuple[Cause, ...]) -> Change:
    """What each instance grows to; of a fixed size, the next size."""
    size, readers = parameters["DatabaseClusterClass"], int(parameters["DatabaseReaders"])
    acu = int(float(parameters["DatabaseMaxAcu"]))
    above = CLUSTERS[CLUSTERS.index(size) + 1 :] if size in CLUSTERS else ()
    if above:
        return Change(because, "DatabaseClusterClass", size, above[0])
    if size == "db.serverless" and acu < MOST_ACU:
        return Change(because, "DatabaseMaxAcu", str(acu), str(min(acu * 2, MOST_ACU)))
    if readers < MOST_READERS:
        return Change(because, "DatabaseReaders", str(readers), str(readers + 1))
    return Change(because, env=NEXT[phase]) if phase in NEXT else Change(because, runbook="BusyDatabase")


def _faster_answers(phase: Phase, measured: Measured, parameters: Parameters, because: tuple[Cause, ...]) -> Change:
    """Nothing of the database is short: what is not cached, or functions that have to start."""
    if measured.cache_hit_share is not None and measured.cache_hit_share < CACHE_HITS:
        return _larger_cache(parameters, because)
    if parameters["SnapStart"] != "true" and parameters["ProvisionedConcurrency"] == "0":
        return Change(because, "SnapStart", "false", "true")
    kept = int(parameters["ProvisionedConcurrency"])
    if phase in ("phase3", "phase4") and parameters["SnapStart"] != "true":
        return Change(because, "ProvisionedConcurrency", str(kept), str(kept * 2 or STARTED))
    return Change(because, env=NEXT[phase]) if phase in NEXT else Change(because, runbook="SlowAnswers")


def _larger_cache(parameters: Parameters, because: tuple[Cause, ...]) -> Change:
    name = {"serverless": "CacheGigabytes", "replicated": "CacheReplicas", "cluster": "CacheShards"}[
        parameters["CacheKind"]
    ]
    has = int(parameters[name])
    return Change(because, name, str(has), str(has * 2 if name == "CacheGigabytes" else has + 1))
