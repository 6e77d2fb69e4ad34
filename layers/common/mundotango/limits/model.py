from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `quota` requests of this kind by one person in each window of so many seconds."""

    name: str
    quota: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in a window: how many requests are left of it, and in how many seconds the next begins.

    `left` is below zero where this request was one too many.
    """

    limit: Limit
    left: int
    resets_in: int
