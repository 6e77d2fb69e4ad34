"""Which assumptions move the total most, when each alone is half as large again, and half."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from operations.cost.consumption import Act, Used
from operations.cost.model import Assumptions, Projection

Change = Callable[[Assumptions, float], Assumptions]
FACTORS = (0.5, 1.5)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Swing:
    """Dollars a month with half of it, and with half as much again."""

    assumption: str
    low_usd: float
    high_usd: float

    @property
    def width(self) -> float:
        return abs(self.high_usd - self.low_usd)


def _of_workload(part: str, field: str) -> Change:
    def change(given: Assumptions, factor: float) -> Assumptions:
        old = getattr(given.workload, part)
        value = getattr(old, field) * factor
        changed = replace(old, **{field: min(value, 1.0) if field.startswith("offload") else value})
        return replace(given, workload=replace(given.workload, **{part: changed}))

    return change


def _requests(given: Assumptions, factor: float) -> Assumptions:
    """All kinds of requests alike, and their sum."""
    work = given.workload
    person = replace(work.person, requests_a_session=work.person.requests_a_session * factor)
    requests = {name: often * factor for name, often in work.requests.items()}
    return replace(given, workload=replace(work, person=person, requests=requests))


def _pictures_seen(given: Assumptions, factor: float) -> Assumptions:
    work = given.workload
    further = work.edge.further_pictures_a_session + work.pictures_a_session * (factor - 1)
    return replace(given, workload=replace(work, edge=replace(work.edge, further_pictures_a_session=further)))


def _acts(given: Assumptions, change: Callable[[Act], Act]) -> Assumptions:
    acts = {name: change(act) for name, act in given.consumption.acts.items()}
    return replace(given, consumption=replace(given.consumption, acts=acts))


def _time(given: Assumptions, factor: float) -> Assumptions:
    def slower(used: Used) -> Used:
        return replace(used, cpu_ms=used.cpu_ms * factor, database_ms=used.database_ms * factor)

    return _acts(given, lambda act: replace(act, functions={n: slower(used) for n, used in act.functions.items()}))


def _writes(given: Assumptions, factor: float) -> Assumptions:
    return _acts(given, lambda act: replace(act, writes={name: units * factor for name, units in act.writes.items()}))


CHANGES: dict[str, Change] = {
    "sessions a person": _of_workload("person", "sessions"),
    "requests a session": _requests,
    "likes a session": _of_workload("person", "likes_a_session"),
    "socket minutes a session": _of_workload("person", "socket_minutes_a_session"),
    "pictures a person": _of_workload("person", "pictures"),
    "pictures seen a session": _pictures_seen,
    "kilobytes of a picture seen": _of_workload("edge", "kilobytes_a_picture"),
    "JSON answered at the edge": _of_workload("edge", "offload_json"),
    "months of history": _of_workload("history", "months"),
    "times of handlers": _time,
    "write units of DynamoDB": _writes,
    "bytes of log an invocation": _of_workload("functions", "log_bytes_an_invocation"),
}


def swings(projection: Projection, given: Assumptions) -> list[Swing]:
    """The five that move the total most, the widest first."""
    found = [
        Swing(name, *(projection.again(change(given, factor)).total_usd for factor in FACTORS))
        for name, change in CHANGES.items()
    ]
    return sorted(found, key=lambda swing: -swing.width)[:SHOWN]
