"""A bucket of the reactions table as a whole, whatever its rows are: to count it anew, and to empty it."""

from collections import Counter
from datetime import datetime
from hashlib import blake2b
from itertools import batched, islice

from mundotango import settings
from mundotango.adapters.dynamodb import bind, scan_page
from mundotango.reactions.model import REACTION_KINDS, TOTALS, Contents, Total
from mundotango.reactions.policy import ENDED_LIFE
from mundotango.reactions.repository import ReactionRow, counted_as

# In the order of their sort keys the rows are reactions, comments, shares, and after them the mark; between, views that
# the version before 0058 wrote.
FIRST_VIEW = "view#"
# Of another region than the first with its name behind it.
MARK = "~recount"
ROWS_A_BATCH = 25


class DynamoBuckets:
    def __init__(self, table_name: str, region: settings.Region) -> None:
        self._row = bind(ReactionRow, table_name, region)
        self._region = region

    def contents(self, key: str) -> Contents:
        found: Counter[Total] = Counter()
        fingerprint = blake2b(digest_size=16)
        through: datetime | None = None
        for row in self._row.query(key, self._row.user_id < FIRST_VIEW, consistent_read=True):
            if not self._region.owns(row.region):
                continue
            counted = counted_as(row)
            if counted is not None:
                found[counted] += 1
            if row.kind in REACTION_KINDS and row.at is not None:
                through = row.at if through is None else max(through, row.at)
            fingerprint.update(f"{row.user_id} {row.kind} {row.at} {row.version}\n".encode())
        return Contents({name: found[name] for name in TOTALS if name != "views"}, fingerprint.hexdigest(), through)

    def mark(self, key: str, mark: str, at: datetime) -> None:
        name = MARK if self._region.name == self._region.first else f"{MARK}@{self._region.name}"
        self._row(key, name, kind="mark", mark=mark, expires_at=at + ENDED_LIFE).save()

    def empty(self, key: str, limit: int) -> bool:
        rows = list(islice(self._row.query(key, consistent_read=True, page_size=limit), limit + 1))
        for some in batched(rows[:limit], ROWS_A_BATCH, strict=False):
            with self._row.batch_write() as batch:
                for row in some:
                    batch.delete(row)
        return len(rows) <= limit

    def list_keys(self, after: str | None, limit: int) -> tuple[list[str], str | None]:
        rows, beyond = scan_page(self._row, self._row.target.startswith("post#"), after=after, limit=limit)
        return list(dict.fromkeys(row["target"]["S"] for row in rows)), beyond
