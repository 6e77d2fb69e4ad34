"""docs/costs.md, written from the model: the same inputs are the same text."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from operations import capacity
from operations.cost.idle import always_on, total
from operations.cost.kept import kept
from operations.cost.model import AIMS, Assumptions, Projection, project_all
from operations.cost.options import options
from operations.cost.places import HOME
from operations.cost.prices import REGIONS
from operations.cost.sensitivity import swings
from operations.cost.workload import all_of_json, with_pictures_beside

HEAD = """# What it costs

Written by `mundo cost --write` from `operations/prices.toml`, `operations/workload.toml`, `operations/consumption.json`
and the expanded templates of `samconfig.toml`; a test fails when one of them changed and this page did not. Dollars a
month, before tax, after a year of history at that size. Nothing of it was seen on a bill: it is list prices times what
the real handlers took over the real PostgreSQL and Valkey, with DynamoDB, S3 and SQS by an emulator."""

SCALED = """Of the tables with `TableCapacity=scaled`, in all regions: what auto scaling keeps over the declared day
([0054](decisions/0054-capacity-kept-for-the-evening.md)). `mundo scale advise` says when it pays.

"""


def text(given: Assumptions) -> str:
    """Raises Refusal when something of it has no price."""
    projections = project_all(given=given)
    return "\n\n".join(part for part in _parts(given, projections)) + "\n"


def _parts(given: Assumptions, projections: list[Projection]) -> Iterator[str]:
    yield HEAD
    yield "![The cost of each phase by component against the plan](costs.png)"
    yield _totals(projections, given)
    yield "## By component\n\n" + _components(projections)
    last = projections[-1]
    yield f"## What moves it\n\nOf {last.users:,} people, each alone.\n\n" + _swings(given, last)
    yield "## Other readings\n\n" + _readings(given, projections)
    yield "## What a promise saves\n\n" + _options(projections)
    yield "## Tables that are scaled\n\n" + _kept(projections, given)
    yield "## While nobody comes\n\n" + _idle(projections)
    yield "## Other regions\n\n" + _regions(given)
    yield "## What acts take\n\n" + _acts(given)
    yield capacity.section(given)


def _totals(projections: list[Projection], given: Assumptions) -> str:
    rows = [
        (
            f"{one.users:,}", one.phase, _usd(one.total_usd), _usd(one.plan_usd), _usd(AIMS[one.phase]),
            "yes" if one.total_usd <= AIMS[one.phase] else "no", f"{one.total_usd / one.users * 100:.2f}",
            f"{100 * _unconfirmed(one, given):.0f} %",
        )
        for one in projections
    ]  # fmt: skip
    heads = ("people", "phase", "a month", "the plan", "the aim", "within", "cents a person", "of unconfirmed prices")
    return _table(heads, rows)


def _unconfirmed(projection: Projection, given: Assumptions) -> float:
    """Share of the dollars."""
    doubtful = sum(usd for line, usd in projection.lines if line.region not in given.prices[line.price].confirmed)
    return doubtful / projection.total_usd


def _components(projections: list[Projection]) -> str:
    names = dict.fromkeys(component.name for one in reversed(projections) for component in one.components)
    found = {one.users: {component.name: component.usd for component in one.components} for one in projections}
    rows = [(name, *(_usd(found[one.users].get(name, 0)) for one in projections)) for name in names]
    return _table(("component", *(f"{one.users:,}" for one in projections)), rows)


def _swings(given: Assumptions, projection: Projection) -> str:
    found = swings(projection, given)
    rows = [(one.assumption, _usd(one.low_usd), _usd(one.high_usd)) for one in found]
    return _table(("assumption", "at half", "half as much again"), rows)


def _readings(given: Assumptions, projections: list[Projection]) -> str:
    """Of the owner's 20 requests a session."""
    readings = {
        "20 requests, pictures among them (this page)": given.workload,
        "40 pictures beside the 20": with_pictures_beside(given.workload),
        "20 of JSON, and 40 pictures beside": all_of_json(given.workload),
    }
    rows = [
        (name, *(_usd(one.again(replace(given, workload=work)).total_usd) for one in projections))
        for name, work in readings.items()
    ]
    return _table(("a session", *(f"{one.users:,}" for one in projections)), rows)


