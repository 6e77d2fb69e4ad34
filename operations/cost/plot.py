"""The cost of each phase by component against the plan, and what its assumptions move."""

from pathlib import Path
from typing import Any

from operations.cost.model import AIMS, Projection
from operations.cost.sensitivity import Swing

SHOWN = 9  # components; the rest together


def plot(projections: list[Projection], swings: list[Swing], path: Path) -> None:
    """Raises OSError when the picture cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    costs, tornado = figure.subplots(1, 2, width_ratios=(3, 2))
    _costs(costs, projections)
    _tornado(tornado, projections[-1], swings)
    # Without the moment it was made, so that the same figures are the same bytes.
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _costs(ax: Any, projections: list[Projection]) -> None:
    """Shares of the plan's cost, as dollars of four sizes do not stand beside each other."""
    from matplotlib import colormaps

    totals: dict[str, float] = {}
    for one in projections:
        for component in one.components:
            part = component.usd / one.total_usd
            totals[component.name] = totals.get(component.name, 0) + part
    largest = sorted(totals, key=lambda name: -totals[name])[:SHOWN]
    colors = colormaps["tab10"]
    places = range(len(projections))
    below = [0.0] * len(projections)
    for number, name in enumerate([*largest, "the rest"]):
        parts = [_part(one, name, largest) / (one.plan_usd or one.total_usd) for one in projections]
        ax.bar(places, parts, bottom=below, label=name, color=colors(number))
        below = [under + part for under, part in zip(below, parts, strict=True)]
    for place, one in zip(places, projections, strict=True):
        ax.text(place, below[place] + 0.02, f"${one.total_usd:,.0f}", ha="center", weight="bold")
        if one.phase in AIMS and one.plan_usd:
            aim = AIMS[one.phase] / one.plan_usd
            ax.hlines(aim, place - 0.42, place + 0.42, colors="black", linestyles="dotted")
    ax.axhline(1, color="firebrick", linestyle="dashed", label="the plan")
    ax.set_xticks(places, [f"{one.users:,}\n{one.phase}\nplan ${one.plan_usd:,.0f}" for one in projections])
    ax.set_ylabel("share of the plan's monthly cost (dotted: the aim)")
    ax.set_title("What a month costs, by component")
    ax.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _part(projection: Projection, name: str, largest: list[str]) -> float:
    if name == "the rest":
        return sum(one.usd for one in projection.components if one.name not in largest)
    return sum(one.usd for one in projection.components if one.name == name)


def _tornado(ax: Any, projection: Projection, swings: list[Swing]) -> None:
    for place, swing in enumerate(reversed(swings)):
        for usd, color in ((swing.low_usd, "tab:green"), (swing.high_usd, "tab:red")):
            ax.barh(place, usd - projection.total_usd, left=projection.total_usd, color=color)
    ax.set_yticks(range(len(swings)), [swing.assumption for swing in reversed(swings)])
    ax.axvline(projection.total_usd, color="black", linewidth=0.8)
    ax.set_xlabel("dollars a month, half (green) and half more (red)")
    ax.set_title(f"What moves it at {projection.users:,} people")
