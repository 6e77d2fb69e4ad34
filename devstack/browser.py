"""A browser as Web Push sees it: keys of its own, and the reading of what was encrypted for them."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mundotango.adapters.push_encryption import point_of
from mundotango.adapters.vapid import base64url


@dataclass(frozen=True, slots=True)
class Browser:
    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def p256dh(self) -> bytes:
        return point_of(self.key.public_key())

    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` has it."""
        keys = {"p256dh": base64url(self.p256dh), "auth": base64url(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> bytes:
        """One record of aes128gcm (RFC 8188), as RFC 8291 has its keys.

        Raises:
            ValueError, cryptography.exceptions.InvalidTag: it is none, or was not meant for this browser.
        """
        salt, own, sealed = body[:16], body[21 : 21 + body[20]], body[21 + body[20] :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), own)
        shared = self.key.exchange(ec.ECDH(), theirs)
        secret = HKDF(SHA256(), 32, self.auth, b"WebPush: info\x00" + self.p256dh + own).derive(shared)
        content_key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        message, mark, _ = AESGCM(content_key).decrypt(nonce, sealed, None).rpartition(b"\x02")
        if not mark:
            raise ValueError("no end of the last record")
        return message


def claims_of(authorization: str) -> tuple[dict[str, Any], str]:
    """What a sender says of itself by VAPID (RFC 8292), and its public key, by which that is signed.

    Raises:
        ValueError, cryptography.exceptions.InvalidSignature: it is no such header, or somebody else's.
    """
    scheme, _, parts = authorization.partition(" ")
    said = dict(part.strip().split("=", 1) for part in parts.split(","))
    if scheme != "vapid" or said.keys() != {"t", "k"}:
        raise ValueError("no VAPID")
    signed, _, signature = said["t"].rpartition(".")
    raw = _decoded(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(said["k"]))
    numbers = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(numbers, signed.encode(), ec.ECDSA(SHA256()))
    header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    if header != {"typ": "JWT", "alg": "ES256"}:
        raise ValueError("another algorithm")
    return claims, said["k"]


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
