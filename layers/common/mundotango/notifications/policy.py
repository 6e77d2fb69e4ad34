"""What becomes a notification, how things are grouped, and how long it all is kept.

A new kind needs its name in `model.NotificationKind` and a line in `_OCCURRENCES`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mundotango.errors import Said
from mundotango.languages import LANGUAGES, Language
from mundotango.notifications.model import (
    DATED,
    MOST_COUNTED,
    RHYTHMS,
    Notification,
    NotificationKind,
    Occurrence,
    Rhythm,
    Way,
)
from mundotango.realtime.model import Activity, Kind
from mundotango.text import refused

INBOX_LIFE = timedelta(days=90)
# Longer than a stream keeps a record.
LEFT_LIFE = timedelta(days=2)

DIGEST: Rhythm = "weekly"
LANGUAGE: Language = "en"
ZONE = "UTC"

# Who is moderated is told so, whatever they want.
ALWAYS: frozenset[tuple[NotificationKind, Way]] = frozenset({("moderation", "app")})


def spoken(chosen: str, languages: Sequence[str]) -> Language:
    """The language somebody is written to in: the one they chose, else the first of their profile's that we write."""
    for tag in (chosen, *languages):
        for known in LANGUAGES:
            if tag.partition("-")[0] == known:
                return known
    return LANGUAGE


def digest(value: str) -> Rhythm:
    for known in RHYTHMS:
        if value == known:
            return known
    raise refused("digest", Said("must be one of {choices}", choices=", ".join(RHYTHMS)))


def language(value: str) -> Language:
    for known in LANGUAGES:
        if value == known:
            return known
    raise refused("language", Said("must be one of {choices}", choices=", ".join(LANGUAGES)))


def chosen(wanted: Mapping[NotificationKind, Mapping[Way, bool]]) -> dict[tuple[NotificationKind, Way], bool]:
    """What somebody says of each kind and way."""
    named = {(kind, way): told for kind, ways in wanted.items() for way, told in ways.items()}
    for kind, way in sorted(ALWAYS):
        if named.get((kind, way)) is False:
            raise refused(f"kinds.{kind}.{way}", "cannot be turned off: who is moderated is told so")
    return named


def occurrences(activity: Activity) -> list[Occurrence]:
    """What an activity says to the inbox of whom it is told to; most say nothing."""
    read = _OCCURRENCES.get(activity.kind)
    return read(activity) if read is not None else []


def is_over(notification: Notification, now: datetime) -> bool:
    """Whether it is about an event that has begun, of which nobody needs to be told any more."""
    return notification.kind in DATED and datetime.fromisoformat(notification.subject["starts_at"]) <= now


def merged(known: Notification | None, user_id: UUID, occurrence: Occurrence, position: str) -> Notification:
    """The item with what happened in it; the known one itself when it says all that already.

    It does not matter how often and in what order occurrences come. Whoever is new moves it to `position`; who took it
    back and does it again is not.
    """
    before = known or Notification(
        user_id=user_id,
        group=occurrence.group,
        kind=occurrence.kind,
        subject=occurrence.subject,
        position=position,
        at=occurrence.at,
        version=0,
        shown=not (occurrence.joined or occurrence.left),
    )
    left = _higher(before.left, occurrence.left)
    joined = _higher(before.actors, occurrence.joined)
    actors = _bounded({actor: number for actor, number in joined.items() if number > left.get(actor, -1)})
    left = _bounded({actor: number for actor, number in left.items() if actor not in actors})
    if known is not None and (actors, left) == (known.actors, known.left):
        return known
    shown = bool(actors) if joined or left else before.shown
    fresh = actors.keys() - before.actors.keys() - (before.left.keys() if before.shown else frozenset())
    return replace(
        before,
        actors=actors,
        left=left,
        shown=shown,
        position=position if fresh else before.position,
        at=max(before.at, occurrence.at) if fresh or not shown else before.at,
        version=before.version + 1,
    )


def expires_at(notification: Notification) -> datetime:
    """What nobody is left in is only known so that what comes late or again does not bring it back."""
    return notification.at + (INBOX_LIFE if notification.shown else LEFT_LIFE)