def _options(projections: list[Projection]) -> str:
    rows = [
        (f"{one.users:,}", option.what, _usd(option.of_usd), _usd(option.saves_usd), "" if option.confirmed else "?")
        for one in projections
        for option in options(one)
    ]
    said = "`?`: the discount is from memory of the price list.\n\n"
    return said + _table(("people", "what", "of", "saves", ""), rows)


def _kept(projections: list[Projection], given: Assumptions) -> str:
    found = [one for projection in projections if (one := kept(projection, given))]
    rows = [
        (
            one.phase, f"{one.millions:,.0f}", f"{100 * one.used:.0f} %", f"${one.usd_a_million:.3f}",
            f"${one.by_request_usd_a_million:.3f}", _usd(one.total_usd), _usd(one.by_request_total_usd),
        )
        for one in found
    ]  # fmt: skip
    heads = (
        "phase", "million writes", "of what is kept, used", "a million", "by request", "the month", "all by request",
    )  # fmt: skip
    return SCALED + _table(heads, rows)


def _idle(projections: list[Projection]) -> str:
    rows = []
    for one in projections:
        found = [each for place in one.places for each in always_on(place.templates, place.region)]
        largest = sorted(found, key=lambda each: -(each.monthly or 0))[:3]
        dearest = "; ".join(f"{each.what} {_usd(each.monthly or 0)}" for each in largest)
        rows.append((one.phase, _usd(total(found)), dearest))
    return _table(("phase", "a month", "the dearest of it"), rows)


def _regions(given: Assumptions) -> str:
    shown = (
        "http_api", "socket_messages", "dynamodb_writes", "dynamodb_storage", "s3_storage", "edge_gigabytes",
        "edge_requests", "logs", "region_transfer", "aurora_acu", "aurora db.r6g.large", "cache cache.t4g.small",
    )  # fmt: skip
    rows = []
    for name in shown:
        price = given.prices[name]
        first = {region: price.tiers[region][0][1] for region in REGIONS}
        marks = [f"{first[region]:g}{'' if region in price.confirmed else ' ?'}" for region in REGIONS]
        rows.append((f"{name}, {price.unit}", *marks, f"{first['sa-east-1'] / first[HOME]:.2f}"))
    return "The first tier's dollars; `?`: unconfirmed.\n\n" + _table(
        ("price", *REGIONS, "São Paulo to Virginia"), rows
    )


def _acts(given: Assumptions) -> str:
    rows = []
    for name, act in given.consumption.acts.items():
        rows.append(
            (
                name,
                f"{sum(used.invocations for used in act.functions.values()):g}",
                f"{sum(used.cpu_ms for used in act.functions.values()):.1f}",
                f"{sum(act.writes.values()):g}", f"{sum(act.reads.values()):g}",
                f"{sum(used.sql for used in act.functions.values())}", f"{act.cache_commands:g}", f"{act.frames:g}",
            )
        )  # fmt: skip
    heads = (
        "act",
        "invocations",
        "processor ms",
        "write units",
        "read units",
        "statements",
        "cache commands",
        "frames",
    )
    said = (
        f"Measured {given.consumption.measured} by `python -m operations.cost.measuring`. A picture is one of 12 "
        f"megapixels and {given.consumption.picture_bytes / 1e6:.1f} MB; `many_likes` are twenty, which the streams"
        " bring together. Writes and reads are units of DynamoDB.\n\n"
    )
    return said + _table(heads, rows)


def _usd(dollars: float) -> str:
    return f"${dollars:,.2f}" if dollars < 1000 else f"${dollars:,.0f}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *map(list, rows)]
    marked = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in marked)
