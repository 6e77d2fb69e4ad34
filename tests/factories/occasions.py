"""What is told to those who come to an event."""

from typing import Any

from mundotango import ids
from mundotango.notifications.model import NotificationKind

BUENOS_AIRES = "America/Argentina/Buenos_Aires"


def make_brief(**chosen: Any) -> dict[str, Any]:
    """A milonga of Friday night, as somebody in Buenos Aires is told of it."""
    return {
        "event_id": str(ids.new_id()),
        "occurrence_id": str(ids.new_id()),
        "original_start": "2026-11-27T22:30:00",
        "title": "La Viruta",
        "starts_at": "2026-11-28T01:30:00Z",
        "zone": BUENOS_AIRES,
        "local_zone": BUENOS_AIRES,
        "status": "published",
        "venue_name": "Armenia 1366",
        "city": "Buenos Aires",
    } | chosen


def subject_of(kind: NotificationKind, **chosen: Any) -> dict[str, Any]:
    said: dict[NotificationKind, dict[str, Any]] = {
        "registration": {"registration_id": "1", "state": "accepted", "by": "other", "offered_until": None},
        "event_change": {"changed": "time"},
        "reminder": {"ahead": "24h"},
    }  # fmt: skip
    return make_brief() | said[kind] | chosen
