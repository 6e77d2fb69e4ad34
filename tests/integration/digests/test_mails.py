"""What a digest says, how its reader ends them, and how an operator sends one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.jobs import handler
from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.digests import policy
from mundotango.digests.service import unsubscribe
from mundotango.errors import NotFound
from mundotango.links import token_hash
from mundotango.mail.model import mail_from
from mundotango.mail.rendering import render
from mundotango.notifications.model import Notification, NotificationPreferences
from tests.factories.town import MORNING, Town, ample


class TestTheMail:
    def test_says_what_is_unread_in_the_readers_language(self, town: Town) -> None:
        reader = town.join()
        town.tell(reader)
        town.tell(reader, "like", actors=13)
        town.run()

        (command,) = town.written()
        mail = mail_from(command.payload)
        said = render(mail, "https://mundotango.example")
        assert said.subject.endswith("y 13 más, 1 mención — tu día en Mundo Tango")
        assert "y 10 más les gusta tu publicación" in said.text

    def test_has_a_link_of_which_only_the_hash_is_kept(self, town: Town, real_database: Database) -> None:
        town.tell(town.join())
        town.run()

        (command,) = town.written()
        token = command.payload["unsubscribe"].split("/")[3]
        with real_database.transaction() as connection:
            kept = connection.execute("SELECT token_hash FROM digests_sent").fetchall()
            everything = str(connection.execute("SELECT payload FROM outbox").fetchall())
        assert kept == [(token_hash(token),)]
        assert token not in everything

    def test_keeps_what_does_not_fit_for_a_count(self, town: Town) -> None:
        reader = town.join()
        for _ in range(policy.LINES + 3):
            town.tell(reader)
        town.run()

        (command,) = town.written()
        assert (len(command.payload["values"]["lines"]), command.payload["values"]["more"]) == (policy.LINES, 3)


class TestUnsubscribing:
    def test_ends_them_whichever_mail_the_link_is_in(self, town: Town) -> None:
        reader, other = town.join(), town.join()
        for day in range(2):
            town.at(MORNING + timedelta(days=day))
            for one in (reader, other):
                town.tell(one)
            town.run()
        first = next(one for one in town.written() if one.payload["user_id"] == str(reader.id))
        for _ in range(2):
            with town.platform.unit_of_work() as work:
                unsubscribe(work, first.payload["unsubscribe"].split("/")[3], town.clock)
        town.at(MORNING + timedelta(days=2))
        for one in (reader, other):
            town.tell(one)
        town.run()

        assert [town.written_to().count(one.id) for one in (reader, other)] == [2, 3]

    def test_leaves_everything_else_as_it_was(self, town: Town) -> None:
        off: frozenset[Any] = frozenset({("like", "app")})
        reader = town.join(off=off)
        town.tell(reader)
        town.run()
        with town.platform.unit_of_work() as work:
            before = work.notification_preferences.of([reader.id])[reader.id]
            unsubscribe(work, town.written()[0].payload["unsubscribe"].split("/")[3], town.clock)
            assert work.notification_preferences.of([reader.id])[reader.id] == replace(before, digest="never")

    def test_counts_while_a_run_is_at_work(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between the page that names them and the mail."""
        reader = town.join()
        town.tell(reader)
        newest = town.inbox.newest

        def meanwhile(user_id: UUID, **more: Any) -> list[Notification]:
            with town.platform.unit_of_work() as work:
                wanted = NotificationPreferences(digest="never")
                work.notification_preferences.replace(user_id, wanted, town.clock.now())
            return newest(user_id, **more)

        monkeypatch.setattr(town.inbox, "newest", meanwhile)
        assert town.run()["written"] == 0
        assert town.written() == []

    def test_a_link_nobody_was_written_is_unknown(self, town: Town) -> None:
        with town.platform.unit_of_work() as work, pytest.raises(NotFound):
            unsubscribe(work, "x", town.clock)


class TestByHand:
    @pytest.fixture(autouse=True)
    def _of_the_town(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handler, "platform", lambda: town.platform)

    def ask(self, user_id: UUID) -> dict[str, object]:
        return handler.run({"job": "send_digests", "user_id": str(user_id), "now": True}, ample)

    def test_one_person_gets_theirs_at_any_hour(self, town: Town) -> None:
        reader = town.join(digest="weekly")
        town.at(MORNING + timedelta(days=2, hours=7))
        town.tell(reader)

        for number in (1, 2):
            assert self.ask(reader.id) == {"done": True, "unread": 1, "rhythm": "weekly", "written": 1}
            assert town.written_to() == [reader.id] * number
            town.clock.advance(timedelta(seconds=1))

    def test_who_wants_none_gets_none(self, town: Town) -> None:
        reader = town.join(digest="never")
        town.tell(reader)

        assert self.ask(reader.id)["written"] == 0
        assert town.written() == []

    def test_nobody_is_no_person(self, town: Town) -> None:
        with pytest.raises(NotFound):
            self.ask(ids.new_id())
