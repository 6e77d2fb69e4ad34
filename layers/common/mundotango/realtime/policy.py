"""What a client may listen to, and what counts as missed."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TypeGuard
from urllib.parse import urlsplit
from uuid import UUID

from mundotango import text
from mundotango.errors import BadChannel, BadFrame, NotAllowed
from mundotango.realtime.model import HOME, Closing, End, user_channel

TICKET_LIFE = timedelta(seconds=60)
GRANT_LIFE = timedelta(minutes=10)
# API Gateway cuts a socket after two hours without a word. Two minutes before, its client can still be told.
CONNECTION_LIFE = timedelta(hours=1, minutes=58)
ACTIVITY_LIFE = timedelta(hours=24)

# A phone, a tablet and some windows, and what a lost network left open. One more closes the oldest.
MAX_SOCKETS = 10

# How long what is known of a socket stays after its end, until it is closed: sockets that ended since so long are
# looked for each minute. The rows outlast that, so that what is looked for is never half gone.
CLOSED_WITHIN = timedelta(minutes=10)
ROW_GRACE = timedelta(minutes=15)

# Clocks of the machines that append differ by seconds, so what was missed may stand a little before the last position.
RESUME_OVERLAP = timedelta(seconds=60)
# All channels of one resume together: what is told and what is left out, and the time to read and to send. What is more
# is not replayed. A client knows the ids of the last 1,000; the gateway waits 29 s for the function.
RESUME_LIMIT = 1000
# Of 39 bytes each, so that the frame that names them stays below 32 KB.
MAX_OMITTED = 800
RESUME_TIME = timedelta(seconds=20)
# `home` is read author by author, each a consistent query of a read unit at least: those who follow 200 pay $0.00003
# for coming back, those who follow 2,000 $0.0003. To write each post for each follower instead would cost $0.0006 a
# thousand followers and post, whether they come back or not.
RESUME_AUTHORS = 2000
# As many as botocore keeps connections.
RESUME_THREADS = 10

# What a client sent and is told again.
LONGEST_ECHO = 64
# A city's key is the only channel without a length of its own.
LONGEST_CHANNEL = 200

# One transaction takes a socket's channels from it when it unsubscribes, and holds at most 100 rows.
MAX_CHANNELS = 50

# A client that goes on faster is told so, and then closed. The gateway itself takes 32 KB in one frame of the protocol
# below (RFC 6455), and up to 128 KB in a message of several.
FRAMES_A_SECOND = 20
LARGEST_FRAME = 32 * 1024

# A client in the foreground pings each four minutes, so who was not heard for five missed one or is gone. What it
# costs: a write and a read for each ping, and the two messages; the read finds out too whether the socket is still
# known. Both are spared for what comes in between; each ping is beyond that, however late the one before it came.
HEARD_EACH = timedelta(minutes=3)
HERE_FOR = timedelta(minutes=5)
# Who of these is here costs half a read unit for each two of them: $0.00006 for 2,000.
MAX_LOOKED_FOR = 2000
# Of 39 bytes each, so that the frame stays below 32 KB.
MAX_HERE = 800

# What one socket may ask for so often and no more, as each costs up to thousands of reads: a client looks who is here
# once a minute, and comes back once.
LOOKING_EACH = timedelta(seconds=10)
RESUME_EACH = timedelta(seconds=3)

TYPING_EACH = timedelta(seconds=3)
TYPING_FOR = timedelta(seconds=6)

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


def end_of(now: datetime, token_ends_at: datetime) -> End:
    """When a socket that opens now ends: with the token, or when it has lived as long as one may."""
    longest = now + CONNECTION_LIFE
    return End(token_ends_at, "token-expired") if token_ends_at < longest else End(longest, "ended")


def reconnects(code: Closing) -> bool:
    """Whether a client that is closed so opens another socket by itself."""
    return code in ("ended", "flood", "token-expired")


def subscribable(channel: object, user_id: UUID) -> str:
    """The channel, if it is one a person subscribes to; their own channel and `home` come by themselves."""
    if not isinstance(channel, str) or len(channel) > LONGEST_CHANNEL or not _is_channel(channel):
        raise BadChannel(
            "a channel is post:{uuid}, event:{uuid}, conversation:{uuid} or city:{its name in plain letters}"
        )
    if comes_by_itself(channel, user_id):
        raise BadChannel(f"{channel} comes without a subscription")
    if family_of(channel) == "user":
        raise NotAllowed("this channel is another person's")
    return channel


def takes_subscription(channel: object) -> TypeGuard[str]:
    """Whether it is a channel in which somebody may stand because they subscribed."""
    return (
        isinstance(channel, str)
        and len(channel) <= LONGEST_CHANNEL
        and _is_channel(channel)
        and channel != HOME
        and family_of(channel) != "user"
    )


def comes_by_itself(channel: str, user_id: UUID) -> bool:
    return channel in (HOME, user_channel(user_id))


def needs_grant(channel: str) -> bool:
    """Events and cities are public."""
    return family_of(channel) in ("post", "conversation")


def family_of(channel: str) -> str:
    return channel.partition(":")[0]


def _is_channel(channel: str) -> bool:
    family, _, name = channel.partition(":")
    if family == "city":
        # Not only its own key: half a surrogate pair is that too, and no store takes it.
        return name != "" and name.isprintable() and text.key(name) == name
    try:
        return channel == HOME or (family in ("post", "event", "conversation", "user") and str(UUID(name)) == name)
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
