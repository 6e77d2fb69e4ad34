"""The page that a guest's link opens, and what its forms do."""

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode
from uuid import UUID

import pytest

from mundotango.registrations import deciding
from mundotango.registrations.model import State
from tests.factories.guests import EMAIL, FORM, Ball, make_ball
from tests.fixtures.gateway import Answer, Gateway

HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> {title} {0.__class__} & Co"


@pytest.fixture
def ball(gateway: Gateway) -> Ball:
    return make_ball(gateway)


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def buttons(answer: Answer) -> list[str | None]:
    return [button["value"] for button in Elements(answer.text).named("button")]


def states(ball: Ball) -> list[State]:
    return [entry.state for entry in ball.entries()]


def decide(ball: Ball, act: Callable[..., object], position: int = 0) -> None:
    with ball.platform.unit_of_work() as work:
        registration_id = ball.entries()[position].id
        act(work, registration_id=registration_id, editor_id=ball.organiser_id, clock=ball.clock)


class TestThePage:
    def test_shows_what_when_and_where_and_changes_nothing(self, ball: Ball) -> None:
        link = ball.link()
        for _ in range(2):
            page = ball.gateway.get(link)

        assert page.status == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for said in (
            "La Viruta", "jueves 3 de diciembre de 2026, 17:00 (UTC-03:00)", "Armenia 1366, Buenos Aires",
            "Thursday, 3 December 2026, 17:00 (UTC-03:00)", "Inscribirme", "Register",
        ):  # fmt: skip
            assert said in page.text
        assert ball.entries() == []
        assert ball.gateway.call("HEAD", link).status == 200

    @pytest.mark.parametrize("of", ["link", "nobody", "registered", "refused", "forgotten"])
    def test_loads_nothing_is_kept_by_nobody_and_tells_no_other_site(self, ball: Ball, of: str) -> None:
        ball.choose("¿De dónde vienes?")
        link = ball.link()
        answers: dict[str, Callable[[], Answer]] = {
            "link": lambda: ball.gateway.get(link),
            "nobody": lambda: ball.gateway.get("/api/link/x/registration"),
            "registered": lambda: ball.send(link, "register", name="Ana", role="leader", answer="Rosario"),
            "refused": lambda: ball.send(link, "register"),
            "forgotten": lambda: ball.send(link, "forget"),
        }
        answer = answers[of]()

        assert answer.headers["cache-control"] == "no-store"
        if of == "registered":
            answer = ball.gateway.get(answer.headers["location"])
        policy = answer.headers["content-security-policy"]
        for directive in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert directive in policy
        assert "script" not in policy
        assert (answer.headers["referrer-policy"], answer.headers["x-robots-tag"]) == ("no-referrer", "noindex")
        elements = Elements(answer.text)
        assert elements.named("script", "img", "link", "iframe", "a", "base") == []
        assert not any("src" in attributes or "href" in attributes for _, attributes in elements.found)
        # To itself: the address is the capability, and no other form has it.
        assert all("action" not in form and form["method"] == "post" for form in elements.named("form"))
        assert elements.named("html")[0]["lang"] == "es"
        assert any(meta.get("name") == "viewport" for meta in elements.named("meta"))

    def test_each_field_has_a_label(self, ball: Ball) -> None:
        ball.choose("¿De dónde vienes?", "Do you need a bed?")
        elements = Elements(ball.gateway.get(ball.link()).text)

        labelled = {label["for"] for label in elements.named("label") if "for" in label}
        wrapped = [field for field in elements.named("input") if field["type"] == "radio"]
        fields = [field for field in elements.named("input", "textarea") if field not in wrapped]
        assert {field["id"] for field in fields} == labelled == {"name", "answer0", "answer1"}
        assert len(wrapped) == len([label for label in elements.named("label") if "for" not in label]) == 3

    def test_what_people_wrote_is_text(self, gateway: Gateway) -> None:
        ball = make_ball(gateway, title=HOSTILE, venue_name=HOSTILE, address=HOSTILE)
        ball.choose(HOSTILE)
        link = ball.link()
        asking = ball.gateway.get(link)
        again = ball.send(link, "register", name=HOSTILE, answer=HOSTILE + "x" * 1000, role="leader")
        assert ball.send(link, "register", name=HOSTILE[:80], answer=HOSTILE, role="leader").status == 303
        for answer in (asking, again, ball.gateway.get(link)):
            elements = Elements(answer.text)
            assert elements.named("script", "img") == []
            assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
            assert "<script>" not in answer.text
            assert "{title} {0.__class__} &amp; Co" in answer.text
        assert again.status == 422
        # What was filled in is filled in again, as it was.
        assert any(field.get("value") == HOSTILE for field in Elements(again.text).named("input"))

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..", "é", "q3vR8sT1uW5xY9zA2bC6dE0fG4hJ7kL1mN5pQ8rS"])
    def test_a_link_nobody_was_mailed_is_not_found(self, ball: Ball, method: str, token: str) -> None:
        ball.registered()
        answer = ball.gateway.call(method, f"/api/link/{token}/registration", headers=FORM, body="act=forget")

        assert answer.status == 404
        assert "no existe" in answer.text
        assert states(ball) == ["accepted"]

    def test_a_link_of_another_kind_opens_nothing_here(self, ball: Ball) -> None:
        link = ball.registered()
        for act in ("export", "unsubscribe"):
            assert ball.gateway.get(link.replace("registration", act)).status == 404

    def test_a_link_ends_a_week_after_it_was_asked_for_unless_they_registered(self, ball: Ball) -> None:
        asked, registered = ball.link(), ball.registered("b@example.org")
        ball.clock.advance(timedelta(days=7))

        assert [ball.gateway.get(link).status for link in (asked, registered)] == [404, 200]
        assert ball.send(asked, "register", name="Ana", role="leader").status == 404
        # Ten days ahead, four hours long, and 30 days.
        ball.clock.advance(timedelta(days=33, hours=3, minutes=59))
        assert ball.gateway.get(registered).status == 200
        ball.clock.advance(timedelta(minutes=1))
        assert ball.gateway.get(registered).status == ball.send(registered, "forget").status == 404


