"""What a socket missed while it was away."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from mundotango import ids
from mundotango.errors import Invalid, NotAllowed, Unavailable
from mundotango.realtime import policy
from mundotango.realtime.model import HOME, Appended, End, Grant, Kind, Socket, author_channel, frame, user_channel
from mundotango.realtime.service import Stores, granted_to, listen, listenable
from mundotango.realtime.speech import Frame, control, refused
from mundotango.realtime.totals import totals_told

_POSTS = {"post.created", "post.updated"}
# The field of the payload that names what is no more.
_TAKEN_BACK: dict[Kind, str] = {"post.removed": "post_id", "post.withdrawn": "post_id", "message.removed": "id"}
# So many authors are read before it is looked at whether that is enough, or takes too long.
AUTHORS_AT_ONCE = 10 * policy.RESUME_THREADS


@dataclass(frozen=True, slots=True)
class Missed:
    """Of one channel, in order: what is told, and the ids of what is not as something later made it old."""

    told: list[Appended]
    omitted: list[str]


def resume(stores: Stores, socket: Socket, end: End, positions: dict[str, Any], grant: object) -> Iterator[Frame]:
    """What stands in these channels since a little before these positions, each channel in order; what posts that were
    told since are counted by now; then `resumed`.

    A channel that wants a subscription gets it before its past is read, so nothing falls between the two. The
    position in `resumed` was given before anything was read: a channel that brought no frame resumes from there, and so
    do those that come by themselves, which it names.
    A channel of which too much was missed, or too long ago, has to be fetched anew: it answers `resync`. So does what
    is left when the time is up, which runs on while the frames are being sent.
    `resumed` names what was left out: a stream that is late brings it live after what made it old, and a client that
    does not know it would show it.

    Raises:
        NotFound: the connection is closed.
        Unavailable: a channel could not be read, or `home` was asked for just before. There is no `resumed` then, which
            would take the client past it.
    """
    position, now = ids.new_position(), stores.clock.now()
    left, stops_at = policy.RESUME_LIMIT, now + policy.RESUME_TIME
    if HOME in positions and not stores.connections.may(socket.connection_id, "resume", now, each=policy.RESUME_EACH):
        raise Unavailable("this socket asked for it a moment ago; try again")
    moments: dict[str, datetime] = {}
    omitted: list[str] = []
    yield from _check(stores, socket, positions, grant, moments)
    posts = {channel: moment for channel, moment in moments.items() if policy.family_of(channel) == "post"}
    for channel, moment in moments.items():
        if channel in posts:
            continue
        missed = _missed(stores, socket.user_id, channel, moment, left, stops_at)
        if missed is None or len(omitted) + len(missed.omitted) > policy.MAX_OMITTED:
            yield control("resync", channel=channel)
            continue
        left -= len(missed.told) + len(missed.omitted)
        omitted += missed.omitted
        for appended in missed.told:
            if stores.clock.now() > stops_at:
                yield control("resync", channel=channel)
                break
            yield frame(appended, channel=channel)
    yield from _totals(stores, posts, left, stops_at)
    own = [HOME, user_channel(socket.user_id)]
    ends_at = end.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    yield control("resumed", position=position, channels=own, omitted=omitted, ends_at=ends_at)


def _check(
    stores: Stores, socket: Socket, positions: dict[str, Any], grant: object, moments: dict[str, datetime]
) -> Iterator[Frame]:
    """Fills in the moments of the channels that can be resumed, and listens to them; tells of the others."""
    granted = granted_to(stores, socket, grant)
    for channel, last in positions.items():
        try:
            _check_one(stores, socket, channel, granted)
            moments[channel] = policy.moment_of(last)
        except (Invalid, NotAllowed) as refusal:
            yield refused(refusal, channel)
    subscribed = [channel for channel in moments if not policy.comes_by_itself(channel, socket.user_id)]
    for too_many in listen(stores, socket, subscribed, granted):
        moments.pop(too_many["channel"])
        yield too_many
    for channel in _of_somebody_apart(stores, granted, subscribed):
        moments.pop(channel)


def _of_somebody_apart(stores: Stores, granted: Grant, channels: Collection[str]) -> list[str]:
    """Those of the posts' channels of which nothing is replayed, because of a block since the grant was given. They are
    listened to, as live they are told again once it has ended. All authors are asked about in one call."""
    authors = {channel: granted.authors[channel] for channel in channels if channel in granted.authors}
    others = set(authors.values()) - {granted.user_id}
    apart = stores.edges.apart(granted.user_id, others) if others else set()
    return [channel for channel, author_id in authors.items() if author_id in apart]


def _check_one(stores: Stores, socket: Socket, channel: str, granted: Grant) -> None:
    if policy.comes_by_itself(channel, socket.user_id):
        return
    listenable(channel, granted)
    # A grant is of some minutes ago, and what was said in a conversation is for those alone who are in it now.
    family, _, name = channel.partition(":")
    if family == "conversation" and socket.user_id not in stores.edges.members(UUID(name)):
        raise NotAllowed("this conversation is not yours")


def _missed(
    stores: Stores, user_id: UUID, channel: str, moment: datetime, limit: int, stops_at: datetime
) -> Missed | None:
    """None where it is too long ago, too much, or takes too long."""
    if policy.is_too_old(moment, stores.clock.now()):
        return None
    sources = _sources(stores, user_id, channel)
    if len(sources) > policy.RESUME_AUTHORS:
        return None
    after = policy.position_at(moment - policy.RESUME_OVERLAP)
    missed: list[Appended] = []
    with ThreadPoolExecutor(policy.RESUME_THREADS) as threads:  # starts as many as there is work for
        for some in batched(sources, AUTHORS_AT_ONCE, strict=False):
            if stores.clock.now() > stops_at:
                return None
            found = threads.map(lambda source: stores.activities.since(source, after, limit + 1), some)
            missed += [each for part in found for each in part]
            if len(missed) > limit:
                return None
    return _for_their_eyes(stores, user_id, _once(missed))


def _totals(stores: Stores, moments: Mapping[str, datetime], left: int, stops_at: datetime) -> Iterator[Frame]:
    """Totals are a state: of each post those of now, if it was told since, all read in one call.

    Under an id of their own: a frame of before may be late and come live after this one, and then the frame of these
    totals, which comes after it, must not be dropped as known.
    """
    now = stores.clock.now()
    since = {
        UUID(channel.partition(":")[2]): policy.position_at(moment - policy.RESUME_OVERLAP)
        for channel, moment in moments.items()
        if now <= stops_at and not policy.is_too_old(moment, now)
    }
    standings = stores.counters.standing(since) if since else {}
    for channel in moments:
        post_id = UUID(channel.partition(":")[2])
        told = totals_told(post_id, standings[post_id], ids.new_position()) if post_id in standings else None
        if told is not None and told.position <= since[post_id]:
            continue
        if post_id not in standings or (told is not None and (left == 0 or stores.clock.now() > stops_at)):
            yield control("resync", channel=channel)
        elif told is not None:
            left -= 1
            yield frame(told)


def _once(missed: Sequence[Appended]) -> list[Appended]:
    """In order. What a relay appended again stands where it stood first, as who knows it by its id has it."""
    first: dict[UUID, Appended] = {}
    for each in sorted(missed, key=lambda each: each.position):
        first.setdefault(each.activity.id, each)
    return list(first.values())


def _sources(stores: Stores, user_id: UUID, channel: str) -> list[str]:
    if channel != HOME:
        return [channel]
    followed = stores.edges.followed(user_id, policy.RESUME_AUTHORS + 1)
    return [author_channel(author_id) for author_id in followed]


def _for_their_eyes(stores: Stores, user_id: UUID, missed: Sequence[Appended]) -> Missed:
    """Without posts that were taken back later, and what was done by somebody who is apart from them by now. Whoever is
    asked about costs two consistent reads of a unit each, so a million such people $0.25: who blocks somebody and
    writes right after it shall not be heard by them, and what a client was sent is not asked about again.

    What somebody apart did is not named either, as that would tell of it. Live it is asked about again.
    """
    actors = {each.activity.actor_id for each in missed} - {None, user_id}
    others = [actor for actor in actors if actor is not None]
    apart = stores.edges.apart(user_id, others, fresh=True) if others else set()
    gone: set[object] = set()
    told, omitted = [], []
    for each in reversed(missed):
        activity = each.activity
        if activity.kind in _TAKEN_BACK:
            gone.add(activity.payload[_TAKEN_BACK[activity.kind]])
        if activity.actor_id in apart:
            continue
        if activity.kind in _POSTS and activity.payload.get("id") in gone:
            omitted.append(str(activity.id))
        else:
            told.append(_without_words(each, gone))
    return Missed(told[::-1], omitted[::-1])


def _without_words(appended: Appended, gone: Collection[object]) -> Appended:
    """A message that is gone as the empty place that the API answers; who never heard of it would miss its place. Of a
    conversation that ends in one only which it is, as of one that no frame can carry."""
    kind, payload = appended.activity.kind, appended.activity.payload
    if kind == "message.created" and payload["id"] in gone and "text" in payload:
        payload = payload | {"text": "", "media": [], "deleted": True}
    elif kind == "conversation.updated" and (payload.get("last_message") or {}).get("id") in gone:
        payload = {"id": payload["id"]}
    return replace(appended, activity=replace(appended.activity, payload=payload))
