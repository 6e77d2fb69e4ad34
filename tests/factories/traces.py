"""Everything that somebody can leave on the platform, planted in every store at once.

Rows are written as they stand in their tables, and not through the use cases: a store that no use case fills is one
that no erasure would be tried on.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.exports.model import exports_of
from mundotango.media.policy import original_key, review_day, upload_key
from mundotango.notifications.policy import merged, occurrences
from mundotango.realtime.model import Activity, author_channel, inbox_channel, post_channel, user_channel
from mundotango.webpush.model import Wishes
from mundotango.webpush.policy import MOST_DEVICES
from tests.factories.devices import make_device
from tests.factories.media import measures_of, pending_media
from tests.factories.realtime import make_socket
from tests.factories.traces_of_events import insert, plant_event, plant_parts


@dataclass
class Traces:
    """A person and what they left; `marker` is in every text and picture of theirs, and in nothing else."""

    handle: str
    id: UUID = field(default_factory=ids.new_id)
    post_id: UUID = field(default_factory=ids.new_id)
    comment_id: UUID = field(default_factory=ids.new_id)
    answered_id: UUID = field(default_factory=ids.new_id)
    media_id: UUID = field(default_factory=ids.new_id)
    message_id: UUID = field(default_factory=ids.new_id)
    event_id: UUID = field(default_factory=ids.new_id)
    occurrence_id: UUID = field(default_factory=ids.new_id)

    @property
    def marker(self) -> str:
        return self.handle


def newcomer() -> Traces:
    return Traces(f"m{ids.new_id().hex[-16:]}")


def plant(platform: Platform, one: Traces, other: Traces) -> None:
    """Both people with everything, and `other` in touch with `one` wherever people touch."""
    now = platform.clock.now()
    with platform.database.transaction() as connection:
        for person in (one, other):
            _plant_own(connection, person, now)
        for person, counterpart in ((one, other), (other, one)):
            _plant_between(connection, person, counterpart, now)
    for person, counterpart in ((one, other), (other, one)):
        _plant_elsewhere(platform, person, counterpart)


def _plant_own(connection: psycopg.Connection, who: Traces, now: datetime) -> None:
    mark = who.marker
    insert(
        connection,
        "users",
        id=who.id,
        handle=who.handle,
        display_name=mark,
        bio=mark,
        city=mark,
        links=[mark],
        avatar=Jsonb({"id": str(who.media_id), "variants": [{"url": f"/media/{mark}"}]}),
        created_at=now,
        updated_at=now,
    )
    plant_event(connection, who, now)
    insert(
        connection, "posts", id=who.post_id, user_id=who.id, body=mark, city=mark, event_id=who.event_id,
        created_at=now, version=2,
    )  # fmt: skip
    insert(
        connection, "post_versions", post_id=who.post_id, version=1, body=mark, city=mark, language="",
        entities=Jsonb([]), alts=Jsonb({str(who.media_id): mark}), written_at=now,
    )  # fmt: skip
    insert(connection, "post_tags", tag=mark, created_at=now, post_id=who.post_id)
    insert(
        connection,
        "post_media",
        post_id=who.post_id,
        position=0,
        media_id=who.media_id,
        alt=mark,
        width=1,
        height=1,
        blurhash="",
        variants=Jsonb([]),
    )
    insert(connection, "post_media_details", media_id=who.media_id, color=mark, animated=False, attribution=mark)
    insert(connection, "notifications_off", user_id=who.id, kind="like", way="email")
    insert(
        connection, "digests_sent", id=ids.new_id(), user_id=who.id, period="2026-11-23", at=now, up_to="",
        token_hash=who.marker,
    )  # fmt: skip
    insert(connection, "calendar_feeds", user_id=who.id, token_hash=who.marker, created_at=now)
    insert(connection, "digest_days", user_id=who.id, day=now.date())
    insert(
        connection, "notification_settings", user_id=who.id, digest="daily", language="es", zone="UTC", updated_at=now
    )
    insert(connection, "drafts", id=ids.new_id(), user_id=who.id, content=Jsonb({"body": mark}), updated_at=now)
    hashed = sha256(mark.encode()).digest()
    insert(connection, "request_keys", user_id=who.id, key_hash=hashed, body_hash=mark.encode(), created_at=now)
    # One that is not due for long, beside a profile: what each kind of account leaves, planted with one person.
    insert(connection, "departures", user_id=who.id, leaves_at=now + timedelta(days=365))
    insert(
        connection,
        "exports",
        id=ids.new_id(),
        user_id=who.id,
        state="failed",
        object_key=mark,
        requested_at=now - timedelta(days=2),
    )


def _plant_between(connection: psycopg.Connection, who: Traces, to: Traces, now: datetime) -> None:
    mark = who.marker
    for table, source, target in (
        ("follows", "follower_id", "followee_id"),
        ("follow_requests", "follower_id", "followee_id"),
        ("blocks", "blocker_id", "blocked_id"),
        ("mutes", "muter_id", "muted_id"),
    ):
        insert(connection, table, **{source: who.id, target: to.id, "created_at": now})
    plant_parts(connection, who, to, now)
    insert(connection, "saved_posts", user_id=who.id, post_id=to.post_id, created_at=now)
    insert(connection, "former_handles", handle=f"was_{who.handle}", user_id=who.id, free_at=now + timedelta(days=14))
    naming = Jsonb(
        [
            {"kind": "link", "start": 0, "end": 9, "url": "https://x"},
            {"kind": "mention", "start": 10, "end": 12, "user_id": str(to.id), "handle": to.handle},
        ]
    )
    mention = ids.new_id()
    insert(
        connection,
        "posts",
        id=mention,
        user_id=who.id,
        body=mark,
        city="",
        entities=naming,
        created_at=now,
        version=1,
    )
    insert(
        connection,
        "post_versions",
        post_id=mention,
        version=1,
        body=mark,
        city="",
        language="",
        entities=naming,
        alts=Jsonb({}),
        written_at=now,
    )
    insert(connection, "post_mentions", post_id=mention, user_id=to.id)
    insert(
        connection,
        "posts",
        id=ids.new_id(),
        user_id=who.id,
        body="",
        city="",
        repost_of=to.post_id,
        created_at=now,
        version=1,
    )
    # On their own post: one that the other answers, and one that nobody does. On the other's: one that names them.
    insert(connection, "comments", id=who.answered_id, post_id=to.post_id, user_id=who.id, body=mark, created_at=now)
    insert(connection, "comments", id=ids.new_id(), post_id=who.post_id, user_id=who.id, body=mark, created_at=now)
    insert(
        connection,
        "comments",
        id=who.comment_id,
        post_id=to.post_id,
        user_id=who.id,
        body=mark,
        entities=naming,
        created_at=now,
    )
    insert(
        connection,
        "comments",
        id=ids.new_id(),
        post_id=to.post_id,
        parent_id=who.answered_id,
        user_id=to.id,
        body=to.marker,
        created_at=now,
    )
    insert(
        connection,
        "comments",
        id=ids.new_id(),
        post_id=to.post_id,
        parent_id=who.answered_id,
        user_id=who.id,
        body=mark,
        created_at=now,
    )
    _plant_messages(connection, who, to, now)
    for kind, reported in (
        ("user", to.id),
        ("post", to.post_id),
        ("comment", to.comment_id),
        ("message", to.message_id),
    ):
        insert(
            connection,
            "reports",
            id=ids.new_id(),
            reporter_id=who.id,
            target_kind=kind,
            target_id=reported,
            reason="spam",
            note=mark,
            created_at=now,
        )
    insert(
        connection,
        "audit",
        id=ids.new_id(),
        moderator_id=who.id,
        action="hide",
        target_kind="user",
        target_id=to.id,
        reason="spam",
        at=now,
    )
    for channel, actor, payload in (
        (author_channel(who.id), who.id, {"body": mark}),
        (post_channel(to.post_id), None, {"author": {"id": str(who.id), "handle": mark}}),
    ):
        insert(
            connection,
            "outbox",
            id=ids.new_id(),
            kind="post.created",
            channel=channel,
            actor_id=actor,
            payload=Jsonb(payload),
            occurred_at=now,
            v=1,
        )


def _plant_messages(connection: psycopg.Connection, who: Traces, to: Traces, now: datetime) -> None:
    """Two conversations, one begun by each: a pair's row is known by either order here."""
    conversation_id, nothing = ids.new_id(), UUID(int=0)
    insert(
        connection,
        "conversations",
        id=conversation_id,
        kind="direct",
        one_id=who.id,
        other_id=to.id,
        created_at=now,
        latest_id=who.message_id,
    )
    for one in (who, to):
        insert(
            connection,
            "conversation_members",
            conversation_id=conversation_id,
            user_id=one.id,
            state="active",
            joined_at=now,
            joined_after=nothing,
            read_up_to=nothing,
            latest_id=who.message_id,
            active_at=now,
        )
    insert(
        connection,
        "messages",
        id=who.message_id,
        conversation_id=conversation_id,
        user_id=who.id,
        text=who.marker,
        created_at=now,
    )
    insert(
        connection,
        "message_media",
        message_id=who.message_id,
        position=0,
        media_id=ids.new_id(),
        alt=who.marker,
        picture=Jsonb({"variants": [{"url": f"/media/{who.marker}"}]}),
    )


