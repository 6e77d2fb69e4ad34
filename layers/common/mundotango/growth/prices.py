"""What changes cost a month more, as the price model said when the code was written: it does not ship."""

from __future__ import annotations

import json
from importlib.resources import files


def of_changes() -> dict[str, dict[str, float]]:
    """By phase and `words.key_of`; with as many people as the plan has for the phase."""
    written = files("mundotango.growth").joinpath("costs.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = json.loads(written)
    return found
