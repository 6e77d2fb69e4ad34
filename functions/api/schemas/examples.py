"""Examples for the description of the API, by the name of a schema or a parameter; no function loads them.

The ids in them are these few. The access matrix sends the same examples, with the ids of its own scene in their place
(tests/integration/api/scene.py), so an example that a route would refuse is found out.
"""

from typing import Any

from functions.api.schemas.event_examples import events
from functions.api.schemas.registration_examples import registrations
from mundotango.media.model import shown_picture

HANDLE = "malena"
USER_ID = "0193a7c2-5b1e-7d44-9a0e-3f5c1b2a4d60"
POST_ID = "0193a7c4-0c5d-7a31-8f62-6d1f0e9b7c21"
COMMENT_ID = "0193a7c4-9f3b-7c0a-b1d4-2e8a5c7f9013"
EVENT_ID = "0193a7c6-41e8-7b95-a3c7-9d0b4f6e8a12"
OCCURRENCE_ID = "b3e1c6a9-5d2f-5a47-8c10-7f4e2d9b6a35"
VENUE_ID = "0193a7c6-1a2b-7c3d-8e4f-5a6b7c8d9e0f"
MEDIA_ID = "0193a7c3-2d7f-7e18-8c4b-7a6f5e3d1c09"
REPORT_ID = "0193a7c8-6b2a-7f50-9e81-4c3d2b1a0f98"
MODERATOR_ID = "0193a7c1-7e4d-7c22-8b3f-1a9c8d7e6f50"
ACT_ID = "0193a7ca-1f6c-7d83-a2b5-8e7f6a5b4c3d"
DRAFT_ID = "0193a7c5-3a4b-7c5d-8e6f-7a8b9c0d1e2f"
CONVERSATION_ID = "0193a7cb-2c3d-7e4f-8a5b-6c7d8e9f0a1b"
MESSAGE_ID = "0193a7cc-3d4e-7f50-9b6c-7d8e9f0a1b2c"
ATTACHED_ID = "0193a7cb-8f90-7a1b-8c2d-3e4f5a6b7c8d"
AVATAR_ID = "0193a7c0-5d6e-7f80-91a2-b3c4d5e6f708"
DEVICE_ID = "8c1d2e3f-4a5b-5c6d-8e7f-9a0b1c2d3e4f"
NOTIFICATION_ID = "5b0f8a3e-7c1d-5e2f-9a4b-6c8d0e1f2a3b"
POSITION = "0193a7cb-4d5e-7f60-8a7b-9c0d1e2f3a4b"
TOKEN = "q3vR8sT1uW5xY9zA2bC6dE0fG4hJ7kL1mN5pQ8rS2tU"  # noqa: S105 - an example

REGISTRATION_ID = "0193a7cd-1f2a-7b3c-8d4e-5f60718293a4"
CHECK_IN_CODE = "AZOnzR8qezyNTl9gcYKTpA.vB3kQ9mW2xT7rN5yZ0cJ8hL4sD6fG1aP3eU7iO9wR2s"

AT = "2026-11-23T20:00:00Z"
CURSOR = "WyIyMDI2LTExLTIzVDIwOjAwOjAwKzAwOjAwIl0.c2lnbmVk"

PARAMETERS: dict[str, Any] = {
    "city": "Buenos Aires",
    "city_name": "Mar del Plata",
    "comment_id": COMMENT_ID,
    "conversation_id": CONVERSATION_ID,
    "device_id": DEVICE_ID,
    "draft_id": DRAFT_ID,
    "event_id": EVENT_ID,
    "handle": HANDLE,
    "if-match": '"1"',
    "latitude": -34.5889,
    "longitude": -58.426,
    "media_id": MEDIA_ID,
    "message_id": MESSAGE_ID,
    "occurrence_id": OCCURRENCE_ID,
    "original_start": "2026-11-27T22:00:00",
    "post_id": POST_ID,
    "q": "malena",
    "registration_id": REGISTRATION_ID,
    "report_id": REPORT_ID,
    "tag": "orquestaenvivo",
    "token": TOKEN,
    "venue_id": VENUE_ID,
}

