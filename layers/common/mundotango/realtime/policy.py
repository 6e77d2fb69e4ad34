"""What a client may listen to, and what counts as missed."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from mundotango.errors import BadChannel, BadFrame, NotAllowed
from mundotango.realtime.model import HOME, user_channel

TICKET_LIFE = timedelta(seconds=60)
CONNECTION_LIFE = timedelta(hours=2)  # API Gateway's own limit for a socket
ACTIVITY_LIFE = timedelta(hours=24)

# Clocks of the machines that append differ by seconds, so what was missed may stand a little before the last position.
RESUME_OVERLAP = timedelta(seconds=60)
# All channels of one resume together: frames, and the time to read and to send them. What is more is not replayed.
RESUME_LIMIT = 500
RESUME_TIME = timedelta(seconds=5)
# `home` is read author by author.
RESUME_AUTHORS = 200

# What a client sent and is told again; no channel is longer.
LONGEST_ECHO = 64

# One transaction removes a connection with all its channels, and holds at most 100 rows.
MAX_CHANNELS = 50

# The gateway answers 410 also for a socket whose $connect has not been answered yet: it is not stale.
OPENING_TIME = timedelta(seconds=10)


def may_connect_from(origin: str, allowed: Collection[str]) -> bool:
    """Whether a page of this origin may open a socket; compared as scheme, host and port, nothing else of it."""
    asked = _origin(origin)
    return asked is not None and asked in {_origin(each) for each in allowed}


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname else None


def subscribable(channel: object, user_id: UUID) -> str:
    """The channel, if it is one a person subscribes to; their own channel and `home` come by themselves."""
    if not isinstance(channel, str) or not (_is(channel, "post") or _is(channel, "user") or channel == HOME):
        raise BadChannel("a channel is post:{uuid}")
    if channel in (HOME, user_channel(user_id)):
        raise BadChannel(f"{channel} comes without a subscription")
    if not _is(channel, "post"):
        raise NotAllowed("this channel is another person's")
    return channel


def resumable(channel: str, user_id: UUID) -> str:
    if channel in (HOME, user_channel(user_id)):
        return channel
    return subscribable(channel, user_id)


def _is(channel: str, family: str) -> bool:
    prefix, _, rest = channel.partition(":")
    try:
        return prefix == family and str(UUID(rest)) == rest
    except ValueError:
        return False


def moment_of(position: object) -> datetime:
    """When a position was given, to the millisecond."""
    try:
        parsed = UUID(position) if isinstance(position, str) else None
        if parsed is not None and parsed.version == 7:
            return datetime.fromtimestamp((parsed.int >> 80) / 1000, UTC)
    except (ValueError, OverflowError):
        pass
    raise BadFrame("bad-position", "a position is one that came with a frame")


def position_at(moment: datetime) -> str:
    """A position before every one given at this moment or later."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62))


def is_too_old(moment: datetime, now: datetime) -> bool:
    """Whether activities since then may be gone already, so that the client has to fetch everything anew."""
    return moment - RESUME_OVERLAP <= now - ACTIVITY_LIFE
