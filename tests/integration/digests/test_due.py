"""For whom it is time, and that each is written to once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from mundotango import ids, settings
from mundotango.adapters.postgres import Database
from mundotango.digests import policy, sending
from mundotango.notifications.model import Notification
from mundotango.observability import counting
from tests.factories.people import make_user
from tests.factories.town import BERLIN, BUENOS_AIRES, MORNING, Town


def hours(day: datetime, days: int) -> Iterator[datetime]:
    """As the schedule has them: five minutes past each, by a clock that never changes."""
    start = day.astimezone(UTC)
    for hour in range(24 * days):
        yield start + timedelta(hours=hour, minutes=5)


@pytest.mark.parametrize(
    "day",
    [
        datetime(2026, 11, 27, tzinfo=BUENOS_AIRES),
        datetime(2026, 3, 28, tzinfo=BERLIN),
        datetime(2026, 10, 24, tzinfo=BERLIN),
    ],
    ids=["Buenos Aires", "Berlin into summer", "Berlin out of summer"],
)
def test_each_day_has_one_at_nine(town: Town, day: datetime) -> None:
    """Three days around the change, a run each hour, and always something new."""
    town.at(day)
    zone = cast(ZoneInfo, day.tzinfo)
    reader = town.join(zone)
    sent = []
    for moment in hours(day, 3):
        town.at(moment)
        town.tell(reader)
        if town.run()["written"]:
            sent.append(moment.astimezone(zone))

    assert sent == [day + timedelta(days=n, hours=9, minutes=5) for n in range(3)]


def test_a_week_has_one_on_monday(town: Town) -> None:
    reader, start = town.join(digest="weekly"), MORNING - timedelta(days=3)
    sent = []
    for day in range(12):
        moment = start + timedelta(days=day)
        town.at(moment)
        town.tell(reader)
        if town.run()["written"]:
            sent.append(moment.astimezone(BUENOS_AIRES).date().isoformat())

    assert sent == ["2026-11-30", "2026-12-07"]


def test_who_chose_nothing_gets_one_a_week_by_the_clock_of_greenwich(town: Town) -> None:
    with town.platform.unit_of_work() as work:
        reader = make_user(work, town.clock)
    town.at(datetime(2026, 11, 30, 9, 5, tzinfo=UTC))
    town.tell(reader)

    assert town.run()["written"] == 1
    assert town.written()[0].payload["values"]["rhythm"] == "weekly"


def test_a_run_again_writes_nothing_again(town: Town) -> None:
    town.tell(town.join())
    for _ in range(3):
        town.run()

    assert len(town.written()) == 1


def test_a_run_whose_marks_were_lost_writes_nothing_again(town: Town, real_database: Database) -> None:
    town.tell(town.join())
    town.run()
    with real_database.transaction() as connection:
        connection.execute("DELETE FROM digest_days")
    town.clock.advance(timedelta(minutes=20))
    town.run()

    assert len(town.written()) == 1


def test_nothing_unread_is_nothing_sent(town: Town) -> None:
    town.join()
    read = town.join()
    town.inbox.mark_read(read.id, town.tell(read).position)

    assert town.run() == {"done": True, "looked_at": 2, "written": 0, "failed": 0}
    assert town.written() == []


def test_what_a_digest_told_is_in_no_other(town: Town) -> None:
    reader = town.join()
    town.tell(reader, "like")
    town.run()
    town.at(MORNING + timedelta(days=1))
    town.tell(reader, "reply")
    town.run()
    town.at(MORNING + timedelta(days=2))

    assert town.run()["written"] == 0
    told = [[line["kind"] for line in one.payload["values"]["lines"]] for one in town.written()]
    assert told == [["like"], ["reply"]]


def test_what_is_long_ago_is_no_news(town: Town) -> None:
    reader = town.join()
    town.at(MORNING - policy.SPAN["daily"] - timedelta(hours=1))
    town.tell(reader)
    town.at(MORNING)

    assert town.run()["written"] == 0


def test_only_what_they_want_by_mail(town: Town) -> None:
    reader = town.join(off=frozenset({("like", "email"), ("reply", "app")}))
    for kind in ("like", "reply", "mention"):
        town.tell(reader, kind)
    town.run()

    (command,) = town.written()
    assert [line["kind"] for line in command.payload["values"]["lines"]] == ["mention", "reply"]


def test_whom_the_reader_blocked_is_not_named(town: Town) -> None:
    reader = town.join()
    item = town.tell(reader, "like", actors=3)
    unseen = item.actor_ids[0]
    with town.platform.unit_of_work() as work:
        hidden = next(iter(work.users.list_seen([unseen], reader.id).values())).display_name
        work.blocks.add(reader.id, unseen, town.clock.now())
    town.run()

    (command,) = town.written()
    values = command.payload["values"]
    assert values["others"] == 1
    assert len(values["lines"][0]["people"]) == 2
    assert hidden not in values["lines"][0]["people"]


@pytest.mark.parametrize("chosen", [{"digest": "never"}, {"digest": "weekly"}])
def test_whose_rhythm_has_no_such_day(town: Town, chosen: dict[str, Any]) -> None:
    town.at(MORNING + timedelta(days=1))
    town.tell(town.join(**chosen))

    assert town.run() == {"done": True, "looked_at": 0, "written": 0, "failed": 0}


def test_who_is_leaving_gets_none(town: Town, real_database: Database) -> None:
    reader = town.join()
    town.tell(reader)
    with real_database.transaction() as connection:
        connection.execute("UPDATE users SET leaves_at = now() WHERE id = %s", (reader.id,))

    assert town.run()["looked_at"] == 0


def test_a_run_that_is_cut_off_is_gone_on_with(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PAGE", 2)
    readers = [town.join() for _ in range(5)]
    for reader in readers[:3]:
        town.tell(reader)
    outcomes: list[dict[str, object]] = []
    while not outcomes or not outcomes[-1]["done"]:
        left = iter([300.0] * 2)
        outcomes.append(town.run(lambda left=left: next(left, 0.0)))  # type: ignore[misc]

    assert [one["looked_at"] for one in outcomes] == [2, 2, 1]
    assert sorted(town.written_to()) == sorted(one.id for one in readers[:3])


def test_an_inbox_that_cannot_be_read_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = town.join(), town.join()
    for reader in (broken, fine):
        town.tell(reader)
    newest = town.inbox.newest

    def away(user_id: UUID, **more: Any) -> list[Notification]:
        if user_id == broken.id:
            raise TimeoutError
        return newest(user_id, **more)

    with monkeypatch.context() as cut:
        cut.setattr(town.inbox, "newest", away)
        assert town.run() == {"done": True, "looked_at": 1, "written": 1, "failed": 1}
    assert town.written_to() == [fine.id]

    town.clock.advance(timedelta(hours=1))
    assert town.run()["written"] == 1
    assert town.written_to() == [fine.id, broken.id]


def test_inboxes_are_read_side_by_side_as_one_after_another_takes_longer_than_there_is_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits until all of them are being read."""
    readers = [town.join() for _ in range(sending.READERS)]
    together = Barrier(len(readers), timeout=10)
    newest = town.inbox.newest

    def waiting(user_id: UUID, **more: Any) -> list[Notification]:
        together.wait()
        return newest(user_id, **more)

    monkeypatch.setattr(town.inbox, "newest", waiting)

    assert town.run() == {"done": True, "looked_at": len(readers), "written": 0, "failed": 0}


def test_a_page_costs_the_same_however_many_are_on_it(town: Town) -> None:
    costs = []
    for number in (2, 12):
        for _ in range(number):
            town.join()
        with counting() as counts:
            assert town.run()["looked_at"] == number
        costs.append(counts["sql_statements"])
        town.at(MORNING + timedelta(hours=1))
    assert costs[0] == costs[1] > 0


def test_without_a_sender_nothing_is_sent_and_it_is_said(town: Town) -> None:
    town.platform.sender = settings.Sender("")
    town.tell(town.join())

    assert town.run()["nothing_sent"] == sending.NO_SENDER
    assert town.written() == []
    assert sending.send_digest_now(town.platform, ids.new_id())["nothing_sent"] == sending.NO_SENDER


def test_links_that_are_older_than_a_year_are_forgotten(town: Town, real_database: Database) -> None:
    town.tell(town.join())
    town.run()
    town.at(MORNING + policy.SENT_LIFE + timedelta(days=1))
    town.run()

    with real_database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM digests_sent").fetchone() == (0,)