_VARIANTS = [
    {
        "url": f"/media/{MEDIA_ID}/5f1d0c9e8b7a6f5e4d3c2b1a09f8e7d6-{width}.{format}",
        "width": width,
        "height": height,
        "format": format,
        "bytes": size,
    }
    for format, width, height, size in (
        ("avif", 320, 213, 9_870),
        ("avif", 800, 533, 38_112),
        ("avif", 1600, 1067, 121_604),
        ("webp", 320, 213, 14_208),
        ("webp", 800, 533, 57_344),
        ("webp", 1600, 1067, 187_210),
    )
]
_LOOKS: dict[str, Any] = {
    "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
    "color": "#a1512c",
    "animated": False,
    "attribution": None,
    "variants": _VARIANTS,
}
_PICTURE = shown_picture(_LOOKS | {"id": MEDIA_ID, "width": 1600, "height": 1067})
_MEDIA = _PICTURE | {"purpose": "post", "status": "ready", "reason": None, "created_at": AT}
_GIVEN = {
    "display_name": "Malena Ríos",
    "city": "Buenos Aires",
    "bio": "Bailo desde 2009.",
    "country": "AR",
    "latitude": -34.6037,
    "longitude": -58.3816,
    "languages": ["es", "en"],
    "dance_role": "both",
    "dancing_since": 2009,
    "occupations": ["dancer", "teacher"],
    "links": ["https://malena.example/"],
    "visibility": "public",
    "private": False,
}
_FILE = shown_picture(_LOOKS | {"id": AVATAR_ID, "width": 800, "height": 800})
_USER_BODY = _GIVEN | {
    "id": USER_ID,
    "handle": HANDLE,
    "years_dancing": 17,
    "avatar": _FILE,
    "cover": None,
    "created_at": AT,
    "version": 3,
    "counts": {"followers": 210, "following": 184, "posts": 57},
}
_PERSON = {
    "id": USER_ID,
    "handle": HANDLE,
    "display_name": "Malena Ríos",
    "city": "Buenos Aires",
    "dance_role": "both",
    "avatar": _FILE,
}
_TOTALS = {"like": 12, "love": 4, "bravo": 0, "abrazo": 2, "otra": 1, "comments": 3, "shares": 1, "views": 240}
_REACTIONS = {"totals": _TOTALS, "reaction": "love"}
_AUTHOR = {"id": USER_ID, "handle": HANDLE, "display_name": "Malena Ríos", "avatar": _FILE}
_TEXT = "¿Quién está en La Viruta esta noche? #orquestaenvivo"
_ENTITIES = [{"kind": "hashtag", "start": 37, "end": 52, "tag": "orquestaenvivo"}]
_POST_FIELDS = {
    "id": POST_ID,
    "author": _AUTHOR,
    "body": _TEXT,
    "entities": _ENTITIES,
    "city": "Buenos Aires",
    "language": "es",
    "visibility": "public",
    "event_id": EVENT_ID,
    "created_at": AT,
    "edited_at": None,
    "version": 1,
    "pinned": False,
    "media": [_PICTURE | {"alt": "Dos parejas en la pista"}],
    "original": None,
}
_POST_BODY = _POST_FIELDS | _REACTIONS
_PUBLIC_POST = _POST_FIELDS | {"totals": _TOTALS}
_NEW_POST = {
    "body": _TEXT,
    "city": "Buenos Aires",
    "media": [{"id": MEDIA_ID, "alt": "Dos parejas en la pista"}],
    "visibility": "public",
    "language": "es",
    "event_id": EVENT_ID,
}
_DRAFT = _NEW_POST | {"id": DRAFT_ID, "updated_at": AT}
_COMMENT: dict[str, Any] = {
    "id": COMMENT_ID,
    "post_id": POST_ID,
    "parent_id": None,
    "author": _AUTHOR,
    "body": "¡Nos vemos allá!",
    "entities": [],
    "created_at": AT,
    "edited_at": None,
    "version": 1,
    "deleted": False,
    "replies": 2,
}
_MESSAGE: dict[str, Any] = {
    "id": MESSAGE_ID,
    "conversation_id": CONVERSATION_ID,
    "author": _AUTHOR,
    "text": "¿Vamos juntos a La Viruta?",
    "media": [_PICTURE | {"id": ATTACHED_ID, "alt": "El programa de la noche"}],
    "created_at": AT,
    "deleted": False,
}
_CONVERSATION: dict[str, Any] = {
    "id": CONVERSATION_ID,
    "kind": "group",
    "title": "La Viruta, viernes",
    "created_at": AT,
    "state": "active",
    "read_up_to": None,
    "active_at": AT,
    "members": [_AUTHOR | {"state": "active", "read_up_to": MESSAGE_ID}],
    "last_message": _MESSAGE,
    "unread": 1,
}
_REPORT = {"target_kind": "post", "target_id": POST_ID, "reason": "spam", "note": "El mismo aviso, veinte veces."}
_REPORT_BODY = _REPORT | {"id": REPORT_ID, "created_at": AT}
_NOTIFICATION = {
    "id": NOTIFICATION_ID,
    "kind": "like",
    "subject": {"post_id": POST_ID},
    "actor_ids": [USER_ID],
    "actors": [_AUTHOR],
    "count": 13,
    "position": POSITION,
    "at": AT,
    "unread": True,
}
_POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"  # of RFC 8291, 5
_SUBSCRIPTION = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABnQkR3bXVuZG8",
    "expirationTime": None,
    "keys": {"p256dh": _POINT, "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
}
_DEVICE = {"id": DEVICE_ID, "service": "updates.push.services.mozilla.com", "registered_at": AT}
_DIGEST = {"digest": "weekly", "language": "es", "zone": "America/Argentina/Buenos_Aires"}
_KINDS = ("mention", "reply", "share", "follow", "follow_request", "follow_accepted", "like", "moderation")

