"""Whatever comes, however often and in whatever order: the inbox says what happened."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import batched, permutations
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mundotango import ids
from mundotango.errors import Unavailable
from mundotango.notifications.inbox import take_in, unread
from mundotango.notifications.model import KINDS, MOST_COUNTED, Notification, notification_payload
from mundotango.notifications.service import mark_read
from mundotango.reactions.policy import told_on
from mundotango.reactions.telling import News, tell_authors
from mundotango.realtime.model import Activity, Appended, Kind, inbox_channel, post_channel, user_channel
from mundotango.settings import Region
from tests.factories.occasions import make_brief
from tests.factories.realtime import AT, make_activity
from tests.fakes.notifications import FakeInbox
from tests.fakes.reactions import FakeReactions
from tests.fakes.realtime import FakeActivities
from tests.fakes.stores import FakeStores

ME = UUID(int=1)
POSTS = [UUID(int=11), UUID(int=12)]
PEOPLE = [UUID(int=number) for number in range(21, 26)]
DAY = timedelta(days=1)


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


def author(user_id: UUID) -> dict[str, Any]:
    return {"id": str(user_id), "handle": "ana", "display_name": "Ana", "avatar": None}


def said(kind: Kind, who: UUID, *, number: int = 0, channel: str | None = None, **payload: Any) -> Appended:
    activity = replace(
        make_activity(channel or user_channel(ME), kind=kind, **payload),
        id=ids.derived_id(kind, str(who), str(number)),
        actor_id=who,
    )
    return FakeActivities().append(activity)


def mention(who: UUID, *, number: int = 0) -> Appended:
    return said("mention.created", who, number=number, post_id=str(POSTS[0]), comment_id=None, author=author(who))


def follower(who: UUID, *, number: int = 0) -> Appended:
    return said("follower.added", who, number=number, user=author(who))


def likes(*changes: tuple[UUID, int, bool], post: UUID = POSTS[0]) -> Appended:
    """Each a person, the number of the change, and whether they react or take it back."""
    (appended,) = received([News(number, ME, post, who, told_on(AT), reacted) for who, number, reacted in changes])
    return appended


def listed(stores: FakeStores) -> list[Notification]:
    return stores.inbox.newest(ME, since="0", before=None, limit=200)


def frames(stores: FakeStores) -> list[Activity]:
    return [each.activity for each in stores.activities.appended]


def test_what_concerns_a_person_becomes_an_item_and_a_frame(stores: FakeStores) -> None:
    appended = mention(PEOPLE[0])

    take_in(stores, appended)

    (item,) = listed(stores)
    assert (item.kind, item.actor_ids, item.count) == ("mention", [PEOPLE[0]], 1)
    (frame,) = frames(stores)
    assert (frame.kind, frame.channel) == ("notification.updated", user_channel(ME))
    assert frame.payload == {
        "notification": {
            "id": str(item.id),
            "kind": "mention",
            "subject": {"post_id": str(POSTS[0]), "comment_id": None},
            "actor_ids": [str(PEOPLE[0])],
            "count": 1,
            "position": item.position,
            "at": "2026-11-23T20:00:00.123000Z",
        },
        "unread": 1,
    }


@pytest.mark.parametrize("kind", ["post.created", "reaction.changed", "notification.updated", "media.ready"])
def test_what_is_no_notification_stays_out(stores: FakeStores, kind: Kind) -> None:
    take_in(stores, said(kind, PEOPLE[0]))
    take_in(stores, said("mention.created", PEOPLE[0], channel=post_channel(POSTS[0]), author=author(PEOPLE[0])))

    assert (listed(stores), frames(stores)) == ([], [])


def test_of_two_whom_a_block_keeps_apart_nothing_comes(stores: FakeStores) -> None:
    stores.edges.apply("block", PEOPLE[0], ME, active=True, version=1)

    take_in(stores, mention(PEOPLE[0]))
    take_in(stores, likes((PEOPLE[0], 1, True)))
    assert (listed(stores), frames(stores)) == ([], [])

    take_in(stores, likes((PEOPLE[0], 2, True), (PEOPLE[1], 3, True)))
    assert [item.actor_ids for item in listed(stores)] == [[PEOPLE[1]]]


def test_whom_they_blocked_after_that_person_joined_no_frame_names(stores: FakeStores) -> None:
    take_in(stores, likes((PEOPLE[0], 1, True)))
    stores.edges.apply("block", ME, PEOPLE[0], active=True, version=1)

    take_in(stores, likes((PEOPLE[1], 2, True)))
    told = frames(stores)[-1].payload["notification"]
    assert (told["actor_ids"], told["count"]) == ([str(PEOPLE[1])], 1)

    take_in(stores, likes((PEOPLE[1], 3, False)))
    assert frames(stores)[-1].kind == "notification.removed"


def test_a_moderator_is_nobody_and_a_decision_is_told(stores: FakeStores) -> None:
    decided: dict[str, Any] = {
        "decision": "hidden",
        "subject": "post",
        "subject_id": "1",
        "reason": "spam",
        "role": "owner",
    }
    take_in(stores, said("moderation.decided", PEOPLE[0], **decided))

    (item,) = listed(stores)
    assert (item.kind, item.subject, item.actor_ids, item.count) == ("moderation", decided, [], 0)


def test_who_follows_again_and_again_is_one_item(stores: FakeStores) -> None:
    for number in range(3):
        take_in(stores, follower(PEOPLE[0], number=number))

    assert len(listed(stores)) == 1
    assert len({frame.id for frame in frames(stores)}) == 1


class TestLikes:
    def test_are_one_item_a_post_and_day_newest_first(self, stores: FakeStores) -> None:
        take_in(stores, likes(*((person, number, True) for number, person in enumerate(PEOPLE))))
        take_in(stores, likes((PEOPLE[0], 9, True), post=POSTS[1]))

        assert [(item.actor_ids, item.count) for item in listed(stores)] == [
            ([PEOPLE[0]], 1),
            ([PEOPLE[4], PEOPLE[3], PEOPLE[2]], 5),
        ]

    def test_a_new_one_moves_the_item_up_and_makes_it_unread_again(self, stores: FakeStores) -> None:
        take_in(stores, likes((PEOPLE[0], 1, True)))
        take_in(stores, mention(PEOPLE[1]))
        read_all(stores)

        take_in(stores, likes((PEOPLE[2], 2, True)))

        assert [item.kind for item in listed(stores)] == ["like", "mention"]
        assert unread(stores.inbox, ME, stores.clock) == 1

    def test_one_taken_back_does_not_and_the_last_takes_the_item_away(self, stores: FakeStores) -> None:
        take_in(stores, likes((PEOPLE[0], 1, True), (PEOPLE[1], 2, True)))
        read_all(stores)

        take_in(stores, likes((PEOPLE[1], 3, False)))
        assert [item.actor_ids for item in listed(stores)] == [[PEOPLE[0]]]
        assert unread(stores.inbox, ME, stores.clock) == 0

        take_in(stores, likes((PEOPLE[0], 4, False)))
        assert listed(stores) == []
        last = frames(stores)[-1]
        assert (last.kind, last.payload["unread"]) == ("notification.removed", 0)

    def test_who_likes_again_and_again_makes_nothing_unread(self, stores: FakeStores) -> None:
        take_in(stores, likes((PEOPLE[0], 1, True), (PEOPLE[1], 2, True)))
        read_all(stores)

        for number in range(3, 9):
            take_in(stores, likes((PEOPLE[1], number, number % 2 == 0)))

        assert [item.count for item in listed(stores)] == [2]
        assert unread(stores.inbox, ME, stores.clock) == 0

    def test_the_last_change_of_a_person_counts_in_any_order(self) -> None:
        for order in permutations([(1, True), (2, False), (3, True), (4, False)]):
            stores = FakeStores()
            for number, reacted in order:
                take_in(stores, likes((PEOPLE[0], number, reacted)))

            assert listed(stores) == [], order

    def test_are_told_apart_up_to_a_number(self, stores: FakeStores) -> None:
        crowd = [ids.new_id() for _ in range(MOST_COUNTED + 20)]
        take_in(stores, likes(*((person, number, True) for number, person in enumerate(crowd))))

        assert [(item.count, item.actor_ids[0]) for item in listed(stores)] == [(MOST_COUNTED, crowd[-1])]


def test_every_kind_of_notification_comes_of_something(stores: FakeStores) -> None:
    payload: dict[str, Any] = {"author": author(PEOPLE[0]), "user": author(PEOPLE[0]), "post_id": str(POSTS[0])}
    payload |= {"event": make_brief(), "changed": ["time", "place"], "notified": True}
    names = ("comment_id", "parent_id", "repost_id", "decision", "subject", "subject_id", "reason", "role")
    of_events = ("registration_id", "state", "by", "offered_until", "ahead")
    for kind in get_args(Kind):
        if kind != "reaction.received":
            take_in(stores, said(kind, PEOPLE[0], **payload | dict.fromkeys((*names, *of_events), "1")))
    take_in(stores, likes((PEOPLE[0], 1, True)))

    assert sorted(item.kind for item in listed(stores)) == sorted(KINDS)
    assert all(isinstance(value, str | None) for item in listed(stores) for value in item.subject.values())


def read_all(stores: FakeStores) -> None:
    assert mark_read(stores.inbox, stores.activities, ME, UUID(int=2**128 - 1), stores.clock).unread == 0


def test_nothing_is_read_before_it_is_there(stores: FakeStores) -> None:
    take_in(stores, mention(PEOPLE[0]))
    read_all(stores)
    # By a machine whose clock was ahead.
    stores.inbox.read[ME] = str(UUID(int=ids.new_id().int + (10_000 << 80)))

    take_in(stores, mention(PEOPLE[1]))

    assert unread(stores.inbox, ME, stores.clock) == 1


def test_what_is_unread_is_counted_up_to_a_number(stores: FakeStores) -> None:
    for number in range(MOST_COUNTED + 5):
        take_in(stores, mention(PEOPLE[0], number=number))

    assert unread(stores.inbox, ME, stores.clock) == MOST_COUNTED


class Overtaken(FakeInbox):
    """Another invocation writes the item between reading and writing."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile: Callable[[], None] | None = meanwhile

    def put(self, notification: Notification) -> bool:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().put(notification)


