"""The weekly look: whether the stack has to grow, told to its operator when it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mundotango.growth import prices, words
from mundotango.growth.policy import advise, phase_of

if TYPE_CHECKING:
    from datetime import datetime

    from mundotango.growth.model import Advice, Measured, Parameters
    from mundotango.ports import Clock


class Measurements(Protocol):
    def week(self, end: datetime) -> Measured: ...


class Operator(Protocol):
    def tell(self, subject: str, text: str) -> None: ...


def look(stack: str, parameters: Parameters, measurements: Measurements, operator: Operator, clock: Clock) -> Advice:
    """A week in which nothing is to be changed is no mail."""
    advice = advise(phase_of(parameters), measurements.week(clock.now()), parameters)
    if advice.changes:
        text = words.mail(stack, advice, prices.of_changes().get(advice.phase, {}))
        operator.tell(f"{stack} has to change: {', '.join(one.cause for one in advice.triggers)}", text)
    return advice