SCHEMAS: dict[str, Any] = events(
    event_id=EVENT_ID,
    occurrence_id=OCCURRENCE_ID,
    venue_id=VENUE_ID,
    organiser_id=USER_ID,
    picture=_PICTURE,
    at=AT,
    cursor=CURSOR,
    token=TOKEN,
)
SCHEMAS |= registrations(
    event_id=EVENT_ID,
    occurrence_id=OCCURRENCE_ID,
    registration_id=REGISTRATION_ID,
    code=CHECK_IN_CODE,
    person=_AUTHOR,
    at=AT,
    cursor=CURSOR,
)
SCHEMAS |= {
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
    "ConversationBody": _CONVERSATION,
    "ConversationChanges": {"title": "La Viruta, sábado"},
    "ConversationPage": {"items": [_CONVERSATION], "next_cursor": CURSOR},
    "Health": {
        "status": "degraded",
        "dependencies": {
            "postgresql": {"state": "ok", "ms": 1.9, "cause": None},
            "cache": {"state": "failed", "ms": 50.4, "cause": "TimeoutError"},
        },
    },
    "MediaBody": _MEDIA,
    "MediaPage": {"items": [_MEDIA], "next_cursor": CURSOR},
    "MessageBody": _MESSAGE,
    "MessagePage": {"items": [_MESSAGE], "next_cursor": CURSOR},
    "NewConversation": {"members": [HANDLE], "title": ""},
    "NewMedia": {
        "purpose": "post",
        "content_type": "image/jpeg",
        "size": 3_145_728,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "keep_attribution": True,
    },
    "NewMembers": {"members": [HANDLE]},
    "NewMessage": {
        "text": "¿Vamos juntos a La Viruta?",
        "media": [{"id": ATTACHED_ID, "alt": "El programa de la noche"}],
    },
    "NewPost": _NEW_POST,
    "NewReaction": {"kind": "like"},
    "NewFeedback": {"kind": "slow", "page": "tonight", "timings": {"first_byte_ms": 840, "loaded_ms": 5_120}},
    "NewReport": _REPORT,
    "NewResolution": {"resolution": "hidden", "reason": "Publicidad repetida."},
    "NewUser": _GIVEN | {"handle": HANDLE},
    "NotificationPage": {"items": [_NOTIFICATION], "newest": POSITION, "unread": 1, "next_cursor": CURSOR},
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
                "said": [],
            }
        ],
        "next_cursor": None,
    },
    "PostBody": _POST_BODY,
    "PostPage": {"items": [_POST_BODY], "next_cursor": CURSOR},
    "PreferenceBody": _DIGEST
    | {"kinds": {kind: {"app": True, "email": kind != "like", "push": kind != "like"} for kind in _KINDS}},
    "PreferenceChange": _DIGEST | {"kinds": {"like": {"app": True, "email": False, "push": False}}},
    "Problem": {
        "type": "/problems/invalid",
        "title": "Invalid",
        "status": 422,
        "detail": "bio must be at most 1000 characters",
        "errors": [{"field": "bio", "message": "must be at most 1000 characters"}],
    },
    "Reactions": _REACTIONS,
    "ReadBody": {"up_to": POSITION, "unread": 0},
    "ReadMark": {"up_to": POSITION},
    "MessageReadMark": {"message_id": MESSAGE_ID},
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
    "UnreadConversationsBody": {"conversations": 2},
    "NewGrant": {"channels": [f"post:{POST_ID}", "city:buenos aires", "salon:1"]},
    "GrantBody": {
        "grant": "q1nB4yT7uEoC2sWvK9rZfX6jHdLpMgA3iDwYtRkN0Qc",
        "channels": [f"post:{POST_ID}", "city:buenos aires"],
        "refused": [{"channel": "salon:1", "code": "bad-channel"}],
        "expires_at": "2026-11-23T20:10:00Z",
    },
    "PresenceBody": {"shown": False},
    "PresenceChange": {"shown": False},
    "UnreadBody": {"unread": 3},
    "UserBody": _USER_BODY,
    "ProfileBody": _USER_BODY
    | {"relation": {"following": True, "requested": False, "followed_by": False, "muted": False, "blocked": False}},
    "ProfileChange": {"bio": "Bailo y enseño desde 2009.", "languages": ["es", "en", "pt-BR"]},
    "FollowBody": {"state": "requested"},
    "PersonList": {"items": [_PERSON]},
    "PersonPage": {"items": [_PERSON], "next_cursor": CURSOR},
    "CommentBody": _COMMENT,
    "CommentChanges": {"body": "¡Nos vemos allá a medianoche!"},
    "CommentPage": {"items": [_COMMENT], "next_cursor": None},
    "NewComment": {"body": "¡Nos vemos allá!", "parent_id": None},
    "DraftContent": _NEW_POST,
    "DraftBody": _DRAFT,
    "DraftPage": {"items": [_DRAFT], "next_cursor": None},
    "PostChanges": {"body": "¿Quién está en La Viruta esta noche? Voy a las once. #orquestaenvivo"},
    "ProfilePage": {"items": [_POST_BODY], "next_cursor": CURSOR, "pinned": []},
    "PublicPostBody": _PUBLIC_POST,
    "PublicPostPage": {"items": [_PUBLIC_POST], "next_cursor": CURSOR, "pinned": []},
    "SeenPosts": {"post_ids": [POST_ID]},
    "VersionList": {
        "items": [
            {
                "version": 1,
                "body": _TEXT,
                "entities": _ENTITIES,
                "city": "Buenos Aires",
                "language": "es",
                "media": [{"id": MEDIA_ID, "alt": "Parejas bailando en un salón"}],
                "written_at": AT,
            }
        ]
    },
    "ExportBody": {
        "state": "ready",
        "requested_at": AT,
        "ready_at": AT,
        "expires_at": "2026-11-30T20:00:00Z",
        "link": f"https://mundotango.example/api/link/{TOKEN}/export",
    },
    "NewGuest": {
        "occurrence_id": OCCURRENCE_ID,
        "email": "malena@example.org",
        "name": "Malena Ríos",
        "language": "es",
    },
    "DeviceBody": _DEVICE,
    "DeviceList": {"items": [_DEVICE]},
    "PushSubscription": _SUBSCRIPTION,
    "PushKeyBody": {"key": _POINT},
    "DeletionBody": {"leaves_at": "2026-12-23T20:00:00Z"},
}
