"""Calls that wait for a table, an answer or a queue, side by side."""

from collections.abc import Callable, Sequence
from contextvars import copy_context

# As many as botocore keeps connections to one service (10), less what else a function does meanwhile.
THREADS = 8


def side_by_side[T, R](work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What each of the items gave, in their order. All are worked off before the first one's exception is raised.

    What each does belongs to the same request as what the caller does.
    """
    if min(THREADS, len(items)) < 2:
        return [work(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    contexts = [copy_context() for _ in items]
    with ThreadPoolExecutor(min(THREADS, len(items))) as threads:
        # Not `map`, which gives up what has not begun when one raises.
        begun = [threads.submit(context.run, work, item) for context, item in zip(contexts, items, strict=True)]
    return [each.result() for each in begun]