class TestRegistering:
    def test_is_done_by_the_form_alone(self, ball: Ball) -> None:
        ball.choose("¿De dónde vienes?")
        link = ball.link()
        answer = ball.send(link, "register", name=" Ana  Ruiz ", role="both", answer="Rosario")

        assert (answer.status, answer.headers["location"], answer.text) == (303, link, "")
        (entry,) = ball.entries()
        assert (entry.state, entry.answers, entry.party[0].role) == ("accepted", ("Rosario",), "both")
        # Other dancers are not shown them.
        assert entry.guests == entry.hidden == entry.people
        with ball.platform.unit_of_work() as work:
            (guest,) = work.guests.find_many(entry.guests).values()
        assert (guest.name, guest.confirmed_at) == ("Ana Ruiz", ball.clock.now())
        assert ball.mails() == []
        page = ball.gateway.get(link)
        assert buttons(page) == ["give_up", "forget"]

    def test_who_has_a_place_finds_the_code_that_lets_them_in(self, ball: Ball) -> None:
        link = ball.registered()
        code = ball.gateway.get(link).text.partition("<code>")[2].partition("</code>")[0]
        path = f"/api/occurrences/{ball.occurrence_id}/check-ins"
        assert ball.gateway.post(path, user=ball.organiser_id, json={"code": code}).status == 200

        assert states(ball) == ["attended"]
        page = ball.gateway.get(link).text
        assert "You are checked in." in page
        assert "<code>" not in page

    def test_the_organiser_is_shown_the_name_and_no_address(self, ball: Ball) -> None:
        ball.registered(name="Ana Ruiz")
        for what in ("registrations", "registrations.csv"):
            answer = ball.gateway.get(f"/api/occurrences/{ball.occurrence_id}/{what}", user=ball.organiser_id)
            assert answer.status == 200
            assert "Ana Ruiz" in answer.text
            assert EMAIL not in answer.text

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "name must not be empty"),
            ({"name": "Ana"}, "role must be leader, follower or both"),
            ({"name": "Ana", "role": "dj"}, "role must be leader, follower or both"),
            ({"name": "a" * 81, "role": "leader"}, "name must be at most 80 characters"),
            ({"name": "Ana", "role": "leader"}, "answers must be 1, one to each question"),
            ({"name": "Ana", "role": "leader", "answer": ["a", "b"]}, "answers must be 1, one to each question"),
            ({"name": "Ana", "role": "leader", "answer": " "}, "answers.0 must not be empty"),
        ],
    )
    def test_what_is_missing_is_said_in_both_languages_and_nothing_happens(
        self, ball: Ball, fields: dict[str, str], said: str
    ) -> None:
        ball.choose("¿De dónde vienes?")
        link = ball.link()
        answer = ball.send(link, "register", **fields)

        assert answer.status == 422
        assert 'role="alert"' in answer.text
        assert f'<p lang="en">{said}</p>' in answer.text
        assert ball.entries() == []
        with ball.platform.unit_of_work() as work:
            assert work.guests.find_known(ball.occurrence_id, EMAIL) is None

    @pytest.mark.parametrize("act", ["", "admit", "register\x00"])
    def test_nothing_else_can_be_done(self, ball: Ball, act: str) -> None:
        assert ball.send(ball.link(), act, name="Ana", role="leader").status == 422
        assert ball.entries() == []

    @pytest.mark.parametrize(
        ("headers", "body", "status"),
        [
            (FORM, "act=register&name=%FF&role=leader", 400),
            (FORM, "act=register&name=é&role=leader", 400),
            (FORM, "&".join(["answer=a"] * 41), 400),
            (FORM, "act=register&name=" + "a" * 200_000, 400),
            (FORM, "", 422),
            ({"content-type": "application/json"}, '{"act": "register", "name": "Ana", "role": "leader"}', 415),
            ({"content-type": "text/plain"}, "act=register&name=Ana&role=leader", 415),
            ({"content-type": "multipart/form-data; boundary=x"}, "--x--", 415),
        ],
        ids=["no UTF-8", "not encoded", "many fields", "long", "empty", "JSON", "text", "multipart"],
    )
    def test_what_is_no_form_is_refused(self, ball: Ball, headers: dict[str, str], body: str, status: int) -> None:
        link = ball.link()
        assert ball.gateway.post(link, headers=headers, body=body).status == status
        assert ball.entries() == []

    def test_twice_is_refused(self, ball: Ball) -> None:
        link = ball.registered()
        answer = ball.send(link, "register", name="Ana", role="leader")

        assert answer.status == 409
        assert "you are registered already" in answer.text
        assert states(ball) == ["accepted"]

    def test_after_giving_up_one_may_again(self, ball: Ball) -> None:
        link = ball.registered()
        assert ball.send(link, "give_up").status == 303
        assert buttons(ball.gateway.get(link)) == ["register", "forget"]
        assert ball.send(link, "register", name="Ana", role="leader").status == 303
        assert states(ball) == ["cancelled", "accepted"]

    def test_who_was_refused_is_not_asked_again(self, ball: Ball) -> None:
        ball.choose(approval=True)
        link = ball.registered()
        decide(ball, deciding.refuse)

        assert buttons(ball.gateway.get(link)) == ["forget"]
        assert ball.send(link, "register", name="Ana", role="leader").status == 409

    def test_closed(self, ball: Ball) -> None:
        link = ball.link()
        ball.choose(closes_before=timedelta(days=10))
        assert ball.send(link, "register", name="Ana", role="leader").status == 409
        assert ball.entries() == []

    @pytest.mark.parametrize("status", ["cancelled", "postponed"])
    def test_called_off(self, ball: Ball, status: str) -> None:
        link = ball.link()
        with ball.platform.database.transaction() as connection:
            connection.execute("UPDATE occurrences SET status = %s", (status,))

        page = ball.gateway.get(link)
        assert f"The event is {status}." in page.text
        assert buttons(page) == ["forget"]
        assert ball.send(link, "register", name="Ana", role="leader").status == 409

    def test_no_registrations_any_more(self, ball: Ball) -> None:
        link = ball.link()
        with ball.platform.database.transaction() as connection:
            connection.execute("DELETE FROM registration_settings")

        assert buttons(ball.gateway.get(link)) == ["forget"]
        answer = ball.send(link, "register", name="Ana", role="leader")
        assert answer.status == 404
        assert "this event takes no registrations" in answer.text


