"""Many who react and many who count, in threads of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from mundotango.reactions import counting
from mundotango.reactions.model import REACTION_KINDS, ReactionKind, zeros
from mundotango.reactions.service import totals
from tests.fakes.clock import FakeClock
from tests.fakes.reactions import FakeCounters, FakeReactions, FakeTable

POSTS = [UUID(int=1), UUID(int=2)]


def test_threads_that_react_and_threads_that_count_at_once() -> None:
    table, counters, clock = FakeTable(), FakeCounters(), FakeClock()
    reactions = FakeReactions(table)
    crowd = [UUID(int=number) for number in range(60)]

    def act(kind: ReactionKind) -> None:
        for person in crowd:
            reactions.put(POSTS[0], person, kind, clock.now())
            if person.int % 3 == 0:
                reactions.remove(POSTS[0], person)

    together([partial(act, kind) for kind in REACTION_KINDS])
    for start in range(0, len(table.stream), 20):
        batch = table.stream[start : start + 20]
        while any(together([partial(counting.count_changes, counters, batch, clock)] * 4)):
            pass  # whoever lost a race has the batch again

    true = zeros()
    for row in table.rows.values():
        true[row.counts_as or "like"] += 1
    assert totals(counters, POSTS[:1])[POSTS[0]] == true
    assert sum(true.values()) == len(table.rows)


def together(acts: list[Callable[[], object]]) -> list[object]:
    with ThreadPoolExecutor(len(acts)) as several:
        return list(several.map(lambda act: act(), acts))