def test_two_who_write_one_item_lose_nobody(stores: FakeStores) -> None:
    stores.inbox = Overtaken(lambda: take_in(stores, likes((PEOPLE[0], 1, True))))

    take_in(stores, likes((PEOPLE[1], 2, True)))

    assert [item.actor_ids for item in listed(stores)] == [[PEOPLE[1], PEOPLE[0]]]


class Interrupted(FakeActivities):
    """Another invocation does its work between this one's counting and appending."""

    def __init__(self, meanwhile: list[Callable[[], object]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def append(self, activity: Activity) -> Appended:
        if self._meanwhile:
            self._meanwhile.pop(0)()
        return super().append(activity)


def last_unread(stores: FakeStores) -> int:
    """What a client shows that drops the frames it knows."""
    first_of_each = {frame.id: frame for frame in reversed(frames(stores))}
    *_, last = (frame for frame in frames(stores) if frame is first_of_each[frame.id])
    shown: int = last.payload["unread"]
    return shown


def test_the_last_frame_says_how_many_are_unread_whoever_counted_first(stores: FakeStores) -> None:
    take_in(stores, mention(PEOPLE[0]))
    stores.activities = Interrupted([lambda: take_in(stores, mention(PEOPLE[1]))])
    take_in(stores, mention(PEOPLE[2]))
    assert last_unread(stores) == unread(stores.inbox, ME, stores.clock) == 3

    stores.activities = Interrupted([lambda: take_in(stores, mention(PEOPLE[3]))])
    read = mark_read(stores.inbox, stores.activities, ME, UUID(int=2**128 - 1), stores.clock)
    assert last_unread(stores) == unread(stores.inbox, ME, stores.clock) == read.unread == 1


def test_a_number_that_comes_back_is_told_again(stores: FakeStores) -> None:
    others = FakeStores(inbox=stores.inbox)
    changes = [likes((PEOPLE[0], 1, True)), likes((PEOPLE[0], 2, False))]
    stores.activities = Interrupted([partial(take_in, others, change) for change in changes])

    take_in(stores, mention(PEOPLE[1]))

    assert [frame.payload["unread"] for frame in frames(stores)] == [1, 2, 1]
    assert last_unread(stores) == 1


def test_an_inbox_that_never_stands_still_comes_again(stores: FakeStores) -> None:
    stores.activities = Interrupted([partial(put_another, stores) for _ in range(9)])

    with pytest.raises(Unavailable):
        take_in(stores, mention(PEOPLE[0]))


def put_another(stores: FakeStores) -> None:
    others = FakeStores(inbox=stores.inbox)
    take_in(others, mention(ids.new_id()))


WHAT = st.sampled_from(["like", "love", "", "mention", "follow"])
acts = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(POSTS), WHAT), max_size=25)


