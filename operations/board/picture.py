"""The board as a picture, of the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

from operations.board.model import Row
from operations.board.readings import STEPS, Answer, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREEN, RED, GREY = "#2e7d32", "#c62828", "#9e9e9e"


def draw(rows: list[tuple[Row, list[Answer]]], span: Span, path: Path, title: str) -> None:
    mpl.use("agg")
    from matplotlib import pyplot as plt

    columns = max(len(answered) for _, answered in rows)
    figure, places = plt.subplots(len(rows), columns, figsize=(4.2 * columns, 2.7 * len(rows)), squeeze=False)
    figure.suptitle(f"{title}, until {span.end:%Y-%m-%d %H:%M} UTC", x=0.01, ha="left", fontsize=15)
    for (row, answered), axes in zip(rows, places, strict=True):
        axes[0].annotate(
            row.title, (0, 1.28), xycoords="axes fraction", fontsize=12, fontweight="bold", annotation_clip=False
        )
        for number, place in enumerate(axes):
            if number < len(answered):
                _panel(place, answered[number], span)
            else:
                place.axis("off")
    figure.tight_layout(rect=(0, 0, 1, 0.98), h_pad=2.5)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _panel(place: Axes, answer: Answer, span: Span) -> None:
    widget = answer.widget
    place.set_title(f"{widget.title} ({widget.unit})", fontsize=9, loc="left", color=RED if answer.bad_now else "black")
    place.tick_params(labelsize=7)
    known = [reading for reading in answer.readings if reading.now is not None]
    if not known:
        place.text(0.5, 0.5, answer.readings[0].reason, ha="center", va="center", fontsize=8, color=GREY, wrap=True)
        place.set_xticks([])
        place.set_yticks([])
        return
    minutes = [(number - STEPS + 1) * span.step.total_seconds() / 60 for number in range(STEPS)]
    for reading in known:
        points = [float("nan") if point is None else point for point in reading.points]
        place.plot(minutes, points, marker=".", markersize=3, linewidth=1.2, label=reading.series.label)
    place.set_xlim(minutes[0], 1)
    place.set_ylim(bottom=0)
    if widget.limit is not None and answer.worst is not None and widget.limit <= 4 * max(answer.worst, 1):
        place.axhline(widget.limit, color=RED, linewidth=0.8, linestyle="--")
    place.set_xlabel("minutes", fontsize=7)
    if len(known) > 1:
        place.legend(fontsize=6, loc="upper left", ncols=2)
