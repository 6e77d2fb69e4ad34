"""Steps on a terminal: what is being done, then a tick and the time it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

COLUMN = 62


@dataclass(slots=True)
class Step:
    """One thing being done; `note` adds to its line what came out of it."""

    title: str
    outcome: str = ""

    def note(self, outcome: str) -> None:
        self.outcome = outcome


class Progress:
    """Prints each step as it ends. On a terminal the running one is shown too, with a spinner."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        step = Step(title)
        started = time.perf_counter()
        try:
            with self.console.status(escape(title)):
                yield step
        except BaseException:
            self._print("[red]✗[/red]", step, time.perf_counter() - started)
            raise
        self._print("[green]✓[/green]", step, time.perf_counter() - started)

    def say(self, line: str, style: str | None = None) -> None:
        self.console.print(escape(line), style=style)

    def warn(self, line: str) -> None:
        self.say(f"! {line}", style="yellow")

    def _print(self, mark: str, step: Step, seconds: float) -> None:
        said = f"{step.title}: {step.outcome}" if step.outcome else step.title
        self.console.print(f"{mark} {escape(said):<{COLUMN}} {seconds:6.1f} s")