class TestAfterwards:
    def test_who_waits_is_offered_a_place_and_accepts_it(self, ball: Ball) -> None:
        ball.choose(capacity=1)
        first, second = ball.registered("a@example.org"), ball.registered("b@example.org")
        assert "waiting list" in ball.gateway.get(second).text
        ball.send(first, "give_up")

        page = ball.gateway.get(second)
        assert "It is held until Tuesday, 24 November 2026, 17:00 (UTC-03:00)." in page.text
        assert buttons(page) == ["accept", "decline", "forget"]
        assert ball.send(second, "accept").status == 303
        assert states(ball) == ["cancelled", "accepted"]

    def test_who_declines_leaves_it_to_the_next(self, ball: Ball) -> None:
        ball.choose(capacity=1)
        links = [ball.registered(f"{name}@example.org") for name in "abc"]
        ball.send(links[0], "give_up")
        assert ball.send(links[1], "decline").status == 303
        assert states(ball) == ["cancelled", "declined", "offered"]

    def test_approval(self, ball: Ball) -> None:
        ball.choose(approval=True)
        link = ball.registered()
        page = ball.gateway.get(link)
        assert "have yet to approve" in page.text
        assert buttons(page) == ["give_up", "forget"]
        decide(ball, deciding.approve)
        assert "You have a place." in ball.gateway.get(link).text

    @pytest.mark.parametrize(("act", "said"), [("accept", "no place is offered"), ("decline", "no place is offered")])
    def test_what_is_not_offered(self, ball: Ball, act: str, said: str) -> None:
        link = ball.registered()
        answer = ball.send(link, act)
        assert answer.status == 409
        assert said in answer.text

    @pytest.mark.parametrize("act", ["accept", "decline", "give_up"])
    def test_before_anything(self, ball: Ball, act: str) -> None:
        assert ball.send(ball.link(), act).status == 409

    def test_too_late_to_give_back(self, ball: Ball) -> None:
        ball.choose(given_back_before=timedelta(days=10))
        link = ball.registered()
        answer = ball.send(link, "give_up")
        assert answer.status == 409
        assert "too late to give this place back" in answer.text
        assert states(ball) == ["accepted"]


