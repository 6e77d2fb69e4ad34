"""What `mundo scale advise` says: in words, and as JSON."""

from dataclasses import asdict, fields
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mundotango.growth import words
from operations import parameters
from operations.measures import Measures
from operations.scale.advising import Advised, Step

# With fewer in three regions, what tables keep at least costs more than requests do: decision 0054; a test reckons it.
SCALED_FROM = 21_000
# Of each measure of the decision tree: whose it is in operations.measures.
MEASURED = {
    "cpu_share": "database_cpu_share",
    "memory_share": "database_memory_free_bytes",
    "slow_reports": "feedback_people",
}


def as_json(said: Advised) -> dict[str, Any]:
    """What was not measured is null, with its reason in `unknown`."""
    advice = said.advice
    measures = {
        each.name: getattr(said.measures, each.name) for each in fields(said.measures) if each.name != "reasons"
    }
    return {
        "stack": said.env.stack_name,
        "env": said.env.name,
        "phase": advice.phase,
        "hours": said.measures.window_hours,
        "users": said.users,
        "measures": measures,
        "unknown": {name: reason_of(said, name) for name in advice.unknown},
        "triggers": [asdict(trigger) for trigger in advice.triggers],
        "changes": [_step_as_json(step) for step in said.steps],
    }


def show(console: Console, said: Advised) -> None:
    of = f"{said.env.stack_name}, {said.advice.phase} (like env {said.env.name}), last {said.measures.window_hours:g} h"
    console.print(escape(of), highlight=False)
    for trigger in said.advice.triggers:
        console.print(f"[red]fired[/] {words.of_trigger(trigger)}", highlight=False)
    if not said.advice.triggers:
        console.print("[green]nothing fired[/] of what was measured")
    if said.steps:
        _show_steps(console, said)
    elif said.advice.triggers:
        console.print("nothing to change: the step for it is done")
    for name in said.advice.unknown:
        console.print(f"[yellow]unknown[/] {words.MEASURES[name]}: {reason_of(said, name)}", highlight=False)
    if tables := of_tables(said):
        console.print(f"[yellow]consider[/] {tables}", highlight=False)
    _show_reports(console, said.measures)


def of_tables(said: Advised) -> str:
    """Whether the tables that are written most are paid the dearer way, in a line; empty where they are not."""
    if said.advice.phase not in ("phase3", "phase4"):
        return ""
    scaled = parameters.effective(said.env.parameters)["TableCapacity"] == "scaled"
    if scaled == (said.users >= SCALED_FROM):
        return ""
    to = "on-demand" if scaled else "scaled"
    return f"{said.users:,} people: tables cost less with TableCapacity={to}; docs/scaling.md#tables-that-are-scaled"


def reason_of(said: Advised, name: str) -> str:
    """Why a field of Measured has no datum."""
    return said.measures.reasons.get(MEASURED.get(name, name), "this stack makes no database of its own")


def _show_reports(console: Console, read: Measures) -> None:
    """What browsers measured of the pages that were said to be slow: a late first byte is ours, the rest the page's."""
    timings = {"a first byte": read.feedback_first_byte_ms, "the page": read.feedback_loaded_ms}
    waited = [f"{what} {ms:,.0f} ms" for what, ms in timings.items() if ms is not None]
    if read.feedback_slow and waited:
        said = f"half of the {read.feedback_slow} reports of slowness waited longer than for {', for '.join(waited)}"
        console.print(said, highlight=False)


def _show_steps(console: Console, said: Advised) -> None:
    table = Table(title="What to change", title_justify="left")
    table.add_column("because of")
    table.add_column("what", overflow="fold")
    table.add_column("a month", justify="right", no_wrap=True)
    for step in said.steps:
        change = step.change
        named = f"{change.parameter}: {change.before} → {change.after}" if change.parameter else change.env
        do = "\n".join(step.do)
        table.add_row(", ".join(change.because), f"{escape(named)}\n[dim]{escape(do)}[/]".lstrip(), _price(step))
    console.print(table)
    for step in said.steps:
        if step.no_price:
            console.print(f"what {step.change.parameter or step.change.env} costs is not known: {step.no_price}")
    known = "measured" if said.measures.users else "the plan's, as nobody counted them"
    console.print(f"costs are those of {said.users:,} people ({known}), at list prices: docs/costs.md", highlight=False)


def _price(step: Step) -> str:
    if step.usd_more is None:
        return "unknown"
    return "nothing" if abs(step.usd_more) < 0.005 else f"{step.usd_more:+,.2f} $"


def _step_as_json(step: Step) -> dict[str, Any]:
    usd = None if step.usd_more is None else round(step.usd_more, 2)
    return asdict(step.change) | {"do": step.do, "usd_more_a_month": usd, "no_price": step.no_price or None}
