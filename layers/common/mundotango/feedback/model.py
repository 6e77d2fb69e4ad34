"""What somebody's page felt like to them, in their own browser's figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Kinds of page rather than addresses: an address may name a person.
Page = Literal["feed", "tonight", "event", "search", "post", "profile", "conversation", "upload", "other"]
Connection = Literal["slow-2g", "2g", "3g", "4g", "unknown"]


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds since the page was asked for; None where the browser does not tell."""

    first_byte_ms: int | None
    largest_paint_ms: int | None
    loaded_ms: int | None
