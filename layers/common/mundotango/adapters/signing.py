"""AWS Signature Version 4 of small requests without a query, as many of them in a row need it.

botocore's own signer makes three objects and derives the key for each request anew. Here the key of a day is derived
once, and what all requests of a batch have in common is put together once. A test compares the two, character for
character. What is signed: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from datetime import datetime

    from botocore.credentials import ReadOnlyCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"


class Signer:
    """Signs requests of one batch: with the credentials it was made with, as of `now`, good for five minutes."""

    def __init__(self, credentials: ReadOnlyCredentials, region: str, service: str, now: datetime) -> None:
        day = f"{now:%Y%m%d}"
        self._date = f"{now:%Y%m%dT%H%M%SZ}"
        self._scope = f"{day}/{region}/{service}/aws4_request"
        self._key = _signing_key(credentials.secret_key, day, region, service)
        token = credentials.token
        self._signed = "host;x-amz-date" + (";x-amz-security-token" if token else "")
        self._dated = f"x-amz-date:{self._date}\n" + (f"x-amz-security-token:{token}\n" if token else "")
        self._ours = f"x-amz-date: {self._date}\r\n" + (f"x-amz-security-token: {token}\r\n" if token else "")
        self._claim = f"{_ALGORITHM} Credential={credentials.access_key}/{self._scope}, SignedHeaders={self._signed}"

    def headers(self, method: str, host: str, path: str, body_digest: str) -> str:
        """The lines of a head that prove who asks. `path` is as it is sent; of the body the SHA-256 in hexadecimal.

        A path is escaped once more before it is signed, by every service but S3.
        """
        asked = f"{method}\n{quote(path, safe='/~')}\n\nhost:{host}\n{self._dated}\n{self._signed}\n{body_digest}"
        told = f"{_ALGORITHM}\n{self._date}\n{self._scope}\n{sha256(asked.encode()).hexdigest()}"
        signature = hmac.digest(self._key, told.encode(), "sha256").hex()
        return f"{self._ours}authorization: {self._claim}, Signature={signature}\r\n"


@lru_cache(maxsize=2)  # one before midnight, one after it
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
