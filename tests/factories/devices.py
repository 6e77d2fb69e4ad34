"""Browsers as they register, with keys that nobody can read with."""

import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.webpush.model import Device

FCM = "https://fcm.googleapis.com/fcm/send/"
# Of RFC 8291, 5.
POINT = bytes.fromhex(
    "042571b2becdfde360551aaf1ed0f4cd366c11cebe555f89bcb7b186a53339173168ece2ebe018597bd30479b86e3c8f8eced577ca59187e924"
    "6990db682008b0e"
)
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def make_device(user_id: UUID | None = None, name: str = "", *, at: datetime = AT) -> Device:
    return Device(
        user_id=user_id or ids.new_id(),
        endpoint=FCM + (name or secrets.token_hex(8)),
        p256dh=POINT,
        auth=secrets.token_bytes(16),
        registered_at=at,
    )


def subscription(device: Device) -> dict[str, Any]:
    """As the browser would send it."""
    keys = {"p256dh": _base64url(device.p256dh), "auth": _base64url(device.auth)}
    return {"endpoint": device.endpoint, "expirationTime": None, "keys": keys}


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
