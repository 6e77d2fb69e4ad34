"""What share of all requests the edge answers on a day of 100,000 people a month, which was declared before it was run.

* **People.** 25 sessions a month each, of 20 requests in 12 minutes, as operations/workload.toml has them; 30 % of the
  sessions are signed in. Of theirs 12 requests are public (tonight, lists of events, events and posts as 4:3:3:2) and 8
  private (feed, profiles, comments, notifications, writing), with 8 likes beside them: each private one and each
  like counts as a miss. The others ask for what is public only. Requests are those that leave a browser.
* **Pictures.** 40 a session, in one of three widths, counted apart in `pictures`, and with all the rest in `offload`.
* **Where.** 500 cities by Zipf, each behind one of 90 places of CloudFront, which stand behind 13 regional caches; no
  Origin Shield, as there is none in the template. 85 % of what is asked is of one's own city, the rest of others by
  Zipf. In 45 % of the cities nine browsers of ten say Spanish, in the others English: that is in the key.
* **When.** By the clocks of each city, with the peak at nine in the evening. Caches are empty when the day begins, and
  nothing falls out of them.
* **What.** Within its kind things are asked by Zipf: the events of the next two weeks (50,000 a year; 20 % of the
  questions are of those that are known everywhere), posts of three days, pictures of two weeks (30 % everywhere).
  Posts and pictures become fewer with fewer people, events do not. Tonight is asked by a point that scatters by 5 km
  around the city's middle, with one of three radii, or by its name; lists by name in three spellings, with a kind, a
  day or words in four of ten. Links carry what mails and other sites add to them.

Each address goes through the function of the edge itself, in Node, which makes the key of it. How long an answer is
kept is what the API says: it is asked for what the trace asks most, and the run fails where a route does not say the
same of all. `offload` is the share of all requests whose viewer did not wait for the origin, stale answers and those
who waited for another's question among them; `offload_json` is the same without pictures. `origin_json` is how many
questions the origin had for each such request, with those that a stale answer set off; a 304 answers a question too.
Aims: 0.8 and 0.5.

Run it by `python -m bench.edge`; its last line is JSON. It takes ten minutes.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.edge_cache import NEVER, CloudFront, Counted, Kept, kept_for
from bench.edge_origin import Said, asked
from bench.edge_trace import PLACES, REQUESTS, SESSIONS_A_MONTH, Asked, Day, Route
from mundotango.media.policy import VARIANT_CACHE_CONTROL
from operations import templates
from operations.edge_runtime import Edge, request

USERS = (100_000, 10_000, 1_000)
AIMS = {"offload": 0.8, "offload_json": 0.5}
PUBLIC: tuple[Route, ...] = ("tonight", "events", "event", "public_post")
# Of Managed-CachingOptimized, which pictures have: AWS, "Use managed cache policies".
PICTURES_LONGEST = 31_536_000.0
TOGETHER = 5_000


class Keys:
    """What CloudFront takes for the address of each request."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._known: dict[str, int] = {}
        self.most: dict[Route, Counter[str]] = {route: Counter() for route in PUBLIC}

    def of(self, day: Day) -> Iterator[tuple[Asked, int]]:
        for together in batched(day.requests(), TOGETHER, strict=False):
            public = [each for each in together if each.route in PUBLIC]
            passed = iter(
                self._edge.run([request(each.address, {"accept-language": each.language}) for each in public])
            )
            for each in together:
                address = each.address
                if each.route in PUBLIC:
                    changed = next(passed)
                    address = f"{changed['uri']}?{changed['querystring']}"
                    self.most[each.route][address] += 1
                yield each, self._known.setdefault(address, len(self._known))


