"""Examples for the description of the API, by the name of a schema or a parameter; no function loads them.

The ids in them are these few. The access matrix sends the same examples, with the ids of its own scene in their place
(tests/integration/api/scene.py), so an example that a route would refuse is found out.
"""

from typing import Any

HANDLE = "malena"
USER_ID = "0193a7c2-5b1e-7d44-9a0e-3f5c1b2a4d60"
POST_ID = "0193a7c4-0c5d-7a31-8f62-6d1f0e9b7c21"
COMMENT_ID = "0193a7c4-9f3b-7c0a-b1d4-2e8a5c7f9013"
EVENT_ID = "0193a7c6-41e8-7b95-a3c7-9d0b4f6e8a12"
MEDIA_ID = "0193a7c3-2d7f-7e18-8c4b-7a6f5e3d1c09"
REPORT_ID = "0193a7c8-6b2a-7f50-9e81-4c3d2b1a0f98"
MODERATOR_ID = "0193a7c1-7e4d-7c22-8b3f-1a9c8d7e6f50"
ACT_ID = "0193a7ca-1f6c-7d83-a2b5-8e7f6a5b4c3d"

AT = "2026-11-23T20:00:00Z"
CURSOR = "WyIyMDI2LTExLTIzVDIwOjAwOjAwKzAwOjAwIl0.c2lnbmVk"

PARAMETERS: dict[str, Any] = {
    "comment_id": COMMENT_ID,
    "event_id": EVENT_ID,
    "handle": HANDLE,
    "media_id": MEDIA_ID,
    "post_id": POST_ID,
    "report_id": REPORT_ID,
}

_VARIANTS = [
    {
        "url": f"/media/{MEDIA_ID}/5f1d0c9e8b7a6f5e4d3c2b1a09f8e7d6-320.webp",
        "width": 320,
        "height": 213,
        "format": "webp",
        "bytes": 14_208,
    }
]
_EVENT = {
    "title": "Milonga en La Viruta",
    "description": "Orquesta en vivo a medianoche.",
    "kind": "milonga",
    "city": "Buenos Aires",
    "country": "AR",
    "venue_name": "La Viruta",
    "address": "Armenia 1366",
    "latitude": -34.5889,
    "longitude": -58.426,
    "zone": "America/Argentina/Buenos_Aires",
    "starts_at": "2026-11-28T01:00:00Z",
    "ends_at": "2026-11-28T07:00:00Z",
}
_EVENT_BODY = _EVENT | {"id": EVENT_ID, "organiser_id": USER_ID, "status": "published", "created_at": AT}
_USER = {"handle": HANDLE, "display_name": "Malena Ríos", "city": "Buenos Aires", "bio": "Bailo desde 2009."}
_REACTIONS = {"likes": 12, "liked": True}
_POST_BODY = _REACTIONS | {
    "id": POST_ID,
    "author": {"id": USER_ID, "handle": HANDLE, "display_name": "Malena Ríos"},
    "body": "¿Quién está en La Viruta esta noche?",
    "city": "Buenos Aires",
    "created_at": AT,
    "version": 1,
    "media": [
        {
            "id": MEDIA_ID,
            "alt": "Dos parejas en la pista",
            "width": 1600,
            "height": 1067,
            "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
            "variants": _VARIANTS,
        }
    ],
}
_REPORT = {"target_kind": "post", "target_id": POST_ID, "reason": "spam", "note": "El mismo aviso, veinte veces."}
_REPORT_BODY = _REPORT | {"id": REPORT_ID, "created_at": AT}

SCHEMAS: dict[str, Any] = {
    "ActPage": {
        "items": [
            {
                "id": ACT_ID,
                "moderator_id": MODERATOR_ID,
                "action": "hidden",
                "target_kind": "post",
                "target_id": POST_ID,
                "report_id": REPORT_ID,
                "reason": "Publicidad repetida.",
                "at": AT,
            }
        ],
        "next_cursor": CURSOR,
    },
    "Alive": {"status": "ok"},
    "Because": {"reason": "Publicidad repetida."},
    "EventBody": _EVENT_BODY,
    "EventPage": {"items": [_EVENT_BODY], "next_cursor": CURSOR},
    "Health": {
        "status": "degraded",
        "dependencies": {
            "postgresql": {"state": "ok", "ms": 1.9, "cause": None},
            "cache": {"state": "failed", "ms": 50.4, "cause": "TimeoutError"},
        },
    },
    "MediaBody": {
        "id": MEDIA_ID,
        "status": "ready",
        "reason": None,
        "width": 1600,
        "height": 1067,
        "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "color": "#a1512c",
        "variants": _VARIANTS,
    },
    "NewEvent": _EVENT,
    "NewMedia": {"purpose": "post", "content_type": "image/jpeg", "size": 3_145_728},
    "NewPost": {
        "body": "¿Quién está en La Viruta esta noche?",
        "city": "Buenos Aires",
        "media": [{"id": MEDIA_ID, "alt": "Dos parejas en la pista"}],
    },
    "NewReaction": {"kind": "like"},
    "NewReport": _REPORT,
    "NewResolution": {"resolution": "hidden", "reason": "Publicidad repetida."},
    "NewUser": _USER,
    "OpenReportPage": {
        "items": [
            _REPORT_BODY
            | {
                "reporter_id": USER_ID,
                "reports_on_target": 3,
                "target": {
                    "person_id": USER_ID,
                    "handle": HANDLE,
                    "display_name": "Malena Ríos",
                    "text": "¡Compre ya sus entradas!",
                    "hidden": False,
                    "suspended": False,
                },
            }
        ],
        "next_cursor": None,
    },
    "PostBody": _POST_BODY,
    "PostPage": {"items": [_POST_BODY], "next_cursor": CURSOR},
    "Problem": {
        "type": "/problems/invalid",
        "title": "Invalid",
        "status": 422,
        "detail": "bio must be at most 1000 characters",
        "errors": [{"field": "bio", "message": "must be at most 1000 characters"}],
    },
    "Reactions": _REACTIONS,
    "ReportBody": _REPORT_BODY,
    "StartedMedia": {
        "id": MEDIA_ID,
        "status": "pending",
        "upload": {
            "url": "https://uploads.example/",
            "fields": {"key": f"uploads/{MEDIA_ID}", "Content-Type": "image/jpeg", "policy": "eyJleHBpcmF0aW9uIjo"},
        },
        "expires_at": "2026-11-23T20:05:00Z",
    },
    "TicketBody": {
        "ticket": "kV3mJ0sN8qTzX5bYwR2hL7cPfG4dA9eU6iOoMvQxZsE",
        "expires_at": "2026-11-23T20:01:00Z",
        "path": "/ws",
    },
    "UserBody": _USER | {"id": USER_ID, "created_at": AT},
}
