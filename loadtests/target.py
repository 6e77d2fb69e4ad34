"""Whom a load test is for: never anybody who did not ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from operations.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Target:
    site_url: str

    @property
    def host(self) -> str:
        return urlsplit(self.site_url).hostname or ""

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, and nobody has to be asked."""
        return self.host in {"127.0.0.1", "localhost", "::1"} or self.host.endswith(".localhost")

    @property
    def dialled(self) -> str:
        """The address for tools that do not know names below .localhost."""
        if not self.host.endswith(".localhost"):
            return self.site_url
        return self.site_url.replace(self.host, "127.0.0.1", 1)


def named(base_url: str) -> Target:
    """Raises Refusal where it is no address."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refusal(
            f"{base_url or 'nothing'} is no address to load", cure="BASE_URL=https://… of a platform that is yours"
        )
    return Target(base_url.rstrip("/"))
