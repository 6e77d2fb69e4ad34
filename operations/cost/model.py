"""What a phase costs a month with so many people: what is always on, and what they use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from operations.config_env import ConfigEnv
from operations.cost import consumption as consumptions
from operations.cost import edge_plan, tables
from operations.cost import prices as price_file
from operations.cost import workload as workloads
from operations.cost.bill import Bill, Line, by_component
from operations.cost.consumption import Consumption
from operations.cost.idle import uses
from operations.cost.places import Place, is_known, of_phase, phase_of, place
from operations.cost.prices import Prices
from operations.cost.usage import Usage
from operations.cost.workload import Workload
from operations.refusal import Refusal

PLAN = {"phase1": 25.0, "phase2": 300.0, "phase3": 2000.0, "phase4": 15000.0}
AIMS = {"phase1": 25.0, "phase2": 120.0, "phase3": 1400.0, "phase4": 12500.0}
USERS = (1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Component:
    """`idle_usd` of it is paid while nobody comes."""

    name: str
    usd: float
    idle_usd: float


@dataclass(frozen=True, slots=True)
class Projection:
    phase: str
    users: int
    total_usd: float
    plan_usd: float
    components: list[Component]
    lines: list[tuple[Line, float]]
    prices: Prices
    places: list[Place]

    def again(self, given: Assumptions) -> Projection:
        """With other assumptions, of the stacks that were expanded for it."""
        return project_places(self.places, self.phase, self.users, given)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """All that a projection is made of; `None` are the committed files."""

    prices: Prices
    workload: Workload
    consumption: Consumption


def assumptions() -> Assumptions:
    return Assumptions(price_file.load(), workloads.load(), consumptions.load())


def project(of: ConfigEnv | str, users: int, given: Assumptions | None = None) -> Projection:
    """Of a phase such as `phase3` with all its regions, or of one config env alone.

    Raises:
        Refusal: there is no such phase, something of it has no price, or nobody would come.
    """
    places = of_phase(of) if isinstance(of, str) else [place(of)]
    return project_places(places, of if isinstance(of, str) else of.name, users, given)


def project_places(places: list[Place], name: str, users: int, given: Assumptions | None = None) -> Projection:
    if users < 1:
        raise Refusal(f"{users} users are none", cure="give a number from 1 on")
    known = given or assumptions()
    bill, idle = Bill(known.prices), Bill(known.prices)
    for one in places:
        for component, _, price, units in uses(one.templates):
            bill.add(component, price, one.region, units)
            idle.add(component, price, one.region, units)
        for component, _, price, region, units in tables.standing(one.templates):
            bill.add(component, price, region, units)
            idle.add(component, price, region, units)
    Usage(bill, places, known.workload, known.consumption, users).fill()
    for one in places:
        if level := edge_plan.subscribed(one.templates):
            edge_plan.settle(bill, level, known.prices)
    costs = bill.costs()
    standing = by_component(idle.costs())
    components = [
        Component(component, usd, min(standing.get(component, 0.0), usd))
        for component, usd in sorted(by_component(costs).items(), key=lambda pair: -pair[1])
        if usd > 0
    ]
    phase = name.partition("-")[0]
    total = sum(usd for _, usd in costs)
    return Projection(name, users, total, PLAN.get(phase, 0.0), components, costs, known.prices, places)


def project_all(users: Iterable[int] | None = None, given: Assumptions | None = None) -> list[Projection]:
    """Each number of people in the phase that the plan has for them; by default the plan's own, of the phases that
    samconfig.toml has.

    Raises:
        Refusal: of those that were asked for, samconfig.toml has no such phase.
    """
    wanted = [one for one in USERS if is_known(phase_of(one))] if users is None else list(users)
    return [project(phase_of(one), one, given) for one in wanted]


def as_json(projection: Projection) -> Mapping[str, object]:
    return {
        "users": projection.users,
        "phase": projection.phase,
        "total_usd": round(projection.total_usd, 2),
        "plan_usd": projection.plan_usd,
        "components": [
            {"name": one.name, "usd": round(one.usd, 2), "idle_usd": round(one.idle_usd, 2)}
            for one in projection.components
        ],
    }
