"""Links for whoever registers without an account: who is written to, and how often."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from mundotango import ids, settings
from mundotango.errors import Unavailable
from mundotango.events.model import Dated
from mundotango.events.repository import EventRepository
from mundotango.limits.policy import GUEST_ACTS, GUEST_MAIL, GUESTS_OF_ONE, GUESTS_OF_VIEWER
from mundotango.links import token_hash
from mundotango.mail.rendering import render
from tests.factories.guests import EMAIL, Ball, make_ball
from tests.fixtures.gateway import Gateway, Log

SECRET = "of the edge"


@pytest.fixture
def ball(gateway: Gateway) -> Ball:
    return make_ball(gateway)


def test_whoever_asks_is_mailed_a_link_of_which_only_the_hash_is_kept(ball: Ball) -> None:
    answer = ball.ask()

    assert (answer.status, answer.text, answer.headers["cache-control"]) == (202, "", "no-store")
    (mail,) = ball.mails()
    assert (mail.address, mail.user_id, mail.language) == (EMAIL, None, "es")
    token = mail.values["link"].split("/")[3]
    with ball.platform.database.transaction() as connection:
        assert connection.execute("SELECT token_hash FROM guest_links").fetchall() == [(token_hash(token),)]
        outbox = str(connection.execute("SELECT payload FROM outbox").fetchall())
    assert token not in outbox
    assert EMAIL not in outbox
    assert ball.entries() == []


def test_the_mail_says_what_for_in_the_language_chosen_and_nothing_that_the_asker_wrote(ball: Ball) -> None:
    ball.ask(language="en", name="Win money at http://spam.example")

    (mail,) = ball.mails()
    said = render(mail, "https://mundotango.example")
    assert said.subject == "Your registration: La Viruta"
    assert "When: Thursday, 3 December 2026, 17:00 (UTC-03:00)" in said.text
    assert f"https://mundotango.example{mail.values['link']}" in said.text
    assert "spam.example" not in said.subject + said.text + said.html


def test_who_is_known_and_who_is_not_are_answered_alike(ball: Ball) -> None:
    ball.registered("known@example.org")

    known, unknown = ball.ask("known@example.org"), ball.ask("unknown@example.org")
    for answer in (known, unknown):
        answer.headers.pop("apigw-requestid", None)
    assert known == unknown
    assert len(ball.mails()) == 2


def test_the_same_address_again_is_the_same_guest_and_both_links_work(ball: Ball) -> None:
    first = ball.registered(EMAIL, name="Ana")
    second = ball.link()

    assert first != second
    assert (ball.rows("guests"), ball.rows("guest_links"), len(ball.entries())) == (1, 2, 1)
    for link in (first, second):
        assert "Tienes un lugar." in ball.gateway.get(link).text
    assert ball.send(second, "register", name="Ana", role="leader").status == 409
    assert len(ball.entries()) == 1


def test_an_address_in_capitals_is_the_same(ball: Ball) -> None:
    ball.registered()
    ball.ask("ANA@Example.ORG")

    assert [mail.address for mail in ball.mails()] == [EMAIL]
    assert ball.rows("guests") == 1


def test_nobody_else_renames_who_is_registered(ball: Ball) -> None:
    link = ball.registered(name="Ana")
    ball.ask(name="Somebody else", language="en")

    assert ball.mails()[0].language == "es"
    with ball.platform.unit_of_work() as work:
        guest = work.guests.find_by_link(token_hash(link.split("/")[3]))
    assert guest is not None
    assert (guest.name, guest.language) == ("Ana", "es")


@pytest.mark.parametrize(
    "email",
    [
        "", "ana", "ana@", "@example.org", "ana@example", "ana@localhost", "ana@exa mple.org", "ana@a.org,b@x.org",
        "ana@example.org\r\nBcc: b@example.org", "ana\n@example.org", "ana@example.org\n", "Ana <ana@example.org>",
        '"a b"@example.org', "ana@[127.0.0.1]", "añá@example.org", "ana@example.org\x00", "a" * 65 + "@example.org",
        "ana@" + "a" * 250 + ".org", "ana@-example.org", "a..b@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(ball: Ball, email: str) -> None:
    answer = ball.ask(email)

    assert (answer.status, answer.problem, answer.refused_fields) == (422, "invalid", {"email"})
    assert ball.mails() == []
    assert ball.rows("guests") == 0


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"language": "tlh"}, "language"),
        ({"occurrence_id": "x"}, "occurrence_id"),
        ({"cc": "b@example.org"}, "cc"),
    ],
)
def test_whatever_else_is_wrong_is_named(ball: Ball, said: dict[str, str], field: str) -> None:
    answer = ball.ask(**said)

    assert (answer.status, answer.refused_fields) == (422, {field})
    assert ball.mails() == []


class TestWhatTakesNoGuests:
    def test_no_such_time_of_an_event(self, ball: Ball) -> None:
        answer = ball.ask(occurrence_id=str(ids.new_id()))
        assert (answer.status, answer.problem) == (404, "not-found")

    def test_an_event_without_registration(self, ball: Ball) -> None:
        with ball.platform.database.transaction() as connection:
            connection.execute("DELETE FROM registration_settings")
        answer = ball.ask()
        assert (answer.status, answer.json()["detail"]) == (404, "this event takes no registrations")

    @pytest.mark.parametrize(("status", "answered"), [("draft", 404), ("cancelled", 409), ("postponed", 202)])
    def test_what_is_not_announced_or_off(self, ball: Ball, status: str, answered: int) -> None:
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = %s", (status,))
        assert ball.ask().status == answered

    def test_what_is_over(self, ball: Ball) -> None:
        ball.clock.advance(timedelta(days=10, hours=4))
        assert ball.ask().status == 409

    def test_what_has_not_opened(self, ball: Ball) -> None:
        ball.choose(opens_before=timedelta(days=9))
        assert ball.ask().status == 409

    def test_after_it_closed_only_who_is_registered_is_written_to(self, ball: Ball) -> None:
        ball.registered("known@example.org")
        ball.choose(closes_before=timedelta(days=1))
        ball.clock.advance(timedelta(days=9, hours=1))

        assert [ball.ask(email).status for email in ("known@example.org", "unknown@example.org")] == [202, 202]
        assert [mail.address for mail in ball.mails()] == ["known@example.org"]

    def test_a_platform_that_sends_no_mail(self, ball: Ball) -> None:
        ball.platform.sender = settings.Sender("")
        answer = ball.ask()
        assert (answer.status, answer.problem) == (409, "conflict")
        assert ball.rows("guests") == 0


class TestTooOften:
    def test_nobody_is_buried_in_mails_whoever_asks(self, ball: Ball) -> None:
        """And whoever asks does not learn that it was enough."""
        spellings = [EMAIL, "a.n.a@example.org", "ana+tango@example.org", "ANA@example.org"]
        for number in range(GUEST_MAIL.quota + 5):
            ball.viewer = f"203.0.113.{number}"
            assert ball.ask(spellings[number % 4]).status == 202

        assert len(ball.mails()) == GUEST_MAIL.quota

    def test_one_viewer_asks_for_so_many(self, ball: Ball) -> None:
        answers = [ball.ask(f"a{number}@example.org") for number in range(GUESTS_OF_VIEWER.quota + 1)]

        assert [answer.status for answer in answers] == [202] * GUESTS_OF_VIEWER.quota + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        ball.viewer = "203.0.113.8"
        assert ball.ask().status == 202

    def test_a_household_is_one_viewer(self, ball: Ball) -> None:
        for number in range(GUESTS_OF_VIEWER.quota):
            ball.viewer = f"2001:db8:0:1::{number:x}"
            assert ball.ask(f"a{number}@example.org").status == 202
        ball.viewer = "2001:db8:0:1:ffff::1"
        assert ball.ask().status == 429

    def test_for_one_time_of_an_event(self, ball: Ball, monkeypatch: pytest.MonkeyPatch) -> None:
        increment = ball.platform.cache.increment

        def crowded(key: str, seconds: int) -> int | None:
            counted = increment(key, seconds)
            return GUESTS_OF_ONE.quota + 1 if GUESTS_OF_ONE.name in key else counted

        monkeypatch.setattr(ball.platform.cache, "increment", crowded)
        assert ball.ask().status == 429
        assert ball.mails() == []

    def test_what_cannot_be_counted_is_not_mailed(self, ball: Ball, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object) -> int:
            raise Unavailable("away")

        monkeypatch.setattr(ball.platform.cache, "increment", lambda *_: None)
        monkeypatch.setattr(ball.platform.rates, "increment", away)
        assert ball.ask().status == 503
        assert ball.mails() == []

    @pytest.mark.parametrize(
        ("proof", "forwarded", "counted"),
        [
            (SECRET, "203.0.113.{}, 192.0.2.1", 1),  # as the gateway hands on what the edge handed on
            (SECRET, "203.0.113.{}", 1),
            (SECRET, "{}.1.1.1, 203.0.113.9", 20),  # what the viewer made up in front of it
            ("guessed", "203.0.113.{}, 192.0.2.1", 20),
            ("", "203.0.113.{}", 20),
        ],
    )
    def test_who_asks_is_who_the_edge_says_it_is(self, ball: Ball, proof: str, forwarded: str, counted: int) -> None:
        ball.platform.site = settings.Site("", sha256(SECRET.encode()).hexdigest())
        said = {"occurrence_id": str(ball.occurrence_id), "name": "Ana"}
        answers = [
            ball.gateway.post(
                "/api/public/guests",
                json=said | {"email": f"a{number}@example.org"},
                headers={"x-forwarded-for": forwarded.format(number), "x-origin-secret": proof},
                source="192.0.2.1",
            ).status
            for number in range(GUESTS_OF_VIEWER.quota + 1)
        ]
        assert answers[-1] == (202 if counted == 1 else 429)


def test_one_link_acts_so_often_and_no_more(ball: Ball) -> None:
    """Each takes what it is for from all others who register, for as long as it lasts."""
    link, other = ball.registered("a@example.org"), ball.registered("b@example.org")

    answers = [ball.send(link, "accept") for _ in range(GUEST_ACTS.quota)]

    assert [answer.status for answer in answers] == [409] * (GUEST_ACTS.quota - 1) + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert ball.gateway.get(link).status == 200
    assert ball.send(other, "give_up").status == 303


def test_neither_address_nor_link_is_in_a_log_or_a_key_of_the_cache(ball: Ball, log: Log) -> None:
    link = ball.registered()
    ball.gateway.get(link)
    ball.gateway.get(f"{link}/nothing")

    said = log.text()
    assert link.split("/")[3] not in said
    assert EMAIL not in said
    assert "Ana" not in said


def test_an_evening_that_its_series_loses_while_somebody_asks_is_not_there(
    ball: Ball, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_at = EventRepository.find_at

    def found_before(events: EventRepository, occurrence_id: UUID) -> Dated | None:
        dated = find_at(events, occurrence_id)
        events._connection.execute("DELETE FROM occurrences WHERE id = %s", (occurrence_id,))
        return dated

    monkeypatch.setattr(EventRepository, "find_at", found_before)

    assert (ball.ask().status, ball.mails()) == (404, [])
