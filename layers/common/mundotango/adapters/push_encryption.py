"""A message that one device alone can read (RFC 8291), as one record of the encoding aes128gcm (RFC 8188).

On the primitives of `cryptography` and not by http-ece: that is these lines, in a package that is not built as a wheel.
A test holds them to the example in the RFC, byte by byte.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from mundotango.webpush.model import Device

_RECORD_BYTES = 4096
_LAST_RECORD = b"\x02"


def encrypt(
    message: bytes, device: Device, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """`key` and `salt` are new for each message; only the RFC's example names them.

    Raises:
        ValueError: the device's point is none of the curve, or the message is longer than a record.
    """
    if len(message) > _RECORD_BYTES - 17:
        raise ValueError("a message longer than a record")
    key, salt = key or ec.generate_private_key(ec.SECP256R1()), salt or secrets.token_bytes(16)
    own = point_of(key.public_key())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), device.p256dh)
    shared = key.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, device.auth, b"WebPush: info\x00" + device.p256dh + own, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(content_key).encrypt(nonce, message + _LAST_RECORD, None)
    return salt + _RECORD_BYTES.to_bytes(4) + len(own).to_bytes(1) + own + sealed


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)
