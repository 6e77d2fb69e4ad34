"""What share of all requests the edge answers on a day of 100,000 people a month, which was declared before it was run.

* **People.** 25 sessions a month each, of 20 requests in 12 minutes, as operations/workload.toml has them; 30 % of the
  sessions are signed in. Of theirs 12 requests are public (tonight, lists of events, events and posts as 4:3:3:2) and 8
  private (feed, profiles, comments, notifications, writing), with 8 likes beside them: each private one and each
  like counts as a miss. The others, 70 %, ask for what is public only. Requests are those that leave a browser.
* **Pictures.** By operations/workload.toml and decision 0045 the 20 are of JSON, and 40 pictures are seen beside them,
  in one of three widths. They are counted apart in `pictures`, and with all the rest in `offload`. Who takes the 20 for
  all that a session asks for, pictures among them and as many to one of JSON as before, has `twenty_with_pictures`:
  the same sessions with a third of the requests, and all the likes.
* **Where.** 500 cities by Zipf, each behind one of 90 places of CloudFront, which stand behind 13 regional caches, and
  those behind Origin Shield where the template has it. 85 % of what is asked is of one's own city, the rest of others
  by Zipf. In 45 % of the cities nine browsers of ten say Spanish, in the others English.
* **When.** By the clocks of each city, with the peak at nine in the evening. The caches of a network that serves every
  day are never empty, so there is a day before the one that is counted; nothing falls out of them.
* **What.** Within its kind things are asked by Zipf, the soonest or newest most: the events of the next two weeks
  (50,000 a year; 20 % of the questions are of those that are known everywhere), posts of three days, pictures of two
  weeks (30 % everywhere). As time passes others come first, so each day has its share of what nobody asked for yet.
  Posts and pictures become fewer with fewer people, events do not. Tonight is asked by a point that scatters by 5 km
  around the city's middle, with one of three radii, or by its name; lists by name in three spellings, with a kind, a
  day or words in four of ten. Links carry what mails and other sites add to them.
* **Changes** empty the caches as the deployed mapping says: bench/edge_changes.py has how many, and why.

No request is left out: two days are made at once as arrays of numbers, each distinct address goes through the function
of the edge itself, in Node, which makes the key of it, and what CloudFront does with each is then counted one by one.
Of what is kept longer than two days, which are pictures, it is enough to count who asks first. How long an answer is
kept is what the API says: it is asked for what the trace asks most, and the run fails where a route does not say the
same of all, but for `tonight`, which is taken to last to the next quarter of an hour: that something ends at another
minute is left out. `offload` is the share of all requests whose viewer did not wait for the origin, stale answers and
those who waited for another's question among them; `offload_json` is the same without pictures. `origin_json` is how
many questions the origin had for each such request, with those that a stale answer set off; a 304 answers one too;
`origin_public` is the same of what is public, `shield_pictures` how many pictures no regional cache had, and
`tags_a_month` what the edge is told to forget, each by itself: whatever is named twice at once is paid for once.
Aims: 0.8 and 0.5.

Run it by `python -m bench.edge`; its last line is JSON. It takes two minutes of one processor's time.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from bench.edge_cache import CloudFront, Counted, Kept, kept_for, kept_throughout
from bench.edge_changes import DOLLARS_A_TAG, FREE_A_MONTH, forgettings, tags_a_month
from bench.edge_origin import Said, asked
from bench.edge_trace import FROM, LONGEST_LIFE, PLACES, Asked, City, Days, Question, Route
from mundotango.commands.service import SETTLES
from mundotango.forgetting.policy import QUARTER
from mundotango.media.policy import VARIANT_CACHE_CONTROL
from operations import templates
from operations.edge_runtime import Edge, request

USERS = (100_000, 10_000, 1_000)
AIMS = {"offload": 0.8, "offload_json": 0.5}
PUBLIC: tuple[Route, ...] = ("tonight", "events", "event_soon", "event_ahead", "public_post")
# Of Managed-CachingOptimized, which pictures have: AWS, "Use managed cache policies".
PICTURES_LONGEST = 31_536_000.0
TOGETHER = 5_000
# Until an act has emptied every cache: as decided, and 5 s for CloudFront (95 of 100, AWS, What's new, 2026-04).
TOLD_AFTER = SETTLES.total_seconds() + 5


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the template and the API say of caches."""

    said: dict[Route, Said]
    kept: dict[Route, Kept]
    shielded: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Result:
    title: str
    counted: dict[Route, Counted]
    # Pictures that no regional cache had, for which Origin Shield is paid where it is on.
    shield_asked: int

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


def keys(edge: Edge, questions: list[Question]) -> Iterator[str]:
    """What CloudFront takes for the address of each."""
    for together in batched(questions, TOGETHER, strict=False):
        for passed in edge.run([request(each.address, {"accept-language": each.language}) for each in together]):
            yield f"{passed['uri']}?{passed['querystring']}"


def deployed() -> Deployed:
    """Asks the API for what so many ask for where fewest people are: the same that is asked most elsewhere."""
    most: dict[Route, Counter[str]] = {}
    with Edge("PublicRequests") as edge:
        for route, requests, questions in Days(min(USERS)).public():
            spelt = list(keys(edge, questions))
            most[route] = Counter(spelt[what] for what in requests.what.tolist())
    with asked(most) as said:
        policies = templates.load("infra/edge/policies.yaml")["Resources"]
        longest = policies["PublicCache"]["Properties"]["CachePolicyConfig"]["MaxTTL"]
        kept = {route: kept_for(each.cache_control, longest) for route, each in said.items()}
        # Of what is on tonight the headers say how long it is to the next quarter, or until something there ends.
        kept["tonight"] = replace(kept["tonight"], fresh=QUARTER.total_seconds(), until=QUARTER.total_seconds())
        if any(one.fresh + one.stale > LONGEST_LIFE for one in kept.values()):
            raise SystemExit("bench: something is kept for longer than the trace begins early; raise LONGEST_LIFE")
        return Deployed(said, kept, _shielded())


