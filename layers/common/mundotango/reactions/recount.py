"""Counts buckets anew from their rows, and corrects those that stay different, beside the function that counts.

Counted and held may differ because records are still on their way through the stream. So a bucket that differs is
given a *mark*, a row that counts as nothing and takes the same way. Once the mark is the last record counted in the
bucket, all that stood in it before is counted; and if the bucket's rows are then still those that were read before the
mark was set, what is counted and what is held must be equal. Where they are not, the count is set to what is held, on
condition that nothing has been counted meanwhile. A slow stream so delays a correction and never falsifies one. Only
of two shards that share a bucket, after a split, one may be slow while the mark comes through the other; such a bucket
has just been counted, and the next night looks at it again.

Views are left as they are counted: their rows expire.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Protocol

from mundotango import ids
from mundotango.ports import Clock
from mundotango.reactions.model import ENDED, Contents, Count, Pass, Totals
from mundotango.reactions.ports import Buckets, Counters

# A mark comes through within a second or two, unless the stream is behind: so each look waits longer than the last.
SETTLING = 3.0
LOOKS = 4
# Rows looked through at a time, of reactions and of counters, of which each is sixteen buckets: some seconds, and the
# settling of what differs.
PAGE = 500
PAGE_OF_POSTS = 32
PAGE_SECONDS = 60.0
ROWS_EMPTIED = 5000
# A night has many runs, so that what one has no time for the next one does; and one pass.
NIGHT = timedelta(hours=20)
# What is counted by machines whose clocks differ.
OVERLAP = timedelta(hours=1)


class Stores(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def buckets(self) -> Buckets: ...


@dataclass(slots=True)
class Found:
    """`corrected` buckets had a wrong count; `unsettled` ones would not stand still and may have a right one."""

    looked_at: int = 0
    corrected: int = 0
    unsettled: int = 0
    emptied: int = 0


def recount_changed(
    stores: Stores, time_left: Callable[[], float], *, pause: Callable[[float], None] = time.sleep
) -> dict[str, int]:
    """The night's recount: every bucket counted since the last night's began, and those whose target is gone.

    It goes on where the last run's time was up, and does nothing when this night's pass is done.
    """
    now = stores.clock.now()
    last = stores.counters.last_pass()
    if last is None:
        under_way = Pass(began=now)
    elif not last.done:
        under_way = last
    elif now - last.began < NIGHT:
        return {"done": True, **asdict(Found())}
    else:
        under_way = Pass(began=now, since=last.began - OVERLAP)
    found = Found()
    while not under_way.done and time_left() > PAGE_SECONDS:
        counts, after = stores.counters.list_counted(under_way.since, under_way.after, PAGE_OF_POSTS)
        if not _go_through(stores, counts, found, pause, time_left):
            break
        under_way = replace(under_way, after=after, done=after is None)
        stores.counters.keep_pass(under_way)
    return {"done": under_way.done, **asdict(found)}


def recount_all(
    stores: Stores,
    time_left: Callable[[], float],
    after: Mapping[str, str | None] | None = None,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, object]:
    """Every bucket that has a count, and then every one that has rows, from `after` on.

    When the time is up, `done` is false and `after` is where the next call goes on.
    """
    place: dict[str, str | None] = dict(after or {"table": "counters", "key": None})
    found = Found()
    while time_left() > PAGE_SECONDS:
        if place["table"] == "counters":
            counts, key = stores.counters.list_counted(None, place["key"], PAGE_OF_POSTS)
            following: dict[str, str | None] = {"table": "counters" if key else "reactions", "key": key}
        else:
            keys, key = stores.buckets.list_keys(place["key"], PAGE)
            known = stores.counters.counts(keys, fresh=True)
            # Those that have a count were looked at before.
            counts = {bucket: Count() for bucket in keys if bucket not in known}
            following = {"table": "reactions", "key": key}
        if not _go_through(stores, counts, found, pause, time_left):
            break
        if place["table"] == "reactions" and key is None:
            return {"done": True, **asdict(found)}
        place = following
    return {"done": False, "after": place, **asdict(found)}


def settle(stores: Stores, keys: Collection[str], pause: Callable[[float], None]) -> tuple[int, int]:
    """How many of the buckets had a wrong count and have the right one now, and how many did not stand still."""
    waiting = dict.fromkeys(keys, "")
    corrected = 0
    for look in range(LOOKS + 1):
        read = {key: stores.buckets.contents(key) for key in waiting}
        counts = stores.counters.counts(list(waiting), fresh=True)
        for key, contents in read.items():
            count = counts.get(key, Count())
            if count.guard == ENDED or _holds(count, contents):
                del waiting[key]
            elif waiting[key] == _proof(count.mark, contents) and stores.counters.correct(key, count, contents):
                del waiting[key]
                corrected += 1
        if not waiting or look == LOOKS:
            break
        for key in waiting:
            mark = str(ids.new_id())
            waiting[key] = _proof(mark, read[key])
            stores.buckets.mark(key, mark, stores.clock.now())
        pause(SETTLING * (look + 1))
    return corrected, len(waiting)


def _go_through(
    stores: Stores,
    counts: Mapping[str, Count],
    found: Found,
    pause: Callable[[float], None],
    time_left: Callable[[], float],
) -> bool:
    """False when the time was up while rows of a target that is gone were left."""
    ended = {key for key, count in counts.items() if count.guard == ENDED}
    for key in ended:
        while not stores.buckets.empty(key, ROWS_EMPTIED):
            if time_left() < PAGE_SECONDS:
                return False
    stores.counters.forget(ended, stores.clock.now())
    corrected, unsettled = settle(stores, [key for key in counts if key not in ended], pause)
    found.looked_at += len(counts)
    found.emptied += len(ended)
    found.corrected += corrected
    found.unsettled += unsettled
    return True


def _holds(count: Count, contents: Contents) -> bool:
    counted: Totals = {name: count.totals.get(name, 0) for name in contents.totals}
    return counted == contents.totals


def _proof(mark: str | None, contents: Contents) -> str:
    return f"{mark} {contents.fingerprint}"
