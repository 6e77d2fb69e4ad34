"""Who sends: a token that a push service can verify (VAPID, RFC 8292), signed by the stack's key.

The private half is a number of 32 bytes, as base64url, in a SecureString of Systems Manager. It is read once, stays in
memory, and signs if it belongs to the public half that browsers are told; nothing writes it down.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mundotango.adapters.client import make_client
from mundotango.adapters.push_encryption import point_of
from mundotango.errors import Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from mundotango import settings

# At most a day is allowed, and a clock that is behind should not refuse it.
_TOKEN_SECONDS = 12 * 3600


class Vapid:
    """`subject` is where a push service finds who is to blame, a `mailto:` or `https:` address."""

    def __init__(
        self, key: settings.VapidKey, public: settings.VapidPublicKey, subject: str, region: settings.Region
    ) -> None:
        self._parameter, self._public = key.parameter, public.key
        self._subject, self._region = subject, region

    def authorization(self, audience: str, now: datetime) -> str:
        """For the header of that name; `audience` is the push service's origin.

        Raises:
            Unavailable: the key cannot be had, or is another one than browsers are told. It is read again then.
        """
        ends_at = int(now.timestamp()) + _TOKEN_SECONDS
        claims: dict[str, object] = {"aud": audience, "exp": ends_at, "sub": self._subject}
        signed = f"{_encoded({'typ': 'JWT', 'alg': 'ES256'})}.{_encoded(claims)}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(SHA256())))
        token = f"{signed}.{base64url(r.to_bytes(32) + s.to_bytes(32))}"
        return f"vapid t={token}, k={self._public}"

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = make_client("ssm", self._region).get_parameter(Name=self._parameter, WithDecryption=True)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("the key of Web Push cannot be read") from error
        key = key_of(found["Parameter"]["Value"])
        if public_of(key) != self._public:
            # Signed by it every push would be refused, and look as if each device were at fault.
            raise Unavailable("the key of Web Push is not the one that browsers are told")
        return key


def key_of(private: str) -> ec.EllipticCurvePrivateKey:
    """From its private half as it is stored."""
    return ec.derive_private_key(int.from_bytes(urlsafe_b64decode(private + "=" * (-len(private) % 4))), ec.SECP256R1())


def public_of(key: ec.EllipticCurvePrivateKey) -> str:
    """As browsers are told it."""
    return base64url(point_of(key.public_key()))


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _encoded(claims: dict[str, object]) -> str:
    return base64url(json.dumps(claims, separators=(",", ":")).encode())