def _plant_elsewhere(platform: Platform, who: Traces, to: Traces) -> None:
    now, mark = platform.clock.now(), who.marker
    platform.reactions.put(to.post_id, who.id, "like", now, told=to.id)
    _notify(platform, who, to)
    pending = pending_media(owner_id=who.id)
    shown = pending_media(owner_id=who.id, media_id=who.media_id, secret=mark)
    for media in (pending, shown):
        platform.media.add(media)
        for key in (upload_key(media.media_id), original_key(media.media_id)):
            platform.objects.put("uploads", key, mark.encode(), content_type="image/jpeg", cache_control="no-store")
    platform.media.mark_ready(who.media_id, measures_of(who.media_id), review_day(now))
    # One that its row does not name: a worker that was killed had written it.
    for key in [variant.key for variant in measures_of(who.media_id).variants] + [f"media/{who.media_id}/lost.webp"]:
        platform.objects.put("media", key, mark.encode(), content_type="image/webp", cache_control="public")
    archive = f"{exports_of(who.id)}{ids.new_id()}.zip"
    platform.objects.put("uploads", archive, mark.encode(), content_type="application/zip", cache_control="no-store")
    platform.edges.apply("follow", to.id, who.id, active=True, version=1)
    for channel in (author_channel(who.id), user_channel(who.id), inbox_channel(who.id)):
        platform.activities.append(
            Activity(ids.new_id(), "post.created", who.id, channel, {"body": mark}, platform.clock.now())
        )
    socket = make_socket(who.id)
    platform.connections.open(socket, opened_at=now, expires_at=now + timedelta(hours=2))
    platform.connections.subscribe(socket.connection_id, [post_channel(to.post_id)], now=now, limit=9)
    platform.cache.set(f"user:{who.id}", {"display_name": mark}, 300)
    platform.cache.set(f"handle:{who.handle}", {"display_name": mark}, 300)
    platform.cache.set(f"standing:{who.id}", {"suspended": False}, 60)
    answered = sha256(mark.encode()).hexdigest()
    platform.answers.begin(answered, mark)
    platform.answers.keep(answered, mark, {"status": 201, "body": mark})


def _notify(platform: Platform, who: Traces, of: Traces) -> None:
    """The first is notified of the other, and has read it; on a device too, though not of everything."""
    author = {"id": str(of.id), "handle": of.handle, "display_name": of.marker, "avatar": None}
    mention = {"post_id": str(who.post_id), "comment_id": None, "author": author}
    told = Activity(ids.new_id(), "mention.created", of.id, user_channel(who.id), mention, platform.clock.now())
    (occurrence,) = occurrences(told)
    item = merged(None, who.id, occurrence, ids.new_position())
    assert platform.inbox.put(item)
    assert platform.inbox.mark_read(who.id, item.position)
    platform.devices.put(make_device(who.id, who.marker), limit=MOST_DEVICES)
    platform.devices.apply(who.id, Wishes(off=frozenset({"like"})), version=1)
