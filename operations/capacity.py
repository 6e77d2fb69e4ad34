"""What so many requests a second need: environments of Lambda, connections, the database's size; and what they cost.

Little's law: as many are under way as come in a second, times the seconds each takes.
"""

import json
from dataclasses import asdict, dataclass
from math import ceil, inf
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.cost.model import Assumptions, assumptions
from operations.cost.prices import SECONDS_A_MONTH
from operations.options import examples
from operations.refusal import Refusal

RATES = (1_000, 10_000)
API_MEMORY = 1769
# Half of a processor is kept for peaks within a second and for what nobody counted.
BUSY = 0.5
ACCOUNT_CONCURRENCY = 1_000
ENVIRONMENTS_IN_TEN_SECONDS = 1_000
GATEWAY_RATE = 10_000
# PostgreSQL's default on RDS and Aurora: LEAST(memory in bytes / 9531392, 5000).
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Managing.html
SIZES = (("large", 2, 16), ("xlarge", 4, 32), ("2xlarge", 8, 64), ("4xlarge", 16, 128), ("8xlarge", 32, 256))
CONNECTION_BYTES, MOST_CONNECTIONS = 9_531_392, 5_000
KEPT_FREE = 0.8  # of max_connections, as the functions' bound


@dataclass(frozen=True, slots=True)
class Capacity:
    """`milliseconds` are of one request at the origin; `database` is the smallest class of r6g that would do, of which
    `database_share` is busy; `monthly_usd` is of Lambda, the gateway and that database when it went on all month."""

    requests_a_second: float
    edge: bool
    at_the_origin: float
    milliseconds: float
    environments: int
    database_milliseconds: float
    database: str
    database_share: float
    max_connections: int
    monthly_usd: float
    limits: list[str]


def capacity(rate: float, *, edge: bool, given: Assumptions) -> Capacity:
    """Of the workload's mix of requests and likes: with the edge of what people ask for, without it of what arrives.

    Raises:
        Refusal: no requests are asked for.
    """
    if not 0 < rate < inf:
        raise Refusal(f"{rate:g} requests a second are none", cure="give a number above 0")
    mix = _mix(given, edge=edge)
    weight = sum(mix.values())
    person = given.workload.person
    asked = person.requests_a_session + person.likes_a_session
    origin = rate * (weight / asked if edge else 1.0)
    how = given.workload.functions
    api = {name: given.consumption.acts[name].functions["ApiFunction"] for name in mix}
    milliseconds = sum(often * api[name].billed_ms(API_MEMORY, how) for name, often in mix.items()) / weight
    database_ms = sum(often * api[name].database_ms for name, often in mix.items()) / weight
    environments = ceil(origin * milliseconds / 1000)
    size, vcpus, memory = _size(origin * database_ms / 1000, environments)
    most = int(min(memory * 2**30 / CONNECTION_BYTES, MOST_CONNECTIONS))
    busy = origin * database_ms / 1000 / vcpus
    usd = _usd(given, origin, milliseconds, size)
    limits = _limits(origin, environments, most, busy)
    return Capacity(
        rate, edge, round(origin, 1), round(milliseconds, 1), environments, round(database_ms, 2), size,
        round(busy, 2), most, round(usd), limits,
    )  # fmt: skip


def _mix(given: Assumptions, *, edge: bool) -> dict[str, float]:
    """Requests of a session that reach the API, by act."""
    return given.workload.reaching(edge=edge) | {"like": given.workload.person.likes_a_session}


def _size(processors: float, connections: int) -> tuple[str, int, int]:
    """The largest when none would do, which the limits then say."""
    for name, vcpus, memory in SIZES:
        most = min(memory * 2**30 / CONNECTION_BYTES, MOST_CONNECTIONS) * KEPT_FREE
        if processors <= vcpus * BUSY and connections <= most:
            return f"db.r6g.{name}", vcpus, memory
    name, vcpus, memory = SIZES[-1]
    return f"db.r6g.{name}", vcpus, memory


