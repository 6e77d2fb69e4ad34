"""Examples of registrations and of who comes, for functions/api/schemas/examples.py."""

from typing import Any

QUESTION = "¿Vienes a la cena del sábado?"
SETTINGS: dict[str, Any] = {
    "capacity": 200,
    "leaders": 100,
    "followers": 100,
    "tolerance": 3,
    "offered_for_hours": 48,
    "admission": "first_come",
    "approval": False,
    "opens_before_minutes": 129_600,
    "closes_before_minutes": 0,
    "given_back_before_minutes": 0,
    "questions": [QUESTION],
}
_STARTS_AT = "2026-11-28T01:00:00Z"


def registrations(
    *,
    event_id: str,
    occurrence_id: str,
    registration_id: str,
    code: str,
    person: dict[str, Any],
    at: str,
    cursor: str,
) -> dict[str, Any]:
    """By the names of their schemas."""
    ids = {"event_id": event_id, "occurrence_id": occurrence_id}
    common = {
        "id": registration_id,
        "state": "accepted",
        "offered_until": None,
        "party": [{"role": "both", "name": person["display_name"], "profile": person, "hidden": False}],
        "answers": ["Sí"],
        "registered_at": at,
        "changed_at": at,
        "version": 2,
    }
    occasion = ids | {
        "title": "Milonga en La Viruta",
        "kind": "milonga",
        "status": "published",
        "starts_at": _STARTS_AT,
        "ends_at": "2026-11-28T07:00:00Z",
        "zone": "America/Argentina/Buenos_Aires",
        "city": "Buenos Aires",
        "venue_name": "La Viruta",
    }
    own = common | {"occasion": occasion, "ahead": None}
    registered = common | ids | {"position": 17}
    rsvp = {"answer": "interested", "hidden": False}
    return {
        "AttendeePage": {"items": [{"profile": person, "role": "both"}], "next_cursor": cursor},
        "CheckIn": {"code": code},
        "Choice": {"registration_ids": [registration_id]},
        "CodeBody": {"code": code},
        "NewRegistration": {
            "role": "both",
            "partner_id": None,
            "partner_role": None,
            "answers": ["Sí"],
            "hidden": False,
        },
        "OfferBody": ids
        | {
            "window": "open",
            "opens_at": "2026-08-30T01:00:00Z",
            "closes_at": _STARTS_AT,
            "capacity": SETTINGS["capacity"],
            "admission": SETTINGS["admission"],
            "approval": SETTINGS["approval"],
            "questions": SETTINGS["questions"],
            "free": {"leaders": 12, "followers": 6, "both": 50, "couples": 50},
            "waiting": 0,
            "going": 97,
        },
        "RegisteredBody": registered,
        "RegisteredList": {"items": [registered | {"state": "offered", "offered_until": "2026-11-25T20:00:00Z"}]},
        "RegisteredPage": {"items": [registered], "next_cursor": cursor},
        "RegistrationBody": own,
        "RegistrationPage": {"items": [own], "next_cursor": cursor},
        "RegistrationSettings": SETTINGS,
        "RegistrationSettingsBody": SETTINGS,
        "RsvpBody": rsvp | {"answered_at": at},
        "RsvpChange": rsvp,
    }