def _shielded() -> dict[str, bool]:
    edge: Any = templates.load("infra/edge/template.yaml")["Resources"]["Distribution"]["Properties"]
    origins = [one for one in edge["DistributionConfig"]["Origins"] if "Id" in one]
    return {one["Id"]: "OriginShield" in one for one in origins}


def simulated(title: str, days: Days, found: Deployed, progress: Progress, task: TaskID) -> Result:
    private = days.private()
    counted: dict[Route, Counted] = {}
    with Edge("PublicRequests") as edge:
        for route, requests, questions in days.public():
            counted[route] = _public(edge, route, requests, questions, days.cities, found)
            progress.advance(task, len(requests.at))
    counted["private"] = Counted(requests=private, asked_of_origin=private)
    pictures = days.pictures()
    kept = kept_for(VARIANT_CACHE_CONTROL, PICTURES_LONGEST)
    if kept.fresh < pictures.at[-1]:
        raise SystemExit("bench: pictures are kept for less than two days")
    seen = pictures.at, pictures.place, pictures.what, FROM
    counted["picture"] = kept_throughout(*seen, shielded=found.shielded["media"])
    progress.advance(task, len(pictures.at))
    return Result(title, counted, kept_throughout(*seen, shielded=False).asked_of_origin)


def _public(
    edge: Edge, route: Route, requests: Asked, questions: list[Question], cities: list[City], found: Deployed
) -> Counted:
    kept, shielded = found.kept[route], found.shielded["public-api"]
    known: dict[str, int] = {}
    of = np.array([known.setdefault(key, len(known)) for key in keys(edge, questions)], dtype=np.int64)
    cache, before, counted = CloudFront(PLACES, shielded=shielded), Counted(), Counted()
    each = zip(requests.at.tolist(), requests.place.tolist(), of[requests.what].tolist(), strict=True)
    changes = forgettings(route, list(known), cities)
    changes.reverse()
    for at, place, key in each:
        while changes and changes[-1].at + TOLD_AFTER <= at:
            cache.forget(changes.pop().keys)
        cache.ask(at, place, key, kept, counted if at >= FROM else before)
    return counted


def share(part: int, counted: Counted) -> float:
    return round(part / counted.requests, 3) if counted.requests else 0.0


def shown(results: list[Result], found: Deployed) -> Iterator[Table]:
    for result in results:
        table = Table("route", "requests", "at the edge", "of these stale", "asked of the origin", "kept",
                      title=f"{result.title}, a day")  # fmt: skip
        for route, one in result.counted.items():
            kept = f"{found.kept[route].fresh:.0f} + {found.kept[route].stale:.0f} s" if route in found.kept else ""
            rate, stale = f"{share(one.at_edge, one):.1%}", f"{share(one.stale, one):.1%}"
            table.add_row(route, f"{one.requests:,}", rate, stale, f"{one.asked_of_origin:,}", kept)
        yield table
    falls = Table("", "all", "JSON", "pictures", "public JSON", title="Answered at the edge")
    for result in results:
        columns = (result.everything, result.json, result.of("picture"), result.of(*PUBLIC))
        falls.add_row(result.title, *(f"{share(one.at_edge, one):.1%}" for one in columns))
    yield falls


def figures(result: Result) -> dict[str, float]:
    return {
        "offload": share(result.everything.at_edge, result.everything),
        "offload_json": share(result.json.at_edge, result.json),
        "pictures": share(result.of("picture").at_edge, result.of("picture")),
        "public_json": share(result.of(*PUBLIC).at_edge, result.of(*PUBLIC)),
        "origin_json": share(result.json.asked_of_origin, result.json),
        "origin_public": share(result.of(*PUBLIC).asked_of_origin, result.of(*PUBLIC)),
        "shield_pictures": share(result.shield_asked, result.of("picture")),
    }


def main() -> None:
    console = Console(width=110)
    found = deployed()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("simulated", total=None)
        results = [simulated(f"{users:,} people a month", Days(users), found, progress, task) for users in USERS]
        third = simulated("100,000, 20 requests with pictures", Days(USERS[0], 1 / 3), found, progress, task)
    for table in shown([*results, third], found):
        console.print(table)
    first = figures(results[0])
    for name, aim in AIMS.items():
        print(f"{name:<14} {first[name]:.3f} (aim {aim})")
    by_users = {str(users): figures(result) for users, result in zip(USERS[1:], results[1:], strict=True)}
    tags = {str(users): round(tags_a_month(users)) for users in USERS}
    for users, many in tags.items():
        print(f"{int(users):>7,} people: {many:,} tags a month, ${max(many - FREE_A_MONTH, 0) * DOLLARS_A_TAG:.0f}")
    print(json.dumps({"bench": "edge", **first, "users": USERS[0], "requests": results[0].everything.requests,
                      "by_users": by_users, "tags_a_month": tags, "twenty_with_pictures": figures(third)}))  # fmt: skip


if __name__ == "__main__":
    main()
