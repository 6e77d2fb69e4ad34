"""CloudFront's cache in two layers, by the headers that answers come with.

Each place has a cache of its own, and asks the regional one behind it, which asks the origin. Age travels along. An
answer is fresh for `max-age` of its making (`s-maxage` before it), at most as long as the cache policy allows; then for
`stale-while-revalidate` more it is served while it is fetched anew. Of those who ask while it is being fetched one asks
the layer behind, and the others wait for that.
"""

import re
from dataclasses import dataclass

# What the origin takes to answer one that asks for what no cache has.
FETCH_SECONDS = 0.15
REGIONAL = 13


@dataclass(frozen=True, slots=True)
class Kept:
    fresh: float
    stale: float


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


class CloudFront:
    def __init__(self, places: int) -> None:
        self._places: list[dict[int, _Copy]] = [{} for _ in range(places)]
        self._regional: list[dict[int, _Copy]] = [{} for _ in range(REGIONAL)]

    def ask(self, at: float, place: int, key: int, kept: Kept, counted: Counted) -> None:
        counted.requests += 1
        if kept is NEVER:
            counted.asked_of_origin += 1
            return
        before = counted.asked_of_origin
        copies = self._places[place]
        copy = copies.get(key)
        age = 0.0 if copy is None else at - copy.made_at
        if copy is not None and (at < copy.here_from or age < kept.fresh):
            counted.at_edge += 1
        elif copy is not None and age < kept.fresh + kept.stale:
            counted.at_edge += 1
            counted.stale += 1
            copy.made_at = self._behind(at, place, key, kept, counted)[0]
        else:
            made_at, here_from = self._behind(at, place, key, kept, counted)
            copies[key] = _Copy(made_at, here_from)
            # A regional cache that had it, or was fetching it already, is the edge too.
            counted.at_edge += counted.asked_of_origin == before or here_from == at

    def _behind(self, at: float, place: int, key: int, kept: Kept, counted: Counted) -> tuple[float, float]:
        """When the regional cache's answer was made, and from when on it is there."""
        copies = self._regional[place % REGIONAL]
        copy = copies.get(key)
        if copy is not None and (at < copy.here_from or at - copy.made_at < kept.fresh):
            return copy.made_at, max(at, copy.here_from)
        counted.asked_of_origin += 1
        if copy is not None and at - copy.made_at < kept.fresh + kept.stale:
            made_at, copy.made_at = copy.made_at, at
            return made_at, at
        copies[key] = _Copy(at, at + FETCH_SECONDS)
        return at, at + FETCH_SECONDS
