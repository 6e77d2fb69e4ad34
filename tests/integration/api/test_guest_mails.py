"""What guests are mailed of what others and time did, and when they are forgotten."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from functions.jobs import handler as jobs
from mundotango.guests import sweeping
from mundotango.guests.model import News
from mundotango.guests.policy import KEPT_AFTER
from mundotango.guests.telling import note_changes, note_move, tell_guests
from mundotango.mail.rendering import render
from mundotango.registrations import deciding, expiring
from tests.factories.guests import Ball, make_ball
from tests.fixtures.gateway import Gateway

SITE = "https://mundotango.example"


@pytest.fixture
def ball(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Ball:
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    return make_ball(gateway)


def news(ball: Ball) -> list[tuple[str, str]]:
    return [(mail.address.partition("@")[0], mail.values["news"]) for mail in ball.mails()]


def decide(ball: Ball, act: Callable[..., object], position: int = 0) -> None:
    registration_id = ball.entries()[position].id
    with ball.platform.unit_of_work() as work:
        act(work, registration_id=registration_id, editor_id=ball.organiser_id, clock=ball.clock)


def sweep(ball: Ball) -> dict[str, object]:
    outcome = jobs.run({"job": "sweep_guests"}, lambda: 60.0)
    assert outcome.pop("done")
    return outcome


class TestWhatHappens:
    def test_what_they_do_themselves_is_not_mailed(self, ball: Ball) -> None:
        link = ball.registered()
        for act in ("give_up", "forget"):
            ball.send(link, act)
        assert news(ball) == []

    def test_an_offer_says_until_when_and_links_to_the_page(self, ball: Ball) -> None:
        ball.choose(capacity=1)
        first = ball.registered("a@example.org")
        ball.registered("b@example.org")
        ball.send(first, "give_up")

        (mail,) = ball.mails()
        said = render(mail, SITE)
        assert said.subject == "Hay un lugar para ti: La Viruta"
        assert "hasta el martes 24 de noviembre de 2026, 17:00 (UTC-03:00)" in said.text
        assert SITE + mail.values["link"] in said.text
        # The link of this mail too is theirs.
        assert ball.send(mail.values["link"], "accept").status == 303
        assert news(ball) == []

    def test_what_the_organiser_decides(self, ball: Ball) -> None:
        ball.choose(approval=True, capacity=1)
        for name in "abc":
            ball.registered(f"{name}@example.org")
        decide(ball, deciding.approve, 0)
        decide(ball, deciding.approve, 1)
        decide(ball, deciding.refuse, 2)
        assert news(ball) == [("a", "accepted"), ("b", "waiting"), ("c", "refused")]

        decide(ball, deciding.cancel, 0)
        assert sorted(news(ball)) == [("a", "cancelled"), ("b", "offered")]

    def test_an_offer_that_lapses(self, ball: Ball) -> None:
        ball.choose(capacity=1)
        links = [ball.registered(f"{name}@example.org") for name in "abc"]
        ball.send(links[0], "give_up")
        ball.mails()
        ball.clock.advance(timedelta(days=1))

        assert expiring.lapse_offers(ball.platform, lambda: 60.0)["lapsed"] == 1
        assert sorted(news(ball)) == [("b", "expired"), ("c", "offered")]

    def test_an_offer_that_lapses_while_it_is_called_off(self, ball: Ball) -> None:
        ball.choose(capacity=1)
        links = [ball.registered(f"{name}@example.org") for name in "abc"]
        ball.send(links[0], "give_up")
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = 'cancelled'")
        ball.mails()
        ball.clock.advance(timedelta(days=1))

        assert expiring.lapse_offers(ball.platform, lambda: 60.0)["lapsed"] == 1
        assert news(ball) == []

    def test_to_be_checked_in_is_no_news(self, ball: Ball) -> None:
        ball.registered()
        decide(ball, deciding.check_in)
        assert news(ball) == []

    def test_the_same_news_is_the_one_mail(self, ball: Ball) -> None:
        """Whoever announces it again, as after a retry, writes the command of the one mail."""
        ball.choose(approval=True)
        ball.registered()
        decide(ball, deciding.approve)
        (command,) = [
            one
            for one in ball.commands.rows.values()
            if one.kind == "send_mail" and one.payload["values"]["news"] == "accepted"
        ]
        with ball.platform.unit_of_work() as work:
            door = work.registrations.hold(ball.occurrence_id)
            assert door is not None
            tell_guests(work, door, ball.entries(), ball.organiser_id, ball.clock)
        again = [
            one
            for one in ball.commands.rows.values()
            if one.kind == "send_mail" and one.payload["values"]["news"] == "accepted"
        ]
        assert [one.key for one in again] == [command.key]

    @pytest.mark.parametrize(
        ("status", "changes", "told"),
        [
            ("published", {"time"}, "changed"),
            ("published", {"place"}, "changed"),
            ("published", {"status"}, "changed"),
            ("cancelled", {"status", "time"}, "called_off"),
            ("postponed", {"status"}, "postponed"),
        ],
    )
    def test_the_event_changes(self, ball: Ball, status: str, changes: set[str], told: str) -> None:
        ball.registered("a@example.org")
        ball.send(ball.registered("b@example.org"), "give_up")
        ball.link("c@example.org")
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = %s", (status,))
        with ball.platform.unit_of_work() as work:
            note_changes(work, {ball.occurrence_id: changes})  # type: ignore[dict-item]
        for number in (1, 0):
            assert sweep(ball)["told"] == number

        assert news(ball) == [("a", told)]

    def test_an_organisers_edit_reaches_them(self, ball: Ball) -> None:
        """Of the time, the place and the status; not of a text."""
        ball.registered()
        path, told = f"/api/events/{ball.event_id}", []
        starts_at = ball.clock.now() + timedelta(days=11)
        edits: list[dict[str, Any]] = [
            {"description": "Con orquesta"},
            {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=4)).isoformat()},
            {"status": "postponed"},
            {"status": "published"},
            {"status": "cancelled"},
        ]
        for version, edit in enumerate(edits, start=1):
            answer = ball.gateway.patch(
                path, user=ball.organiser_id, json=edit, headers={"if-match": f'"{version}"'}
            )  # fmt: skip
            assert answer.status == 200, answer.text
            sweep(ball)
            told.append([what for _, what in news(ball)])
        assert told == [[], ["changed"], ["postponed"], ["changed"], ["called_off"]]

    def test_a_venue_moves(self, ball: Ball) -> None:
        ball.registered()
        with ball.platform.unit_of_work() as work:
            dated = work.events.find_at(ball.occurrence_id)
            assert dated is not None
            note_move(work, dated.venue.id, ball.clock)
        sweep(ball)
        assert news(ball) == [("ana", "changed")]

    @pytest.mark.parametrize("language", ["es", "en"])
    def test_each_news_has_its_words(self, ball: Ball, language: str) -> None:
        ball.ask(language=language)
        (mail,) = ball.mails()
        for each in get_args(News):
            values = dict(mail.values) | {"news": each, "until": "mañana", "title": "<b>Ñandú</b> {until}"}
            said = render(replace(mail, values=values), SITE)
            assert said.subject.endswith("<b>Ñandú</b> {until}")
            assert "&lt;b&gt;Ñandú&lt;/b&gt; {until}" in said.html
            assert ("mañana" in said.text) == (each == "offered")


class TestReminders:
    def test_a_day_and_two_hours_ahead_once_each(self, ball: Ball) -> None:
        ball.registered("a@example.org")
        told = []
        for _ in range(10 * 24 + 1):
            sweep(ball)
            told += [(name, what, ball.clock.now()) for name, what in news(ball)]
            ball.clock.advance(timedelta(hours=1))

        begins = ball.clock.now() - timedelta(hours=1)
        assert told == [
            ("a", "day_ahead", begins - timedelta(hours=24)),
            ("a", "hours_ahead", begins - timedelta(hours=2)),
        ]

    def test_not_for_who_waits_gave_up_or_came_later(self, ball: Ball) -> None:
        ball.choose(capacity=1)
        ball.registered("a@example.org")
        ball.registered("b@example.org")
        ball.choose(capacity=3)
        ball.send(ball.registered("c@example.org"), "give_up")
        ball.mails()
        ball.clock.advance(timedelta(days=9, hours=12))
        ball.registered("d@example.org")
        sweep(ball)
        assert news(ball) == [("a", "day_ahead")]
        ball.clock.advance(timedelta(hours=11))
        sweep(ball)
        assert sorted(news(ball)) == [("a", "hours_ahead"), ("d", "hours_ahead")]

    @pytest.mark.parametrize("status", ["cancelled", "postponed"])
    def test_not_of_what_is_off(self, ball: Ball, status: str) -> None:
        ball.registered()
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = %s", (status,))
        ball.clock.advance(timedelta(days=9, hours=12))
        sweep(ball)
        assert news(ball) == []

    def test_a_run_that_was_long_away_writes_the_later_one_alone(self, ball: Ball) -> None:
        ball.registered()
        ball.clock.advance(timedelta(days=9, hours=23))
        for _ in range(2):
            sweep(ball)
        assert news(ball) == [("ana", "hours_ahead")]

    def test_anew_at_another_time(self, ball: Ball) -> None:
        ball.registered()
        ball.clock.advance(timedelta(days=9, hours=12))
        sweep(ball)
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET starts_at = starts_at + '5 days', ends_at = ends_at + '5 days'")
        with ball.platform.unit_of_work() as work:
            note_changes(work, {ball.occurrence_id: {"time"}})
        sweep(ball)
        ball.clock.advance(timedelta(days=5))
        sweep(ball)
        assert news(ball) == [("ana", "day_ahead"), ("ana", "changed"), ("ana", "day_ahead")]


class TestForgetting:
    def test_who_never_followed_the_link_after_a_week(self, ball: Ball) -> None:
        ball.link()
        ball.clock.advance(timedelta(days=7) - timedelta(seconds=1))
        assert sweep(ball) == {"told": 0, "reminded": 0, "forgotten": 0}
        ball.clock.advance(timedelta(seconds=1))
        assert sweep(ball) == {"told": 0, "reminded": 0, "forgotten": 1}
        assert (ball.rows("guests"), ball.rows("guest_links")) == (0, 0)

    def test_who_registered_a_month_after_it(self, ball: Ball) -> None:
        ball.choose("¿De dónde vienes?")
        ball.registered(answer="Rosario")
        ball.clock.advance(timedelta(days=10, hours=4) + KEPT_AFTER - timedelta(seconds=1))
        assert sweep(ball)["forgotten"] == 0
        ball.clock.advance(timedelta(seconds=1))
        assert sweep(ball)["forgotten"] == 1
        for table in ("guests", "guest_links", "registrations", "registration_dancers"):
            assert ball.rows(table) == 0

    def test_of_what_was_put_off_that_much_later(self, ball: Ball) -> None:
        ball.registered()
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET ends_at = ends_at + '60 days'")
        ball.clock.advance(timedelta(days=45))
        assert sweep(ball)["forgotten"] == 0
        ball.clock.advance(timedelta(days=54))
        assert sweep(ball)["forgotten"] == 0
        ball.clock.advance(timedelta(days=2))
        assert sweep(ball)["forgotten"] == 1

    def test_not_of_what_was_put_off_without_a_date_for_their_places_are_theirs(self, ball: Ball) -> None:
        ball.registered()
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = 'postponed'")
        ball.clock.advance(timedelta(days=60))
        assert sweep(ball)["forgotten"] == 0
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = 'cancelled'")

        ball.clock.advance(KEPT_AFTER)

        assert sweep(ball)["forgotten"] == 1
        assert ball.rows("guests") == 0

    def test_a_run_without_time_leaves_it_to_the_next(self, ball: Ball) -> None:
        ball.link()
        ball.clock.advance(timedelta(days=8))
        nothing = {"done": False, "told": 0, "reminded": 0, "forgotten": 0}
        assert jobs.run({"job": "sweep_guests"}, lambda: 0.0) == nothing
        assert sweep(ball)["forgotten"] == 1

    def test_page_by_page(self, ball: Ball, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sweeping, "PAGE", 2)
        for number in range(5):
            ball.registered(f"a{number}@example.org")
        with ball.platform.unit_of_work() as work:
            note_changes(work, {ball.occurrence_id: {"place"}})
        assert sweep(ball)["told"] == 5
        assert sorted(news(ball)) == [(f"a{number}", "changed") for number in range(5)]
        ball.clock.advance(timedelta(days=9, hours=1))
        assert sweep(ball)["reminded"] == 5
        assert sorted(news(ball)) == [(f"a{number}", "day_ahead") for number in range(5)]
        ball.clock.advance(timedelta(days=35))
        assert sweep(ball)["forgotten"] == 5

    def test_with_the_event(self, ball: Ball) -> None:
        ball.registered()
        with ball.platform.database.transaction() as connection:
            connection.execute("DELETE FROM events")
        assert (ball.rows("guests"), ball.rows("guest_links"), ball.rows("registrations")) == (0, 0, 0)