def _usd(given: Assumptions, origin: float, milliseconds: float, size: str) -> float:
    requests = origin * SECONDS_A_MONTH
    price, region = given.prices, "us-east-1"
    gigabytes = API_MEMORY / 1024
    return (
        price["lambda_requests"].cost(region, requests / 1e6)
        + price["lambda_seconds"].cost(region, requests * milliseconds / 1000 * gigabytes)
        + price["http_api"].cost(region, requests / 1e6)
        + price[f"aurora {size}"].cost(region, SECONDS_A_MONTH / 3600)
    )


def _limits(origin: float, environments: int, most: int, busy: float) -> list[str]:
    found = []
    if environments > ACCOUNT_CONCURRENCY:
        found.append(f"an account has {ACCOUNT_CONCURRENCY:,} environments at once; ask for {environments:,} and more")
    if origin > 10 * ACCOUNT_CONCURRENCY:
        found.append("an account takes ten requests a second for each environment it may have")
    if environments > ENVIRONMENTS_IN_TEN_SECONDS:
        wait = ceil(environments / ENVIRONMENTS_IN_TEN_SECONDS) * 10
        found.append(
            f"a function gets {ENVIRONMENTS_IN_TEN_SECONDS:,} new environments in ten seconds: {wait} s from none"
        )
    if origin > GATEWAY_RATE:
        found.append(f"the gateway takes {GATEWAY_RATE:,} requests a second of an account; ask for more")
    if environments > most * KEPT_FREE:
        found.append(
            f"each environment has a connection, and 0.8 of max_connections is {int(most * KEPT_FREE):,}: RDS Proxy"
        )
    if busy > BUSY:
        found.append("no class here has the processors for that in one writer: readers, and reads that go to them")
    return found


SAID = """`mundo capacity`: the workload's mix, at the time each request took, by Little's law. The database is the
smallest Aurora class with half its processors free and a connection for each environment within 0.8 of
`max_connections`; dollars are of a whole month at that rate, for Lambda, the gateway and that database."""


def section(given: Assumptions) -> str:
    """Of docs/costs.md."""
    lines = [
        "## What so many requests a second need",
        "",
        SAID,
        "",
        "| requests/s | edge | at the origin | ms each | environments | database | busy | a month | limits |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rate in RATES:
        for edge in (True, False):
            one = capacity(rate, edge=edge, given=given)
            lines.append(
                f"| {rate:,} | {'with' if edge else 'without'} | {one.at_the_origin:,.0f} | {one.milliseconds:.0f} |"
                f" {one.environments:,} | {one.database} | {one.database_share:.0%} | ${one.monthly_usd:,.0f} |"
                f" {'; '.join(one.limits) or 'none met'} |"
            )
    return "\n".join(lines)


def command(
    rates: Annotated[str, typer.Option("--rates", help="Requests a second, with commas between.")] = "1000,10000",
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects instead of a table.")] = False,
) -> None:
    """What so many requests a second need, with the edge before them and without: environments, connections, database.

    From the times that were measured, by Little's law, with each limit of AWS that is met on the way.
    """
    try:
        wanted = [float(rate) for rate in rates.split(",")]
    except ValueError:
        raise Refusal(f"{rates} are no rates", cure="give numbers, such as 1000,10000") from None
    given = assumptions()
    found = [capacity(rate, edge=edge, given=given) for rate in wanted for edge in (True, False)]
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    shown = Table(title="Capacity", title_justify="left")
    for heading in ("asked a second", "edge", "at the origin", "ms", "run at once", "database", "busy", "a month"):
        shown.add_column(heading, justify="right", no_wrap=heading == "database")
    for one in found:
        edge = "with" if one.edge else "without"
        shown.add_row(
            f"{one.requests_a_second:,.0f}", edge, f"{one.at_the_origin:,.0f}", f"{one.milliseconds:.0f}",
            f"{one.environments:,}", one.database, f"{one.database_share:.0%}", f"${one.monthly_usd:,.0f}",
        )  # fmt: skip
    console = Console()
    console.print(shown)
    for one in found:
        for limit in one.limits:
            console.print(f"{one.requests_a_second:,.0f} {'with' if one.edge else 'without'} the edge: {limit}")


EPILOG = examples("mundo capacity", "mundo capacity --rates 500,2000 --json")
