"""What DynamoDB would bill for the writes of a client: units of 1 KB, reckoned from the real requests.

A write is billed by the larger of what the item was and what it is, and at least one unit; one whose condition did not
hold too. An index is billed for each entry that appears, changes or goes, twice where an entry moves to another key; a
write in a transaction twice. The items are read before and after by a client of the meter's own.

Removal by age is free where it happens and a write in each further region that has a copy; `expiries` are those units.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-global-table-design.prescriptive-guidance.throughput.html
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any] | None
UNIT = 1024
EXPIRY = "expires_at"  # the attribute by which every table of facts removes by age


class WriteMeter:
    def __init__(self, metered: "DynamoDBClient", reader: "DynamoDBClient") -> None:
        self._reader = reader
        self.units: Counter[str] = Counter()
        self.expiries: Counter[str] = Counter()
        self.writes: Counter[tuple[str, str]] = Counter()
        metered.meta.events.register("before-parameter-build.dynamodb", self._before)
        metered.meta.events.register("after-call.dynamodb", self._after)

    def reset(self) -> None:
        self.units.clear()
        self.expiries.clear()
        self.writes.clear()

    def _before(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context["metered"] = [
            (table, key, self._read(table, key), factor) for table, key, factor in self._written(model.name, params)
        ]

    def _after(self, context: dict[str, Any], **_: Any) -> None:
        for table, key, before, factor in context.pop("metered", ()):
            after = self._read(table, key)
            self.writes[table, str(key)] += 1
            self.units[table] += factor * max(_units(before), _units(after), 1)
            for name, names, whole in self._indexes(table):
                entries = _entry(before, names, whole=whole), _entry(after, names, whole=whole)
                self.units[f"{table} {name}"] += factor * _index_units(*entries, keys=names[:2])
                self.expiries[table] += _expiring(after, entries[1]) - _expiring(before, entries[0])
            self.expiries[table] += _expiring(after, after) - _expiring(before, before)

    def _written(self, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], int]]:
        """Table, key and price of each item that a request writes."""
        match operation:
            case "PutItem":
                yield params["TableName"], self._key(params["TableName"], params["Item"]), 1
            case "UpdateItem" | "DeleteItem":
                yield params["TableName"], params["Key"], 1
            case "BatchWriteItem":
                for table, requests in params["RequestItems"].items():
                    for request in requests:
                        if "PutRequest" in request:
                            yield table, self._key(table, request["PutRequest"]["Item"]), 1
                        else:
                            yield table, request["DeleteRequest"]["Key"], 1
            case "TransactWriteItems":
                for action in params["TransactItems"]:
                    for name, inner in action.items():
                        kind = "PutItem" if name == "Put" else "DeleteItem"
                        yield from ((table, key, 2) for table, key, _ in self._written(kind, inner))

    def _read(self, table: str, key: dict[str, Any]) -> Item:
        return self._reader.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")

    def _key(self, table: str, item: dict[str, Any]) -> dict[str, Any]:
        return {part["AttributeName"]: item[part["AttributeName"]] for part in self._table(table)["KeySchema"]}

    def _indexes(self, table: str) -> Iterator[tuple[str, list[str], bool]]:
        """Each index with the keys an entry has, its own first, and whether it has the whole item beside them."""
        described = self._table(table)
        for index in (*described.get("GlobalSecondaryIndexes", ()), *described.get("LocalSecondaryIndexes", ())):
            kept = index["Projection"]["ProjectionType"]
            if kept not in ("KEYS_ONLY", "ALL"):
                raise NotImplementedError(f"{table} has an index of which some attributes are kept")
            parts = [*index["KeySchema"], *described["KeySchema"]]
            names = list(dict.fromkeys(part["AttributeName"] for part in parts))
            yield index["IndexName"], names, kept == "ALL"

    @cache  # noqa: B019 - a meter lives as long as its program
    def _table(self, name: str) -> dict[str, Any]:
        return dict(self._reader.describe_table(TableName=name)["Table"])


def _expiring(item: Item, entry: Item) -> int:
    """Units of an item's or an index entry's removal by age."""
    return _units(entry) if item and EXPIRY in item else 0


def _units(item: Item) -> int:
    return ceil(size_of(item) / UNIT) if item else 0


def _entry(item: Item, names: list[str], *, whole: bool) -> Item:
    if not item or not all(name in item for name in names):
        return None
    return item if whole else {name: item[name] for name in names}


def _index_units(before: Item, after: Item, *, keys: list[str]) -> int:
    if before == after:
        return 0
    if before is None or after is None:
        return max(_units(before), _units(after))
    moved = any(before[name] != after[name] for name in keys)
    return _units(before) + _units(after) if moved else max(_units(before), _units(after))


def size_of(item: dict[str, Any]) -> int:
    """An item's bytes, as DynamoDB counts them: names, texts in UTF-8, two digits of a number a byte and one more."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(typed: dict[str, Any]) -> int:
    ((kind, value),) = typed.items()
    match kind:
        case "S" | "B":
            return len(value if kind == "B" else value.encode())
        case "N":
            return ceil(len(value.strip("-0.")) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return 3 + sum(1 + len(each.encode()) for each in value)
        case "M":
            return 3 + len(value) + size_of(value)
        case "L":
            return 3 + sum(1 + _value_size(each) for each in value)
        case _:
            raise NotImplementedError(f"the size of a {kind}")
