"""Examples of events and venues, for functions/api/schemas/examples.py."""

from typing import Any

_ORCHESTRA = {"role": "orchestra", "name": "Sexteto Milonguero"}
_TRANSLATIONS = [{"language": "en", "title": "Milonga at La Viruta", "description": "Live orchestra at midnight."}]
_PLACE = {
    "city": "Buenos Aires",
    "country": "AR",
    "venue_name": "La Viruta",
    "address": "Armenia 1366",
    "latitude": -34.5889,
    "longitude": -58.426,
    "zone": "America/Argentina/Buenos_Aires",
}
_EVENT: dict[str, Any] = _PLACE | {
    "title": "Milonga en La Viruta",
    "description": "Orquesta en vivo a medianoche.",
    "language": "es",
    "translations": _TRANSLATIONS,
    "kind": "milonga",
    "status": "published",
    "starts_at": "2026-11-28T01:00:00Z",
    "ends_at": "2026-11-28T07:00:00Z",
    "rule": "FREQ=WEEKLY;BYDAY=FR;COUNT=40",
    "excluded": ["2026-12-25T22:00:00"],
    "added": ["2026-12-31T22:00:00"],
    "price": 800_000,
    "currency": "ARS",
    "link": "https://viruta.example/",
    "tags": ["orquesta en vivo"],
    "parent_id": None,
}
_NEW_EVENT = _EVENT | {"people": [_ORCHESTRA], "media": []}
_VENUE = {
    "name": "Salón Canning",
    "address": "Scalabrini Ortiz 1331",
    "city": "Buenos Aires",
    "country": "AR",
    "latitude": -34.5917,
    "longitude": -58.4273,
    "zone": "America/Argentina/Buenos_Aires",
}
_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1@example.org
SUMMARY:Milonga del Sur
DTSTART;TZID=America/Argentina/Buenos_Aires:20261204T220000
DTEND;TZID=America/Argentina/Buenos_Aires:20261205T040000
RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=40
END:VEVENT
BEGIN:VEVENT
UID:2@example.org
SUMMARY:Seminario
DTSTART;VALUE=DATE:20261212
END:VEVENT
END:VCALENDAR
"""
_LINKED_DATA = {
    "@context": "https://schema.org",
    "@type": "DanceEvent",
    "name": "Milonga en La Viruta",
    "startDate": "2026-11-27T22:00:00-03:00",
    "endDate": "2026-11-28T04:00:00-03:00",
    "eventStatus": "https://schema.org/EventScheduled",
    "location": {
        "@type": "Place",
        "name": "La Viruta",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": "Armenia 1366",
            "addressLocality": "Buenos Aires",
            "addressCountry": "AR",
        },
        "geo": {"@type": "GeoCoordinates", "latitude": -34.5889, "longitude": -58.426},
    },
    "offers": {"@type": "Offer", "price": "8000.00", "priceCurrency": "ARS", "url": "https://viruta.example/"},
}


def events(
    *,
    event_id: str,
    occurrence_id: str,
    venue_id: str,
    organiser_id: str,
    picture: dict[str, Any],
    at: str,
    cursor: str,
    token: str,
) -> dict[str, Any]:
    """By the names of their schemas."""
    event = _EVENT | {
        "id": event_id,
        "occurrence_id": occurrence_id,
        "original_start": "2026-11-27T22:00:00",
        "first_start": "2026-11-27T22:00:00",
        "night": "2026-11-27",
        "venue_id": venue_id,
        "people": [_ORCHESTRA | {"profile": None}],
        "media": [picture | {"alt": "La pista, de madrugada"}],
        "organiser_id": organiser_id,
        "version": 1,
        "created_at": at,
        "changed_at": at,
    }
    venue = _VENUE | {"id": venue_id, "created_at": at, "version": 1}
    pin = {
        "event_id": event_id,
        "title": _EVENT["title"],
        "kind": "milonga",
        "status": "published",
        "starts_at": _EVENT["starts_at"],
        "ends_at": _EVENT["ends_at"],
        "zone": _PLACE["zone"],
        "venue_name": _PLACE["venue_name"],
        "city": _PLACE["city"],
    }
    content = {"kind": "milonga", "status": "published", "price": 800_000, "currency": "ARS"}
    return {
        "CalendarFile": {
            "calendar": _CALENDAR,
            "kind": "milonga",
            "zone": "America/Argentina/Buenos_Aires",
            "venue_id": venue_id,
            "city": "Buenos Aires",
            "country": "AR",
        },
        "EventBody": event,
        "EventChanges": {
            "description": "Orquesta en vivo a medianoche, clase a las nueve.",
            "price": 900_000,
            "currency": "ARS",
        },
        "EventPage": {"items": [event], "next_cursor": cursor},
        "EventWithLinkedData": event | {"json_ld": _LINKED_DATA},
        "FeedBody": {"created_at": at, "path": f"/api/link/{token}/calendar.ics"},
        "ImportBody": {
            "drafted": [{"line": 3, "event_id": event_id, "title": "Milonga del Sur"}],
            "skipped": [
                {"line": 9, "title": "Seminario", "reason": "DTSTART must have an hour, and not be all of a day"}
            ],
        },
        "EventVersionList": {"items": [{"version": 1, "content": content, "written_at": at}]},
        "FacetsBody": {
            "total": 12,
            "more": False,
            "free": 3,
            "kinds": [{"value": "milonga", "count": 9}, {"value": "practica", "count": 3}],
            "countries": [{"value": "AR", "count": 12}],
            "cities": [{"city": "Buenos Aires", "country": "AR", "count": 12}],
        },
        "FeatureCollectionBody": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": occurrence_id,
                    "geometry": {"type": "Point", "coordinates": [_PLACE["longitude"], _PLACE["latitude"]]},
                    "properties": pin,
                }
            ],
            "more": False,
        },
        "NewEvent": _NEW_EVENT,
        "NewVenue": _VENUE,
        "OccurrenceChanges": {"status": "cancelled"},
        "Tonight": {
            "items": [
                {
                    "id": event_id,
                    "occurrence_id": occurrence_id,
                    "title": "Milonga del Sur",
                    "kind": "milonga",
                    "status": "published",
                    "starts_at": "2026-11-28T01:30:00Z",
                    "ends_at": "2026-11-28T07:00:00Z",
                    "zone": "America/Argentina/Buenos_Aires",
                    "venue_name": _PLACE["venue_name"],
                    "address": _PLACE["address"],
                    "latitude": _PLACE["latitude"],
                    "longitude": _PLACE["longitude"],
                    "price": 900_000,
                    "currency": "ARS",
                    "changed_at": at,
                }
            ],
            "more": False,
        },
        "VenueBody": venue,
        "VenueChanges": {"address": "Scalabrini Ortiz 1331, Palermo"},
        "VenuePage": {"items": [venue], "next_cursor": cursor},
    }
