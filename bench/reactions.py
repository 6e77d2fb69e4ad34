"""What reactions cost to write, and whether their totals are right when the stream repeats everything.

1,000 people react, each with a kind of their own choice. 200 of them change their mind later: 100 to another kind, 100
take it back. The table's stream is brought to the function that counts in batches of 100, each batch twice. Once all
of it is about one post (viral) and once about 1,000 of as many authors (spread). Every author is told, as at home. The
use cases, the repositories and the function are the real ones, the tables moto's.

`billed_wru` are DynamoDB's write units for each of the 1,200 acts: the reaction with its index entry, the counts with
the claim that they are told. Aims: 2.3 viral, 4 spread. `told_wru` are those that it costs beside to tell authors: the
items of inboxes with their index entries, and one activity a batch and post, not an act, but the batch comes twice.
`drift` is by how much the totals are off, all posts and kinds together, and `max_writes_one_item_per_batch` how often
one item was written while one batch was brought twice. Aims: 0 and 1; it is 2 since a claim stands in the row of the
counts (0051), where one that has to wait for the rest of a second is a write of its own.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import boto3
from moto import mock_aws
from pynamodb.models import Model

from bench.write_meter import WriteMeter
from functions.counters import handler
from mundotango import ids, settings, threads
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.dynamodb import bind, connection
from mundotango.notifications.inbox_table import NotificationRow
from mundotango.reactions.counters import CounterRow
from mundotango.reactions.model import REACTION_KINDS, ReactionKind
from mundotango.reactions.repository import ReactionRow
from mundotango.reactions.service import react, totals, unreact
from mundotango.realtime.edges import EdgeRow
from mundotango.realtime.model import Activity, Appended
from mundotango.realtime.repository import ActivityRow, DynamoActivities
from operations.streams import as_brought

PEOPLE = 1000
CHANGE_KIND = 100
TAKE_BACK = 100
BATCH = 100
REGION = settings.Region("us-east-1", "")
TABLES: dict[str, type[Model]] = {
    "activities": ActivityRow,
    "counters": CounterRow,
    "edges": EdgeRow,
    "notifications": NotificationRow,
    "reactions": ReactionRow,
}

Act = tuple[UUID, UUID, ReactionKind | None]


def acts_on(posts: list[UUID], chance: random.Random) -> list[Act]:
    """Who does what to which post, in their order; a change of mind comes anywhere after the first."""
    people = [ids.new_id() for _ in range(PEOPLE)]
    first: list[Act] = [
        (posts[number % len(posts)], person, chance.choice(REACTION_KINDS)) for number, person in enumerate(people)
    ]
    placed = [(float(number), act) for number, act in enumerate(first)]
    for count, number in enumerate(chance.sample(range(PEOPLE), CHANGE_KIND + TAKE_BACK)):
        post, person, kind = first[number]
        others = [other for other in REACTION_KINDS if other != kind]
        changed = chance.choice(others) if count < CHANGE_KIND else None
        placed.append((chance.uniform(number, PEOPLE), (post, person, changed)))
    return [act for _, act in sorted(placed, key=lambda each: each[0])]


class Stream:
    """The reactions table's own, read on from where it was read to."""

    def __init__(self) -> None:
        self._streams = boto3.client("dynamodbstreams", REGION.name)
        self._arn = boto3.client("dynamodb", REGION.name).describe_table(TableName="reactions")["Table"][
            "LatestStreamArn"
        ]
        self._read = 0

    def records(self) -> list[dict[str, Any]]:
        """moto has two records of an update that makes a row, DynamoDB one: the first has nothing but the key."""
        every = list(self._every())
        new, self._read = every[self._read :], len(every)
        whole = [each for each in new if each["dynamodb"].get("NewImage") != each["dynamodb"]["Keys"]]
        return [as_brought(each, SystemClock().now()) for each in whole]

    def _every(self) -> Iterator[dict[str, Any]]:
        described = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]
        for shard in described["Shards"]:
            following: str | None = self._streams.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while following:
                page = self._streams.get_records(ShardIterator=following, Limit=1000)
                yield from map(dict, page["Records"])
                following = page.get("NextShardIterator") if page["Records"] else None


