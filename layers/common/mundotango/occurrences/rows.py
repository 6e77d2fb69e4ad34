from typing import Any

from mundotango.occurrences.model import Brief, Occurrence, Own


def occurrence_from(row: dict[str, Any]) -> Occurrence:
    own = Own(row["own_status"], row["own_starts"], row["own_ends"], row["own_venue_id"])
    return Occurrence(
        id=row["id"],
        event_id=row["event_id"],
        original=row["original"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        night=row["night"],
        status=row["status"],
        kind=row["kind"],
        venue_id=row["venue_id"],
        own=own,
        changed_at=row["changed_at"],
    )


def brief_from(row: dict[str, Any]) -> Brief:
    titles = tuple((language, title) for language, title in row.pop("titles"))
    return Brief(**row, titles=titles)
