"""Browsers that registered, with the keys only they have."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from mundotango import ids
from mundotango.adapters.push_encryption import point_of
from mundotango.webpush.model import Device

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def make_device(user_id: UUID | None = None, *, at: str = "https://fcm.googleapis.com", name: str = "") -> Device:
    return Device(
        user_id=user_id or ids.new_id(),
        endpoint=f"{at}/send/{name or secrets.token_hex(8)}",
        p256dh=point_of(ec.generate_private_key(ec.SECP256R1()).public_key()),
        auth=secrets.token_bytes(16),
        registered_at=AT,
    )
