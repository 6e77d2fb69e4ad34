"""What AWS asks for a unit, from operations/prices.toml: by region, in tiers, with what is free for ever."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import inf, isnan
from pathlib import Path
from typing import Any

from operations.refusal import Refusal

PATH = Path(__file__).parent.parent / "prices.toml"
REGIONS = ("us-east-1", "eu-west-1", "sa-east-1")
HOURS_A_MONTH = 730
SECONDS_A_MONTH = HOURS_A_MONTH * 3600

Tiers = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Price:
    """`tiers` by region: up to how many units a month, and dollars for each of them."""

    name: str
    unit: str
    source: str
    date: str
    confirmed: frozenset[str]
    free: float
    tiers: Mapping[str, Tiers]

    def cost(self, region: str, units: float) -> float:
        """Of units a month that are paid for: what is free is taken off before."""
        dollars, below = 0.0, 0.0
        for up_to, usd in self.tiers[region]:
            dollars += max(min(units, up_to) - below, 0) * usd
            below = up_to
        return dollars


class Prices:
    def __init__(self, found: Mapping[str, Price]) -> None:
        self._found = found

    def __getitem__(self, name: str) -> Price:
        try:
            return self._found[name]
        except KeyError as error:
            cure = f"add [{name}] to {PATH.name}, with its source"
            raise Refusal(f"{PATH.name} has no price of {name}", cure=cure) from error

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[Price]:
        return iter(self._found.values())


@cache
def load(path: Path = PATH) -> Prices:
    """
    Raises:
        Refusal: the file is not there, is no TOML, or lacks something of a price.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refusal(f"{path} is missing", cure="run this in a whole checkout of the repository") from error
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"{path.name} is not TOML: {error}", cure="correct it") from error
    return Prices({name: _price(name, one, path.name) for name, one in written.items()})


def _price(name: str, written: Any, file: str) -> Price:
    def hole(what: str) -> Refusal:
        return Refusal(f"{file}: {name} has no {what}", cure="look it up and write it down, with source and date")

    if not isinstance(written, dict):
        raise hole("unit")
    for part in ("unit", "source", "date"):
        if not isinstance(written.get(part), str) or not written[part]:
            raise hole(part)
    confirmed, usd, free = written.get("confirmed"), written.get("usd"), written.get("free", 0)
    if not isinstance(confirmed, list) or not set(confirmed) <= set(REGIONS):
        raise hole("list of regions where it is confirmed")
    if not isinstance(usd, dict):
        raise hole("usd by region")
    tiers = {region: _tiers(usd.get(region)) for region in REGIONS}
    for region, found in tiers.items():
        if not found:
            raise hole(f"price in {region} that is a number, or tiers that ascend to inf")
    if not _amount(free):
        raise hole("free units that are a number")
    return Price(name, written["unit"], written["source"], written["date"], frozenset(confirmed), float(free), tiers)


def _tiers(written: Any) -> Tiers:
    """None at all of what is no price."""
    if _amount(written):
        return ((inf, float(written)),)
    if not isinstance(written, list) or not written:
        return ()
    if not all(isinstance(one, list) and len(one) == 2 and all(map(_amount, one)) for one in written):
        return ()
    limits = [float(limit) for limit, _ in written]
    if limits[-1] != inf or any(after <= before for before, after in pairwise(limits)):
        return ()
    return tuple((float(limit), float(usd)) for limit, usd in written)


def _amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value) and value >= 0
