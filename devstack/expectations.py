"""What must come, held against what comes."""

from __future__ import annotations

import time
from collections.abc import Callable

FRAME_SECONDS = 30.0


class Unexpected(Exception):
    """The platform did something else than the story tells."""

    def __init__(self, expected: object, got: object) -> None:
        super().__init__(f"expected {expected}, got {got}")


def expect(fits: object, expected: object, got: object) -> None:
    if not fits:
        raise Unexpected(expected, got)


def same(what: str, got: object, expected: object) -> None:
    expect(got == expected, f"{what} {expected!r}", repr(got))


def comes_to_nothing(left: Callable[[], list[str]]) -> list[str]:
    """What is still left after the time that a frame may take."""
    deadline = time.monotonic() + FRAME_SECONDS
    while (still := left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return still