@dataclass(frozen=True, slots=True)
class Result:
    users: int
    counted: dict[Route, Counted]

    def of(self, *routes: Route) -> Counted:
        """Some together."""
        total = Counted()
        for route in routes:
            one = self.counted[route]
            total.requests += one.requests
            total.at_edge += one.at_edge
            total.stale += one.stale
            total.asked_of_origin += one.asked_of_origin
        return total

    @property
    def json(self) -> Counted:
        return self.of(*PUBLIC, "private")

    @property
    def everything(self) -> Counted:
        return self.of(*PUBLIC, "private", "picture")


def headers(users: int) -> dict[Route, Said]:
    """What the API says of the things that so many ask for."""
    with Edge("PublicRequests") as edge:
        keys = Keys(edge)
        for _ in keys.of(Day(users)):
            pass
    with asked(keys.most) as said:
        return said


def kept(said: dict[Route, Said]) -> dict[Route, Kept]:
    policies = templates.load("infra/edge/policies.yaml")["Resources"]
    longest = policies["PublicCache"]["Properties"]["CachePolicyConfig"]["MaxTTL"]
    found = {route: kept_for(each.cache_control, longest) for route, each in said.items()}
    return found | {"private": NEVER, "picture": kept_for(VARIANT_CACHE_CONTROL, PICTURES_LONGEST)}


def simulated(users: int, keepers: dict[Route, Kept], progress: Progress) -> Result:
    counted = {route: Counted() for route in keepers}
    cache = CloudFront(PLACES)
    expected = round(users * SESSIONS_A_MONTH / 30) * 3 * REQUESTS
    task = progress.add_task(f"{users:,} users", total=expected)
    with Edge("PublicRequests") as edge:
        for done, (each, key) in enumerate(Keys(edge).of(Day(users))):
            cache.ask(each.at, each.place, key, keepers[each.route], counted[each.route])
            if done % TOGETHER == 0:
                progress.update(task, completed=done)
    progress.update(task, completed=expected)
    return Result(users, counted)


def share(part: int, counted: Counted) -> float:
    return round(part / counted.requests, 3) if counted.requests else 0.0


def shown(results: list[Result], said: dict[Route, Said]) -> Iterator[Table]:
    for result in results:
        table = Table("route", "requests", "at the edge", "of these stale", "asked of the origin", "kept",
                      title=f"{result.users:,} people a month, a day")  # fmt: skip
        for route, one in result.counted.items():
            keepers = said[route].cache_control if route in said else ""
            rate = f"{share(one.at_edge, one):.1%}"
            table.add_row(
                route, f"{one.requests:,}", rate, f"{share(one.stale, one):.1%}", f"{one.asked_of_origin:,}", keepers
            )
        yield table
    falls = Table("people a month", "all", "JSON", "pictures", "public JSON", title="Answered at the edge")
    for result in results:
        columns = (result.everything, result.json, result.of("picture"), result.of(*PUBLIC))
        falls.add_row(f"{result.users:,}", *(f"{share(one.at_edge, one):.1%}" for one in columns))
    yield falls


def main() -> None:
    console = Console(width=110)
    said = headers(min(USERS))
    keepers = kept(said)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        results = [simulated(users, keepers, progress) for users in USERS]
    for table in shown(results, said):
        console.print(table)
    first = results[0]
    figures = {
        "offload": share(first.everything.at_edge, first.everything),
        "offload_json": share(first.json.at_edge, first.json),
        "pictures": share(first.of("picture").at_edge, first.of("picture")),
        "public_json": share(first.of(*PUBLIC).at_edge, first.of(*PUBLIC)),
        "origin_json": share(first.json.asked_of_origin, first.json),
    }
    for name, aim in AIMS.items():
        print(f"{name:<14} {figures[name]:.3f} (aim {aim})")
    fewer = {str(each.users): share(each.json.at_edge, each.json) for each in results[1:]}
    print(json.dumps({"bench": "edge", **figures, "users": first.users, "requests": first.everything.requests,
                      "offload_json_by_users": fewer}))  # fmt: skip


if __name__ == "__main__":
    main()
