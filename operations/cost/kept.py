"""What a million writes of scaled tables comes to, beside what it would cost by request."""

from dataclasses import dataclass, replace

from operations.cost.model import Assumptions, Projection, project_places
from operations.cost.places import place

WRITES = ("dynamodb_writes", "dynamodb_rare_writes")
WRITE_HOURS = ("dynamodb_write_hours", "dynamodb_rare_write_hours")


@dataclass(frozen=True, slots=True)
class Kept:
    """`millions` of write units a month in all regions; dollars for a million of them, floors and all; the share
    of what is paid for that is used. The totals are of the whole phase, as it is and with all tables by request."""

    phase: str
    millions: float
    usd_a_million: float
    by_request_usd_a_million: float
    used: float
    total_usd: float
    by_request_total_usd: float


def kept(projection: Projection, given: Assumptions) -> Kept | None:
    """None where no table is scaled."""
    if not any(line.price in WRITE_HOURS for line, _ in projection.lines):
        return None
    changed = [
        place(replace(one.env, parameters={**one.env.parameters, "TableCapacity": "on-demand"}), home=one.home)
        for one in projection.places
    ]
    by_request = project_places(changed, projection.phase, projection.users, given)
    (more, more_usd), (less, less_usd) = (_of(one, WRITES) for one in (by_request, projection))
    hours, usd = _of(projection, WRITE_HOURS)
    millions = more - less
    return Kept(
        projection.phase,
        millions,
        usd / millions,
        (more_usd - less_usd) / millions,
        millions * 1e6 / (hours * 3600),
        projection.total_usd,
        by_request.total_usd,
    )


def _of(projection: Projection, prices: tuple[str, ...]) -> tuple[float, float]:
    found = [(line.units, usd) for line, usd in projection.lines if line.price in prices]
    return sum(units for units, _ in found), sum(usd for _, usd in found)
