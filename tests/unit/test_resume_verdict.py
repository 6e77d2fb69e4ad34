"""What bench/resume.py counts against a client: what it never showed, showed again, or showed in the wrong order."""

from uuid import UUID

import pytest

from bench.audience import Listener, Verdict, judge
from mundotango.realtime.model import author_channel, user_channel

ME, AUTHOR, CONVERSATION, STRANGER = (UUID(int=number) for number in range(1, 5))
FIRST, SECOND, OTHERS, ELSEWHERE = (UUID(int=number) for number in range(11, 15))
CHANNEL_OF = {
    FIRST: author_channel(AUTHOR),
    SECOND: author_channel(AUTHOR),
    OTHERS: user_channel(ME),
    ELSEWHERE: user_channel(STRANGER),
}
# The two of the author's are one process's; the other is another's, whose clock is behind.
APPENDED_BY = {(FIRST, "b"): "writer 1", (SECOND, "c"): "writer 1", (OTHERS, "a"): "writer 2"}


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        pytest.param([(FIRST, "b"), (OTHERS, "a"), (SECOND, "c")], Verdict(0, 0, 0), id="all, in each one's order"),
        pytest.param([(FIRST, "b"), (OTHERS, "a")], Verdict(1, 0, 0), id="one never shown"),
        pytest.param([(FIRST, "b"), (SECOND, "c"), (OTHERS, "a"), (FIRST, "b")], Verdict(0, 1, 0), id="one again"),
        pytest.param([(SECOND, "c"), (OTHERS, "a"), (FIRST, "b")], Verdict(0, 0, 1), id="the later one first"),
        pytest.param([(SECOND, "c"), (OTHERS, "a"), (FIRST, "d")], Verdict(0, 0, 0), id="appended again by the sweep"),
        pytest.param([], Verdict(3, 0, 0), id="nothing"),
    ],
)
def test_counts_each_fault_where_it_is(shown: list[tuple[UUID, str]], verdict: Verdict) -> None:
    assert judge([Listener(ME, AUTHOR, "lima", CONVERSATION, shown)], CHANNEL_OF, APPENDED_BY) == verdict
