"""Notifications shown by a browser that is not open: Web Push (RFC 8030), to each *device* a person registered.

A device is a browser on one machine: an address at its maker's push service, and keys that only it can read with.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from mundotango.ids import derived_id
from mundotango.languages import Language
from mundotango.notifications.model import NotificationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """`p256dh` is an uncompressed point of P-256 (65 bytes) and `auth` the secret of RFC 8291 (16 bytes)."""

    user_id: UUID
    endpoint: str
    p256dh: bytes
    auth: bytes
    registered_at: datetime

    @property
    def id(self) -> UUID:
        """The same for as long as the browser keeps its address, whoever is signed in."""
        return derived_id("device", self.endpoint)

    @property
    def service(self) -> str:
        """The host of the push service: all of the address that is told to anybody."""
        return urlsplit(self.endpoint).netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person does not want pushed, and the language they are written to in, copied from PostgreSQL."""

    off: frozenset[NotificationKind] = frozenset()
    language: Language = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The last telling of an item: as it was at this position, in the words `said`, to the devices `told`, of which
    none needs to be asked again. It is the `number`th since its reader last looked. At `again_at` what came too early
    for a turn of its own comes again."""

    position: str
    began_at: datetime
    number: int = 1
    said: str = ""
    told: frozenset[UUID] = frozenset()
    again_at: datetime | None = None
