"""What the owner's plan wants done before a phase, its "Scaling checklist", and whether it is; phase 4's is ours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rich.markup import escape
from rich.table import Table

from operations.config_env import ConfigEnv
from operations.deployed import Deployed
from operations.refusal import Refusal


class State(StrEnum):
    DONE = "done"
    OPEN = "not done"
    UNKNOWN = "not checkable"


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is why; `cure` is what to do where it is not done."""

    state: State
    said: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What is checked. `env` is the config env that was asked for."""

    found: Deployed
    env: ConfigEnv
    now: datetime

    @property
    def is_local(self) -> bool:
        return self.env.name == "local"


@dataclass(frozen=True, slots=True)
class Line:
    """`item` in the plan's words."""

    item: str
    answer: Answer


Check = Callable[[Place], Answer]
Checklist = tuple[tuple[str, Check], ...]


def of_phase(phase: int, lists: dict[int, Checklist]) -> Checklist:
    """Raises Refusal where there is none."""
    if phase not in lists:
        known = ", ".join(map(str, lists))
        raise Refusal(f"there is no checklist for phase {phase}", cure=f"choose one of {known}")
    return lists[phase]


def look(place: Place, checklist: Checklist, say: Callable[[str], None]) -> list[Line]:
    """A check that cannot look says why, and the others go on."""
    lines = []
    for item, check in checklist:
        say(item)
        try:
            lines.append(Line(item, check(place)))
        except Refusal as refusal:
            lines.append(Line(item, Answer(State.UNKNOWN, refusal.cause, refusal.cure)))
    return lines


MARKS = {State.DONE: "[green]done[/]", State.OPEN: "[red]not done[/]", State.UNKNOWN: "[yellow]not checkable[/]"}


def table(title: str, lines: list[Line]) -> Table:
    drawn = Table(title=title, title_justify="left")
    drawn.add_column("what", overflow="fold")
    drawn.add_column("is", no_wrap=True)
    drawn.add_column("why, and what to do", overflow="fold")
    for line in lines:
        cure = f"\n[dim]{escape(line.answer.cure)}[/]" if line.answer.cure else ""
        drawn.add_row(line.item, MARKS[line.answer.state], escape(line.answer.said) + cure)
    return drawn


def done(said: str) -> Answer:
    return Answer(State.DONE, said)


def undone(said: str, cure: str) -> Answer:
    return Answer(State.OPEN, said, cure)


def unknown(said: str, cure: str) -> Answer:
    return Answer(State.UNKNOWN, said, cure)
