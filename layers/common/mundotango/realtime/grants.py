"""Permissions to listen to what is not public: the API, which knows who sees what, gives them; a socket names them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mundotango import ids
from mundotango.errors import MundoTangoError, NotAllowed
from mundotango.ports import Clock
from mundotango.posts.service import list_seen
from mundotango.realtime import policy
from mundotango.realtime.model import Grant, conversation_channel, post_channel
from mundotango.realtime.ports import Grants
from mundotango.realtime.service import hashed
from mundotango.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Issued:
    """`grant` is the secret, of which only the hash is stored; `refused` has a code for each channel it is not for."""

    grant: str
    channels: list[str]
    refused: dict[str, str]
    expires_at: datetime


def issue_grant(work: UnitOfWork, grants: Grants, user_id: UUID, channels: Sequence[str], clock: Clock) -> Issued:
    """For those of the channels that this person may listen to now, for ten minutes; that none is among them is no
    error."""
    refused: dict[str, str] = {}
    known = []
    for channel in dict.fromkeys(channels):
        try:
            known.append(policy.subscribable(channel, user_id))
        except MundoTangoError as refusal:
            refused[channel] = refusal.code
    allowed = grantable(work, user_id, known)
    refused |= dict.fromkeys((channel for channel in known if channel not in allowed), NotAllowed.code)
    issued = Issued(
        ids.new_secret(), [channel for channel in known if channel in allowed], refused, clock.now() + policy.GRANT_LIFE
    )
    authors = {channel: author_id for channel, author_id in allowed.items() if author_id is not None}
    grants.put(hashed(issued.grant), Grant(user_id, frozenset(allowed), authors), issued.expires_at)
    return issued


def grantable(work: UnitOfWork, user_id: UUID, channels: Iterable[str]) -> dict[str, UUID | None]:
    """Those of these channels that this person may listen to, a post's with its author: one statement a family."""
    families: defaultdict[str, list[str]] = defaultdict(list)
    for channel in channels:
        families[policy.family_of(channel)].append(channel)
    allowed: dict[str, UUID | None] = {}
    for family, named in families.items():
        match family:
            case "post":
                seen = list_seen(work, user_id, _ids(named))
                allowed |= {post_channel(post_id): author_id for post_id, author_id in seen.items()}
            case "conversation":
                taking_part = work.conversations.taking_part(user_id, _ids(named))
                allowed |= dict.fromkeys(map(conversation_channel, taking_part))
            case "event" | "city":  # public: they are granted to whoever asks, who need not
                allowed |= dict.fromkeys(named)
    return allowed


def _ids(channels: Iterable[str]) -> list[UUID]:
    return [UUID(channel.partition(":")[2]) for channel in channels]