@settings(max_examples=60, deadline=None)
@given(acts=acts, size=st.integers(1, 5), again=st.randoms(use_true_random=False))
def test_replayed_shuffled_and_doubled_it_is_the_same_inbox(acts: list[Any], size: int, again: Any) -> None:
    reactions, happened = FakeReactions(), []
    for number, (who, post, what) in enumerate(acts):
        match what:
            case "mention":
                happened.append(mention(who, number=number))
            case "follow":
                happened.append(follower(who, number=number))
            case "":
                reactions.remove(post, who)
            case _:
                reactions.put(post, who, what, AT + number * DAY / 4, told=ME)
    told = reactions.table.told
    for batch in (*batched(told, size, strict=False), *batched(told, size + 2, strict=False)):
        happened += received(list(batch))
    once, often = FakeStores(), FakeStores()
    for appended in happened:
        take_in(once, appended)
    shuffled = happened + again.choices(happened, k=len(happened) // 2) if happened else []
    again.shuffle(shuffled)
    for appended in shuffled:
        take_in(often, appended)

    assert seen(once) == seen(often)
    feeling = {(post, who) for post in POSTS for who in PEOPLE if reactions.mine([post], who)}
    likes_of = [item for item in listed(often) if item.kind == "like"]
    assert {(UUID(item.subject["post_id"]), who) for item in likes_of for who in item.actors} == feeling
    assert shown_by_frames(often) == {str(item.id): notification_payload(item) for item in listed(often)}


def shown_by_frames(stores: FakeStores) -> dict[str, Any]:
    """What a client has that began with nothing and drops the frames it knows."""
    known: set[UUID] = set()
    shown: dict[str, Any] = {}
    for frame in frames(stores):
        if frame.id in known:
            continue
        known.add(frame.id)
        if frame.kind == "notification.updated":
            shown[frame.payload["notification"]["id"]] = frame.payload["notification"]
        else:
            shown.pop(frame.payload["id"], None)
    return shown


def received(told: list[News]) -> list[Appended]:
    """As a region tells them that is not home."""
    away = FakeStores(region=Region("eu-west-1", "", home="us-east-1"))
    assert tell_authors(away, told) is None
    assert all(each.channel == inbox_channel(ME) for each in away.activities.appended)
    return away.activities.appended


def seen(stores: FakeStores) -> dict[str, Any]:
    return {item.group: (item.kind, item.actor_ids, item.count, item.id) for item in listed(stores)}
