"""Capabilities in a path: whoever has the link may. What is stored of its token is only the hash."""

from hashlib import sha256
from typing import Literal

Act = Literal["calendar.ics", "export", "registration", "unsubscribe"]


def token_hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def link_path(token: str, act: Act) -> str:
    return f"/api/link/{token}/{act}"
