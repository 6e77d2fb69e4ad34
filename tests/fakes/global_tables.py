"""DynamoDB's global tables in memory, at the calls that pynamodb makes: with them the real repositories are under test.

What AWS says of eventually consistent global tables holds here too: a write is there at once in its own region, and
later, in any order among items, in the others; of two writes of one item the later stands, as a whole, by clocks that
may differ; several writes that follow each other may arrive as one; each replica's stream has what became of its own
items, whoever wrote them, in the order of its own changes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html (2026-11-28). Not
confirmed there is that several writes may arrive as one, and that an old image is the replica's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.expressions import Item, holds, updated

KEYS = {
    "activities": ("channel", "position"),
    "commands": ("key",),
    "connections": ("pk", "sk"),
    "counters": ("target",),
    "edges": ("source", "target"),
    "media": ("media_id",),
    "notifications": ("owner", "item"),
    "reactions": ("target", "user_id"),
}
# In the region that writes it alone; the others have no such table.
NOT_REPLICATED = {"connections", "notifications"}
INDEXES = {"by_position": ("owner", "position"), "by_target": ("target", "source"), "by_user": ("reactor", "target")}

type Key = tuple[str, ...]
type Stamp = tuple[int, str]
"""By which of two writes is the later: the writer's clock, and where they are equal its region."""


@dataclass
class Replica:
    """What stands in one region, what its streams bring, and what it has still to send, by where to."""

    region: str
    ahead: int
    items: dict[tuple[str, Key], Item] = field(default_factory=dict)
    stamps: dict[tuple[str, Key], Stamp] = field(default_factory=dict)
    streams: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    unsent: dict[str, list[tuple[str, Key, Item | None, Stamp]]] = field(default_factory=dict)
    changes: int = 0

    def put(self, table: str, key: Key, item: Item | None, stamp: Stamp) -> None:
        before = self.items.get((table, key))
        self.stamps[table, key] = stamp
        if item is None:
            self.items.pop((table, key), None)
        else:
            self.items[table, key] = item
        if before != item:
            self._tell(table, key, before, item)

    def _tell(self, table: str, key: Key, before: Item | None, after: Item | None) -> None:
        self.changes += 1
        images: dict[str, Any] = {
            "Keys": {name: {"S": value} for name, value in zip(KEYS[table], key, strict=True)},
            # Each region's numbers are its own: what is later in one may be less than what is earlier in another.
            "SequenceNumber": str((9 + self.changes * 7) * 10 ** (len(self.region) - 8)),
        }
        images |= {"OldImage": before} if before is not None else {}
        images |= {"NewImage": after} if after is not None else {}
        name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        self.streams.setdefault(table, []).append({"eventName": name, "dynamodb": images})


class GlobalTables:
    def __init__(self, regions: Mapping[str, int]) -> None:
        """By region, how far its clock is ahead of the others'."""
        self.replicas = {region: Replica(region, ahead) for region, ahead in regions.items()}
        self._now = 0
        self._calls: dict[str, Callable[[Replica, dict[str, Any]], dict[str, Any]]] = {
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "DeleteItem": self._delete,
            "GetItem": self._get,
            "PutItem": self._put,
            "Query": self._query,
            "Scan": self._query,
            "UpdateItem": self._update,
        }

    def call(self, region: str, operation: str, call: dict[str, Any]) -> dict[str, Any]:
        return self._calls[operation](self.replicas[region], call)

    def waiting(self, sender: str, receiver: str) -> int:
        return len(self.replicas[sender].unsent.get(receiver, ()))

    def send(self, sender: str, receiver: str, number: int, *, as_one: bool = False) -> None:
        """One of what waits, none of its item's writes before an earlier one; `as_one`: its last state at once."""
        waiting = self.replicas[sender].unsent[receiver]
        place = waiting[number % len(waiting)][:2]
        of_item = [each for each in waiting if each[:2] == place]
        sent = of_item if as_one else of_item[:1]
        for each in sent:
            waiting.remove(each)
        table, key, item, stamp = sent[-1]
        there = self.replicas[receiver]
        if stamp > there.stamps.get((table, key), (-(10**9), "")):
            there.put(table, key, item, stamp)

    # --- Calls ---

    def _write(self, replica: Replica, table: str, key: Key, item: Item | None) -> None:
        known, self._now = replica.stamps.get((table, key)), self._now + 1
        # A region never writes earlier than what it has seen of the item.
        moment = max(self._now + replica.ahead, known[0] + 1 if known else 0)
        stamp = (moment, replica.region)
        replica.put(table, key, item, stamp)
        for other in self.replicas:
            if other != replica.region and table not in NOT_REPLICATED:
                replica.unsent.setdefault(other, []).append((table, key, item, stamp))

    def _put(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        table, item = call["TableName"], call["Item"]
        self._checked(replica, table, _key(table, item), call)
        self._write(replica, table, _key(table, item), item)
        return {}

    def _update(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        table, key = call["TableName"], _key(call["TableName"], call["Key"])
        known = self._checked(replica, table, key, call)
        after = updated(call["UpdateExpression"], {**known, **call["Key"]}, call)
        self._write(replica, table, key, after)
        return {"Attributes": after}

    def _delete(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        table, key = call["TableName"], _key(call["TableName"], call["Key"])
        known = self._checked(replica, table, key, call)
        if known:
            self._write(replica, table, key, None)
        return {"Attributes": known} if known else {}

    def _checked(self, replica: Replica, table: str, key: Key, call: dict[str, Any]) -> Item:
        known = replica.items.get((table, key), {})
        if not holds(call.get("ConditionExpression"), known, call):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}, "write")
        return known

    def _get(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        item = replica.items.get((call["TableName"], _key(call["TableName"], call["Key"])))
        return {"Item": item} if item else {}

    def _batch_get(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        ((table, asked),) = call["RequestItems"].items()
        found = [replica.items.get((table, _key(table, key))) for key in asked["Keys"]]
        return {"Responses": {table: [item for item in found if item]}, "UnprocessedKeys": {}}

    def _batch_write(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        ((table, asked),) = call["RequestItems"].items()
        for each in asked:
            if "PutRequest" in each:
                item = each["PutRequest"]["Item"]
                self._write(replica, table, _key(table, item), item)
            else:
                self._write(replica, table, _key(table, each["DeleteRequest"]["Key"]), None)
        return {"UnprocessedItems": {}}

    def _query(self, replica: Replica, call: dict[str, Any]) -> dict[str, Any]:
        table = call["TableName"]
        names = INDEXES[call["IndexName"]] if "IndexName" in call else KEYS[table]
        conditions = (call.get("KeyConditionExpression"), call.get("FilterExpression"))
        items = [
            item
            for (there, _), item in replica.items.items()
            if there == table and all(name in item for name in names) and all(holds(c, item, call) for c in conditions)
        ]
        items.sort(key=lambda item: item[names[-1]]["S"], reverse=not call.get("ScanIndexForward", True))
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}


def _key(table: str, item: Mapping[str, Any]) -> Key:
    return tuple(item[name]["S"] for name in KEYS[table])
