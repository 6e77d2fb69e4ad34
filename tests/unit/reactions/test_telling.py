"""Authors hear who reacted: at home at once, and from elsewhere by an activity; both say the same."""

from dataclasses import replace
from uuid import UUID

import pytest

from mundotango.errors import Unavailable
from mundotango.notifications.inbox import take_in
from mundotango.notifications.model import Notification
from mundotango.reactions.policy import told_on
from mundotango.reactions.telling import News, tell_authors
from mundotango.realtime.model import user_channel
from mundotango.settings import Region
from tests.factories.realtime import AT
from tests.fakes.notifications import FakeInbox
from tests.fakes.stores import FakeStores

ELSEWHERE = Region("eu-west-1", "", home="us-east-1")
AUTHORS = [UUID(int=number) for number in range(1, 13)]
POSTS = [UUID(int=number) for number in (101, 102)]
ANA, BRUNO = UUID(int=201), UUID(int=202)


def news(number: int, who: UUID = ANA, *, author: UUID = AUTHORS[0], reacted: bool = True) -> News:
    return News(number, author, POSTS[0], who, told_on(AT), reacted)


def kinds(stores: FakeStores) -> list[str]:
    return [each.activity.kind for each in stores.activities.appended]


def likers(stores: FakeStores, author: UUID = AUTHORS[0]) -> list[list[UUID]]:
    return [each.actor_ids for each in stores.inbox.newest(author, since="0", before=None, limit=9)]


def test_at_home_it_is_noted_at_once_and_no_activity_says_so() -> None:
    home = FakeStores()

    assert tell_authors(home, [news(2, BRUNO), news(1)]) is None

    assert likers(home) == [[BRUNO, ANA]]
    assert kinds(home) == ["notification.updated"]


def test_a_batch_that_comes_again_tells_the_same_under_the_same_id() -> None:
    home = FakeStores()
    for _ in range(3):
        assert tell_authors(home, [news(1), news(2, BRUNO), news(3, reacted=False)]) is None

    assert likers(home) == [[BRUNO]]
    assert len({each.activity.id for each in home.activities.appended}) == 1


def test_elsewhere_it_is_an_activity_that_home_takes_in() -> None:
    there, home = FakeStores(region=ELSEWHERE), FakeStores()

    assert tell_authors(there, [news(1), news(2, BRUNO)]) is None

    assert (kinds(there), likers(there)) == (["reaction.received"], [])
    take_in(home, there.activities.appended[0])
    assert likers(home) == [[BRUNO, ANA]]


class Busy(FakeInbox):
    def put(self, notification: Notification) -> bool:
        raise Unavailable("busy")


def test_an_inbox_that_is_busy_holds_up_no_counts() -> None:
    """What could not be noted is taken in later, also beside what was."""
    home = FakeStores(inbox=Busy())

    assert tell_authors(home, [news(1), news(2, BRUNO)]) is None

    assert kinds(home) == ["reaction.received"]
    later = FakeStores()
    assert tell_authors(later, [news(1), news(2, BRUNO), news(3, BRUNO, reacted=False)]) is None
    take_in(later, home.activities.appended[0])
    assert likers(later) == [[ANA]]


def test_what_can_be_told_in_neither_way_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    home = FakeStores(inbox=Busy())

    def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(home.activities, "append", away)

    assert tell_authors(home, [news(8, author=AUTHORS[1]), news(5), news(9)]) == 5


def test_many_authors_are_told_side_by_side_and_one_author_a_post_after_another() -> None:
    home = FakeStores()
    told = [news(number, author=author) for number, author in enumerate(AUTHORS)]

    assert tell_authors(home, [*told, replace(told[0], sequence=99, post_id=POSTS[1])]) is None

    assert [len(likers(home, author)) for author in AUTHORS] == [2, *[1] * 11]
    told_first = home.activities.since(user_channel(AUTHORS[0]), "", 9)
    assert [each.activity.payload["unread"] for each in told_first] == [1, 2]
