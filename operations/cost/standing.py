"""What `mundo preflight` says a deploy costs while nobody comes."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.config_env import ConfigEnv
from operations.cost.idle import Standing, always_on, total
from operations.cost.places import HOME, place
from operations.cost.prices import REGIONS, load


def of_env(env: ConfigEnv) -> tuple[str, list[Standing]]:
    """The region whose prices are told, and everything of the expanded templates. `env` has its region's own, where
    there are prices of it, else the home's."""
    region = env.region if env.region in REGIONS else HOME
    return region or HOME, always_on(place(env).templates, region or HOME)


def as_json(env: ConfigEnv) -> dict[str, Any]:
    region, found = of_env(env)
    return {
        "as_of": _as_of(),
        "region": region,
        "monthly": round(total(found), 2),
        "items": [{"what": one.what, "quantity": one.quantity, "monthly": one.monthly} for one in found],
        "unknown": [one.what for one in found if one.monthly is None],
        "budget": float(env.parameters["MonthlyBudget"]),
    }


def show(console: Console, env: ConfigEnv) -> None:
    """Readable at 80 columns: where the prices are from stands below the table."""
    region, found = of_env(env)
    shown = Table(title=f"Always on, in {region}, {_as_of()}", title_justify="left")
    shown.add_column("what", overflow="fold")
    shown.add_column("a month", justify="right", no_wrap=True)
    for one in found:
        monthly = "unknown" if one.monthly is None else f"${one.monthly:.2f}{'' if one.confirmed else ' ?'}"
        shown.add_row(f"{escape(one.what)}\n[dim]{escape(one.quantity)}[/]", monthly)
    known = "together" if all(one.monthly is not None for one in found) else "together, as far as known"
    budget = f"{known}, of ${float(env.parameters['MonthlyBudget']):,.0f} budgeted"
    shown.add_row(budget, f"${total(found):.2f}", style="bold")
    console.print(shown)
    if not all(one.confirmed for one in found):
        console.print("? unconfirmed: from memory of the price list; look before you rely on it")
    for source in dict.fromkeys(one.source for one in found):
        console.print(f"source: {source}", highlight=False, soft_wrap=True)


def _as_of() -> str:
    return max(price.date for price in load())
