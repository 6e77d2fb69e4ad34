"""CloudFront's caches in layers, by the headers that answers come with.

Each place has a cache of its own, and asks the regional one behind it, which asks Origin Shield where that is on, and
else the origin. Age travels along. An
answer is fresh for `max-age` of its making (`s-maxage` before it), at most as long as the cache policy allows; then for
`stale-while-revalidate` more it is served while it is fetched anew. Of those who ask while it is being fetched one asks
the layer behind, and the others wait for that.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bench.edge_trace import Numbers, Times

# What the origin takes to answer one that asks for what no cache has.
FETCH_SECONDS = 0.15
REGIONAL = 13


@dataclass(frozen=True, slots=True)
class Kept:
    """`until`: fresh at most to the next multiple of so many seconds of the day; 0, whatever the time."""

    fresh: float
    stale: float
    until: float = 0


NEVER = Kept(0, 0)


def kept_for(cache_control: str, longest: float) -> Kept:
    """`longest` is the cache policy's MaxTTL, seconds."""
    said = dict(re.findall(r"([a-z-]+)(?:=(\d+))?", cache_control))
    if said.keys() & {"no-store", "private", "no-cache"}:
        return NEVER
    fresh = min(float(said.get("s-maxage") or said.get("max-age") or 0), longest)
    return Kept(fresh, min(float(said.get("stale-while-revalidate") or 0), longest))


@dataclass(slots=True)
class Counted:
    requests: int = 0
    # Answered without the viewer waiting for the origin.
    at_edge: int = 0
    # Of these, what was older than fresh.
    stale: int = 0
    # With those that a stale answer set off, for which nobody waits.
    asked_of_origin: int = 0


@dataclass(slots=True)
class _Copy:
    made_at: float
    here_from: float


def _fresh(at: float, made_at: float, kept: Kept) -> bool:
    return at - made_at < min(kept.fresh, kept.until - made_at % kept.until if kept.until else kept.fresh)


class CloudFront:
    """`shielded`: with Origin Shield, which all regional caches ask and which alone asks the origin."""

    def __init__(self, places: int, *, shielded: bool = False) -> None:
        sizes = (places, REGIONAL, 1) if shielded else (places, REGIONAL)
        self._layers: list[list[dict[int, _Copy]]] = [[{} for _ in range(size)] for size in sizes]

    def ask(self, at: float, place: int, key: int, kept: Kept, counted: Counted) -> None:
        counted.requests += 1
        if kept is NEVER:
            counted.asked_of_origin += 1
            return
        before = counted.asked_of_origin
        made_at, here_from = self._answer(0, at, place, key, kept, counted)
        # Whoever waits for what another has asked of the origin is answered by the edge too.
        if here_from == at or counted.asked_of_origin == before:
            counted.at_edge += 1
            counted.stale += not _fresh(at, made_at, kept)

    def forget(self, keys: Iterable[int]) -> None:
        """What was forgotten is not served stale either."""
        for caches in self._layers:
            for copies in caches:
                for key in keys:
                    copies.pop(key, None)

    def _answer(self, layer: int, at: float, place: int, key: int, kept: Kept, counted: Counted) -> tuple[float, float]:
        """When it was made, and from when on it is there."""
        if layer == len(self._layers):
            counted.asked_of_origin += 1
            return at, at + FETCH_SECONDS
        caches = self._layers[layer]
        copies = caches[place % len(caches)]
        copy = copies.get(key)
        if copy is None or (at >= copy.here_from and not _fresh(at - kept.stale, copy.made_at, kept)):
            made_at, here_from = self._answer(layer + 1, at, place, key, kept, counted)
            copies[key] = _Copy(made_at, here_from)
            return made_at, here_from
        if at < copy.here_from or _fresh(at, copy.made_at, kept):
            return copy.made_at, max(at, copy.here_from)
        made_at, copy.made_at = copy.made_at, self._answer(layer + 1, at, place, key, kept, counted)[0]
        return made_at, at


def kept_throughout(at: Times, place: Numbers, key: Numbers, counted_from: float, *, shielded: bool) -> Counted:
    """The same of what is kept for longer than all of it takes: each cache that is asked last asks the origin once."""
    cache = np.zeros_like(place) if shielded else place % REGIONAL
    _, first = np.unique(key * REGIONAL + cache, return_index=True)
    requests, asked = int((at >= counted_from).sum()), int((at[first] >= counted_from).sum())
    return Counted(requests, requests - asked, 0, asked)