class Inboxes(DynamoActivities):
    """The activities, of which those of inboxes are counted apart."""

    def __init__(self, meter: WriteMeter) -> None:
        super().__init__("activities", REGION)
        self._meter = meter
        self.units = 0

    def append(self, activity: Activity) -> Appended:
        before = self._meter.units["activities"]
        appended = super().append(activity)
        if activity.kind.startswith("notification."):
            self.units += self._meter.units["activities"] - before
        return appended


@dataclass(frozen=True, slots=True)
class Played:
    """Write units an act, without and for telling authors; by how much the totals are off; and the most writes of one
    item while a batch was brought."""

    units: float
    told: float
    drift: int
    most: int


def play(posts: list[UUID], chance: random.Random, stream: Stream, meter: WriteMeter) -> Played:
    """1,200 acts, their stream brought twice."""
    platform = handler.platform()
    platform.activities = inboxes = Inboxes(meter)
    authors = {post: ids.new_id() for post in posts}
    meter.reset()
    acts = acts_on(posts, chance)
    truth: dict[tuple[UUID, UUID], ReactionKind] = {}
    for post, person, kind in acts:
        if kind is None:
            unreact(platform.reactions, platform.counters, post, person)
            del truth[post, person]
        else:
            react(platform.reactions, platform.counters, post, person, kind, platform.clock, told=authors[post])
            truth[post, person] = kind
    most = 0
    records = stream.records()
    for start in range(0, len(records), BATCH):
        meter.writes.clear()
        for _ in range(2):
            answer = handler.lambda_handler({"Records": records[start : start + BATCH]}, None)
            if answer["batchItemFailures"]:
                raise AssertionError("a batch was not counted")
        most = max(most, *meter.writes.values())
    held = Counter((post, kind) for (post, _), kind in truth.items())
    counted = totals(platform.counters, posts, fresh=True)
    drift = sum(abs(counted[post][kind] - held[post, kind]) for post in posts for kind in REACTION_KINDS)
    for place, units in sorted(meter.units.items()):
        print(f"{len(posts):5} posts  {place:22} {units / len(acts):6.3f} units an act")
    told = inboxes.units + sum(units for place, units in meter.units.items() if place.startswith("notifications"))
    return Played((meter.units.total() - told) / len(acts), told / len(acts), drift, most)


def main() -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": REGION.name,
        "POWERTOOLS_LOG_LEVEL": "ERROR",  # its stream is brought late, as the acts take a while
        "POWERTOOLS_SERVICE_NAME": "bench",
        **{f"{name.upper()}_TABLE": name for name in TABLES},
    }
    os.environ.pop("AWS_ENDPOINT_URL", None)
    threads.THREADS = 1  # the meter reads what an item was before each write
    with mock_aws():
        for name, model in TABLES.items():
            table = bind(model, name, REGION)
            table.Meta.stream_view_type = "NEW_AND_OLD_IMAGES"
            table.create_table(billing_mode="PAY_PER_REQUEST")
        chance = random.Random(1926)  # noqa: S311 - the same acts each time
        written_by: Any = connection(REGION).client
        meter = WriteMeter(written_by, boto3.client("dynamodb", REGION.name))
        stream = Stream()
        viral = play([ids.new_id()], chance, stream, meter)
        spread = play([ids.new_id() for _ in range(1000)], chance, stream, meter)
    print(
        json.dumps(
            {
                "bench": "reactions",
                "billed_wru_viral": round(viral.units, 3),
                "billed_wru_spread": round(spread.units, 3),
                "told_wru_viral": round(viral.told, 3),
                "told_wru_spread": round(spread.told, 3),
                "drift": viral.drift + spread.drift,
                "max_writes_one_item_per_batch": max(viral.most, spread.most),
            }
        )
    )


if __name__ == "__main__":
    main()
