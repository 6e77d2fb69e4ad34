"""Work side by side: in order, in the caller's context, and to the end."""

from contextvars import ContextVar

import pytest

from mundotango.threads import THREADS, side_by_side

ITEMS = list(range(5 * THREADS))
ASKED: ContextVar[str] = ContextVar("asked", default="nobody")


def test_answers_come_in_the_order_of_what_was_asked() -> None:
    assert side_by_side(lambda item: item * 2, ITEMS) == [item * 2 for item in ITEMS]


def test_all_is_worked_off_before_the_first_failure_is_raised() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 0:
            raise ValueError("the first")
        done.append(item)

    with pytest.raises(ValueError, match="the first"):
        side_by_side(work, ITEMS)
    assert sorted(done) == ITEMS[1:]


def test_each_belongs_to_the_request_that_asked() -> None:
    token = ASKED.set("ana")
    try:
        assert side_by_side(lambda _: ASKED.get(), ITEMS) == ["ana"] * len(ITEMS)
    finally:
        ASKED.reset(token)
