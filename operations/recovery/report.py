"""What a drill found, in one form whatever it restored."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """`difference` is at least how many rows, items or objects differ; None where it could not be told, and why."""

    store: str
    name: str
    expected: int
    restored: int
    difference: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`rpo_seconds`: how far back acknowledged writes are lost if everything but the backups is. `rto_seconds`: from
    the decision to restore until the restored database takes writes."""

    place: str
    at: datetime
    rpo_seconds: float
    rto_seconds: float
    lines: list[Line]
    notes: list[str] = field(default_factory=list)

    @property
    def row_diff(self) -> int:
        return sum(line.difference or 0 for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "drill": self.place,
            "at": self.at.isoformat(),
            "row_diff": self.row_diff,
            "compared": sum(line.expected for line in self.lines),
            "rpo_seconds": round(self.rpo_seconds, 2),
            "rto_seconds": round(self.rto_seconds, 2),
            "lines": [asdict(line) for line in self.lines],
            "notes": self.notes,
        }
