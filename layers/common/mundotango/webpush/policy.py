"""Which push services are believed, and what a browser must show to be a device."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from mundotango.notifications.model import NotificationPreferences
from mundotango.text import refused
from mundotango.webpush.model import Device, Wishes

# Of Chrome and those made of it, Firefox, Safari, and Edge.
KNOWN_SERVICES = (
    "https://fcm.googleapis.com",
    "https://updates.push.services.mozilla.com",
    "https://*.push.apple.com",
    "https://*.notify.windows.com",
)

MOST_DEVICES = 10
# A client registers anew at each start: what did not for so long is somebody's last phone.
DEVICE_LIFE = timedelta(days=60)
# Who starts often writes no more than this: of the life of a device a day is little.
REGISTERED_EACH = timedelta(days=1)
# The longest in use have some 500 characters.
LONGEST_ENDPOINT = 1024

# One form only, so that nobody who takes it apart finds another host in it.
_ENDPOINT = re.compile(r"(https?://[a-z0-9.-]+(?::[0-9]{1,5})?)/[!-~]*")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
# The field and the constant of the curve P-256 (SEC 2, 2.4.2).
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def origin_of(endpoint: str) -> str | None:
    """None where it is no address that a push service would give."""
    found = _ENDPOINT.fullmatch(endpoint)
    return found[1] if found else None


def is_known_service(origin: str, known: Iterable[str]) -> bool:
    """Of the known ones, which are origins, `https://*.example.org` stands for all below example.org."""
    return any(re.fullmatch(re.escape(each).replace(r"\*", r"[a-z0-9.-]+"), origin) for each in known)


def endpoint(value: str, known: Iterable[str]) -> str:
    """This platform sends to where it is told, so only to services that are known: never to a neighbour of its own."""
    origin = origin_of(value)
    if origin is None or len(value) > LONGEST_ENDPOINT or not is_known_service(origin, known):
        raise refused("endpoint", "is not an address of a push service that is known here")
    return value


def public_key(value: str) -> bytes:
    """Of a device. Whoever takes a point beside the curve gives away what is computed with it (RFC 8291, 7)."""
    point = _decoded(value, 65)
    if point is None or point[0] != 4 or not _on_curve(int.from_bytes(point[1:33]), int.from_bytes(point[33:])):
        raise refused("keys.p256dh", "is not an uncompressed point of P-256 in base64url")
    return point


def secret(value: str) -> bytes:
    shared = _decoded(value, 16)
    if shared is None:
        raise refused("keys.auth", "is not 16 bytes in base64url")
    return shared


def stands(known: Device, again: Device) -> bool:
    """Whether what is known of a device needs no other registration yet."""
    same = replace(known, registered_at=again.registered_at) == again
    return same and again.registered_at - known.registered_at < REGISTERED_EACH


def kept(devices: Iterable[Device], now: datetime) -> list[Device]:
    """Without those that expired: DynamoDB takes days to sweep them."""
    return [device for device in devices if now < device.registered_at + DEVICE_LIFE]


def wishes_of(preferences: NotificationPreferences) -> Wishes:
    off = frozenset(kind for kind, way in preferences.off if way == "push")
    return Wishes(off=off, language=preferences.language)


def _decoded(value: str, length: int) -> bytes | None:
    """As browsers write it, without padding."""
    if not _BASE64URL.fullmatch(value) or len(value) != (length * 8 + 5) // 6:
        return None
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _on_curve(x: int, y: int) -> bool:
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0