def _higher(one: Mapping[UUID, int], other: Mapping[UUID, int]) -> dict[UUID, int]:
    return {actor: max(one.get(actor, -1), other.get(actor, -1)) for actor in {*one, *other}}


def _bounded(numbers: dict[UUID, int]) -> dict[UUID, int]:
    """The newest, so that a post that everybody likes does not outgrow its row."""
    newest = sorted(numbers, key=lambda actor: (numbers[actor], actor), reverse=True)
    return {actor: numbers[actor] for actor in newest[:MOST_COUNTED]}


def _once(
    kind: NotificationKind, who: str, subject: Sequence[str], group: Callable[[Activity], str] | None = None
) -> Callable[[Activity], list[Occurrence]]:
    """Something one person did: `who` is the payload's field with them, `subject` its fields that say to what."""

    def read(activity: Activity) -> list[Occurrence]:
        actor = UUID(activity.payload[who]["id"])
        return [
            Occurrence(
                group=group(activity) if group else f"{kind}#{activity.id}",
                kind=kind,
                subject={name: activity.payload[name] for name in subject},
                at=activity.occurred_at,
                joined={actor: 0},
            )
        ]

    return read


def _of_person(kind: NotificationKind) -> Callable[[Activity], list[Occurrence]]:
    """One item a person, however often they do it: nobody fills another's inbox by following again and again."""
    return _once(kind, "user", (), lambda activity: f"{kind}#{activity.payload['user']['id']}")


def _moderated(activity: Activity) -> list[Occurrence]:
    subject = {name: activity.payload[name] for name in ("decision", "subject", "subject_id", "reason", "role")}
    return [Occurrence(group=f"moderation#{activity.id}", kind="moderation", subject=subject, at=activity.occurred_at)]


def _liked(activity: Activity) -> list[Occurrence]:
    """By the day on which each person first reacted, as the payload has them."""
    post_id = activity.payload["post_id"]
    joined, left = activity.payload["reacted"], activity.payload["taken_back"]
    return [
        Occurrence(
            group=f"like#{post_id}#{day}",
            kind="like",
            subject={"post_id": post_id},
            at=activity.occurred_at,
            joined=_numbers(joined, day),
            left=_numbers(left, day),
        )
        for day in sorted({each["day"] for each in (*joined, *left)})
    ]


def _numbers(changes: Sequence[Mapping[str, Any]], day: str) -> dict[UUID, int]:
    return {UUID(each["user_id"]): int(each["number"]) for each in changes if each["day"] == day}


def _of_event(kind: NotificationKind, fields: Sequence[str]) -> Callable[[Activity], list[Occurrence]]:
    """An item of its own: what was told before may have been something else."""

    def read(activity: Activity) -> list[Occurrence]:
        subject = activity.payload["event"] | {name: activity.payload[name] for name in fields}
        return [Occurrence(group=f"{kind}#{activity.id}", kind=kind, subject=subject, at=activity.occurred_at)]

    return read


def _changed(activity: Activity) -> list[Occurrence]:
    """A subject's values are texts."""
    payload = activity.payload | {"changed": ",".join(activity.payload["changed"])}
    return _of_event("event_change", ("changed",))(replace(activity, payload=payload))


def _registered(activity: Activity) -> list[Occurrence]:
    """Nobody is notified of what they did themselves, but all their pages are told."""
    if not activity.payload["notified"]:
        return []
    return _of_event("registration", ("registration_id", "state", "by", "offered_until"))(activity)


_OCCURRENCES: dict[Kind, Callable[[Activity], list[Occurrence]]] = {
    "mention.created": _once("mention", "author", ("post_id", "comment_id")),
    "comment.created": _once("reply", "author", ("post_id", "comment_id", "parent_id")),
    "post.shared": _once("share", "author", ("post_id", "repost_id")),
    "follower.added": _of_person("follow"),
    "follow.requested": _of_person("follow_request"),
    "follow.accepted": _of_person("follow_accepted"),
    "reaction.received": _liked,
    "moderation.decided": _moderated,
    "registration.updated": _registered,
    "event.changed": _changed,
    "reminder.due": _of_event("reminder", ("ahead",)),
}
