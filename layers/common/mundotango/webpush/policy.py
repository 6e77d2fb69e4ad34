"""Which push services are believed."""

import re
from collections.abc import Iterable

# Of Chrome and those made of it, Firefox, Safari, and Edge.
KNOWN_SERVICES = (
    "https://fcm.googleapis.com",
    "https://updates.push.services.mozilla.com",
    "https://*.push.apple.com",
    "https://*.notify.windows.com",
)

# One form only, so that nobody who takes it apart finds another host in it.
_ENDPOINT = re.compile(r"(https?://[a-z0-9.-]+(?::[0-9]{1,5})?)/[!-~]*")


def origin_of(endpoint: str) -> str | None:
    """None where it is no address that a push service would give."""
    found = _ENDPOINT.fullmatch(endpoint)
    return found[1] if found else None


def is_known_service(origin: str, known: Iterable[str]) -> bool:
    """Of the known ones, which are origins, `https://*.example.org` stands for all below example.org."""
    return any(re.fullmatch(re.escape(each).replace(r"\*", r"[a-z0-9.-]+"), origin) for each in known)
