from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.notifications.inbox_table import DynamoInbox
from mundotango.notifications.model import Notification
from mundotango.notifications.ports import Inbox
from mundotango.realtime.policy import position_at
from tests.factories.realtime import AT
from tests.fakes.notifications import FakeInbox
from tests.fixtures.aws import REGION, rows, table_name

DAY = 86_400
ANA, BRUNO = ids.new_id(), ids.new_id()


@pytest.fixture(params=["fake", "dynamodb", "global"])
def inbox(request: pytest.FixtureRequest) -> Inbox:
    if request.param == "global":
        request.getfixturevalue("global_tables")
        return DynamoInbox("notifications", REGION)
    if request.param == "fake":
        return FakeInbox()
    return DynamoInbox(table_name("notifications"), request.getfixturevalue("aws"))


def item(second: int = 0, **chosen: Any) -> Notification:
    given: dict[str, Any] = {
        "user_id": ANA,
        "group": f"mention#{second}",
        "kind": "mention",
        "subject": {"post_id": "1", "comment_id": None},
        "position": position_at(AT + timedelta(seconds=second)),
        "at": AT,
        "version": 1,
        "actors": {BRUNO: 49 * 10**38},
    }
    return Notification(**given | chosen)


def of(user_id: UUID, inbox: Inbox, *, before: str | None = None, limit: int = 10) -> list[str]:
    return [each.group for each in inbox.newest(user_id, since="0", before=before, limit=limit)]


def test_an_item_comes_back_as_it_was(inbox: Inbox) -> None:
    kept = item(left={ids.new_id(): 3})

    assert inbox.put(kept)
    assert inbox.find(ANA, kept.group) == kept
    assert inbox.newest(ANA, since="0", before=None, limit=1) == [kept]
    assert inbox.find(BRUNO, kept.group) is None


def test_an_item_takes_the_place_of_the_version_before_it_and_of_no_other(inbox: Inbox) -> None:
    first = item()
    second = replace(first, version=2, position=position_at(AT + timedelta(days=1)))

    assert not inbox.put(second)
    assert inbox.put(first)
    assert not inbox.put(first)
    assert inbox.put(second)
    assert not inbox.put(second)
    assert inbox.newest(ANA, since="0", before=None, limit=9) == [second]


def test_newest_first_between_two_positions(inbox: Inbox) -> None:
    items = [item(second) for second in range(5)]
    for each in items:
        inbox.put(each)
    inbox.put(item(user_id=BRUNO))

    assert of(ANA, inbox) == [each.group for each in reversed(items)]
    assert of(ANA, inbox, before=items[3].position, limit=2) == ["mention#2", "mention#1"]
    assert [each.group for each in inbox.newest(ANA, since=items[3].position, before=None, limit=9)] == ["mention#4"]


def test_what_nobody_is_left_in_is_known_and_in_no_list(inbox: Inbox) -> None:
    inbox.put(item())
    inbox.put(item(version=2, shown=False, actors={}, left={BRUNO: 1}))

    assert of(ANA, inbox) == []
    assert inbox.count(ANA, since="0", limit=9) == 0
    known = inbox.find(ANA, "mention#0")
    assert known is not None
    assert (known.shown, known.left) == (False, {BRUNO: 1})
    assert inbox.put(item(version=3))
    assert of(ANA, inbox) == ["mention#0"]


def test_what_is_unread_is_counted_up_to_a_limit(inbox: Inbox) -> None:
    items = [item(second) for second in range(5)]
    for each in items:
        inbox.put(each)

    assert inbox.count(ANA, since="0", limit=9) == 5
    assert inbox.count(ANA, since=items[2].position, limit=9) == 2
    assert inbox.count(ANA, since="0", limit=3) == 3
    assert inbox.count(BRUNO, since="0", limit=3) == 0


def test_an_item_and_how_far_its_owner_read_are_one_look(inbox: Inbox) -> None:
    assert inbox.look(ANA, item(1).group) == (None, "")

    inbox.put(item(1))
    assert inbox.look(ANA, item(1).group) == (item(1), "")
    inbox.mark_read(ANA, item(1).position)
    assert inbox.look(ANA, item(1).group) == (item(1), item(1).position)
    assert inbox.look(ANA, item(2).group) == (None, item(1).position)
    assert inbox.look(BRUNO, item(1).group) == (None, "")


def test_nobody_reads_backwards(inbox: Inbox) -> None:
    assert inbox.read_up_to(ANA) == ""
    assert inbox.mark_read(ANA, item(2).position)
    assert not inbox.mark_read(ANA, item(1).position)
    assert not inbox.mark_read(ANA, item(2).position)
    assert inbox.read_up_to(ANA) == item(2).position
    assert inbox.mark_read(ANA, item(3).position)
    assert of(ANA, inbox) == []


def test_all_of_a_person_in_pages_and_nothing_else(inbox: Inbox) -> None:
    for second in range(3):
        inbox.put(item(second))
    inbox.put(item(user_id=BRUNO))
    inbox.mark_read(ANA, item(1).position)

    assert [each.group for each in inbox.of_user(ANA, after=None, limit=2)] == ["mention#0", "mention#1"]
    assert [each.group for each in inbox.of_user(ANA, after="mention#1", limit=2)] == ["mention#2"]
    assert inbox.of_user(ANA, after="mention#2", limit=2) == []


def test_somebody_is_forgotten_in_steps(inbox: Inbox) -> None:
    for second in range(2):
        inbox.put(item(second))
    inbox.put(item(user_id=BRUNO))
    inbox.mark_read(ANA, item(1).position)

    assert [inbox.forget(ANA, 2) for _ in range(3)] == [2, 1, 0]
    assert (of(ANA, inbox), inbox.read_up_to(ANA), of(BRUNO, inbox)) == ([], "", ["mention#0"])


@pytest.mark.usefixtures("aws")
def test_an_item_ends_after_ninety_days_and_what_nobody_is_left_in_after_two() -> None:
    inbox = DynamoInbox(table_name("notifications"), REGION)
    inbox.put(item())
    inbox.put(item(1, shown=False, actors={}))
    inbox.mark_read(ANA, item().position)

    expiries = {row["item"]["S"]: int(row["expires_at"]["N"]) - int(AT.timestamp()) for row in rows("notifications")}
    assert expiries == {"item#mention#0": 90 * DAY, "item#mention#1": 2 * DAY, "read": 90 * DAY}