class TestForgetting:
    def test_cancels_and_leaves_nothing(self, ball: Ball) -> None:
        ball.choose("¿De dónde vienes?", capacity=1, given_back_before=timedelta(days=10))
        link = ball.registered("a@example.org", answer="Rosario")
        waiting = ball.registered("b@example.org", answer="Tigre")
        ball.mails()
        answer = ball.send(link, "forget")

        assert answer.status == 200
        assert "your data is deleted" in answer.text
        assert ball.gateway.get(link).status == 404
        # Too late to give it back, but whoever is next has it, and is told so; and nobody writes to who is forgotten.
        assert states(ball) == ["offered"]
        assert [(mail.address, mail.values["news"]) for mail in ball.mails()] == [("b@example.org", "offered")]
        assert ball.gateway.get(waiting).status == 200
        with ball.platform.database.transaction() as connection:
            for table in ("guests", "guest_links", "registrations", "registration_dancers", "outbox"):
                kept = str(connection.execute(f"SELECT {table}::text FROM {table}").fetchall())
                assert "a@example.org" not in kept
                assert "Rosario" not in kept

    def test_before_registering(self, ball: Ball) -> None:
        link = ball.link()
        assert ball.send(link, "forget").status == 200
        assert (ball.rows("guests"), ball.rows("guest_links")) == (0, 0)

    def test_who_has_arrived_stays_counted(self, ball: Ball) -> None:
        link = ball.registered()
        decide(ball, deciding.check_in)
        assert ball.send(link, "forget").status == 200

        assert (ball.entries(), ball.rows("guests")) == ([], 0)
        with ball.platform.database.transaction() as connection:
            assert connection.execute("SELECT taken_followers FROM occurrences").fetchall() == [(1,)]

    def test_who_was_forgotten_can_come_back(self, ball: Ball) -> None:
        ball.send(ball.registered(), "forget")
        ball.registered()
        assert states(ball) == ["accepted"]


def test_a_guest_reaches_nobody_elses_registration(ball: Ball) -> None:
    ball.registered("a@example.org")
    other = ball.link("b@example.org")

    assert ball.send(other, "give_up").status == 409
    assert ball.send(other, "forget").status == 200
    assert states(ball) == ["accepted"]


def test_no_cookie_and_no_token_is_asked_for(ball: Ball) -> None:
    """Another site's form has nothing to send along, as it does not know the address."""
    link = ball.registered()
    stranger = UUID(int=1)
    answer = ball.gateway.post(
        link, user=stranger, body=urlencode({"act": "give_up"}), headers=FORM | {"origin": "https://evil.example"}
    )
    assert answer.status == 303
    assert "set-cookie" not in answer.headers
