"""What dancers do who register for one time of an event: alone, as a couple, early, late and again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Gateway
from tests.integration.api.registering import (
    Join,
    announce,
    ask,
    at,
    change,
    choose,
    listed,
    mine,
    of,
    offer,
    open_event,
    register,
)

DAY = 24 * 60  # in minutes


@pytest.fixture(autouse=True)
def clock(gateway: Gateway, clock: FakeClock) -> FakeClock:
    gateway.platform.clock = clock
    return clock


def follow(gateway: Gateway, follower: UUID, handle: str) -> None:
    assert gateway.put(f"/api/users/{handle}/follow", user=follower).status == 204


def test_who_comes_while_there_is_a_place_has_it(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=2, questions=["¿Dieta?"])

    answer = ask(gateway, event, carlos, "leader", answers=["  Ninguna "])

    assert answer.status == 201
    body = answer.json()
    assert answer.headers["location"] == of(body)
    assert body["state"] == "accepted"
    assert (body["offered_until"], body["ahead"]) == (None, None)
    assert body["answers"] == ["Ninguna"]
    (dancer,) = body["party"]
    assert (dancer["role"], dancer["name"], dancer["hidden"]) == ("leader", "Carlos", False)
    assert dancer["profile"]["handle"] == "carlos"
    occasion = body["occasion"]
    assert {occasion[name] for name in ("event_id", "occurrence_id")} == {event["id"], event["occurrence_id"]}
    assert (occasion["title"], occasion["starts_at"]) == ("Maratón del Sur", event["starts_at"])
    assert gateway.get(of(body), user=carlos).json() == body
    assert mine(gateway, event, carlos) == body


def test_who_waits_sees_how_many_are_ahead_and_is_offered_the_next_place(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = open_event(gateway, malena, capacity=1, offered_for_hours=24)
    first, second, third = (register(gateway, event, dancer) for dancer in (carlos, join("osvaldo"), malena))

    assert [each["state"] for each in (first, second, third)] == ["accepted", "waiting", "waiting"]
    assert [each["ahead"] for each in (first, second, third)] == [None, 0, 1]
    assert gateway.delete(of(first), user=carlos).status == 204

    (osvaldo,) = [UUID(second["party"][0]["profile"]["id"])]
    offered = mine(gateway, event, osvaldo)
    assert offered["state"] == "offered"
    assert offered["offered_until"] == (clock.now() + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert mine(gateway, event, malena)["ahead"] == 0
    answer = gateway.post(of(second, "/accept"), user=osvaldo)
    assert (answer.status, answer.json()["state"]) == (200, "accepted")
    assert gateway.post(of(second, "/accept"), user=osvaldo).problem == "conflict"


def test_a_place_that_is_declined_is_the_next_ones(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    osvaldo = join("osvaldo")
    event = open_event(gateway, malena, capacity=1)
    first, second, _ = (register(gateway, event, dancer) for dancer in (carlos, osvaldo, malena))
    assert gateway.post(of(second, "/decline"), user=osvaldo).status == 409
    gateway.delete(of(first), user=carlos)

    declined = gateway.post(of(second, "/decline"), user=osvaldo)

    assert (declined.status, declined.json()["state"]) == (200, "declined")
    assert mine(gateway, event, malena)["state"] == "offered"
    assert register(gateway, event, osvaldo)["state"] == "waiting"


def test_an_offer_lapses_when_its_time_is_over(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=1, offered_for_hours=1)
    first, second = register(gateway, event, carlos), register(gateway, event, malena)
    gateway.delete(of(first), user=carlos)
    clock.advance(timedelta(hours=1))

    assert gateway.post(of(second, "/accept"), user=malena).problem == "conflict"


def test_a_couple_stands_or_falls_together(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    osvaldo = join("osvaldo")
    follow(gateway, osvaldo, "carlos")
    event = open_event(gateway, malena, capacity=2)
    couple = {"partner_id": str(osvaldo), "partner_role": "follower"}

    body = register(gateway, event, carlos, "leader", hidden=True, **couple)

    assert [(each["name"], each["role"], each["hidden"]) for each in body["party"]] == [
        ("Carlos", "leader", True),
        ("Osvaldo", "follower", False),
    ]
    assert mine(gateway, event, osvaldo) == body
    assert gateway.get("/api/registrations", user=osvaldo).json()["items"] == [body]
    assert offer(gateway, event)["going"] == 2
    assert ask(gateway, event, osvaldo).problem == "conflict"
    assert gateway.delete(of(body), user=osvaldo).status == 204
    assert mine(gateway, event, carlos)["state"] == "cancelled"


def test_of_a_couple_neither_is_shown_the_other_where_one_blocked_the_other(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join, apart: Callable[[UUID, UUID], None]
) -> None:
    osvaldo = join("osvaldo")
    follow(gateway, osvaldo, "carlos")
    event = open_event(gateway, malena)
    register(gateway, event, carlos, "leader", partner_id=str(osvaldo), partner_role="follower")
    apart(osvaldo, carlos)

    party = mine(gateway, event, carlos)["party"]

    assert [(each["name"], each["profile"] and each["profile"]["handle"]) for each in party] == [
        ("Carlos", "carlos"),
        ("", None),
    ]
    assert str(osvaldo) not in gateway.get(at(event, "/registrations/me"), user=carlos).text


@pytest.mark.parametrize("follows", [False, True])
def test_a_partner_is_somebody_there_who_follows(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join, follows: bool
) -> None:
    osvaldo = join("osvaldo")
    # The other way round is not enough: who is followed has agreed to nothing.
    follow(gateway, osvaldo if follows else carlos, "carlos" if follows else "osvaldo")
    event = open_event(gateway, malena)

    answer = ask(gateway, event, carlos, partner_id=str(osvaldo), partner_role="follower")

    assert answer.status == (201 if follows else 422), answer.text
    assert follows or answer.refused_fields == {"partner_id"}


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"partner_id": "{nobody}", "partner_role": "follower"}, {"partner_id"}),
        ({"partner_id": "{nobody}"}, {"partner_role"}),
        ({"partner_role": "follower"}, {"partner_role"}),
        ({"partner_id": "{carlos}", "partner_role": "follower"}, set()),
        ({"role": "dj"}, {"role"}),
        ({"answers": []}, {"answers"}),
        ({"answers": ["una", "dos"]}, {"answers"}),
        ({"answers": [" \u200b "]}, {"answers.0"}),
        ({"answers": ["a" * 1001]}, {"answers.0"}),
        ({"answers": ["a" * 20_001]}, {"answers.0"}),
        ({"answers": ["a"] * 101}, {"answers"}),
        ({"hidden": "yes"}, {"hidden"}),
        ({"state": "accepted"}, {"state"}),
    ],
)
def test_what_cannot_be_registered_names_its_field_and_changes_nothing(
    gateway: Gateway, malena: UUID, carlos: UUID, sent: dict[str, Any], fields: set[str]
) -> None:
    event = open_event(gateway, malena, questions=["¿Dieta?"])
    people = {"{nobody}": str(ids.new_id()), "{carlos}": str(carlos)}
    body = {"role": "leader", "answers": ["No"]} | {
        name: people.get(value, value) if isinstance(value, str) else value for name, value in sent.items()
    }

    answer = gateway.post(at(event, "/registrations"), user=carlos, json=body)

    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.refused_fields == fields
    assert listed(gateway, event, malena) == []


def test_one_registers_once_and_after_an_end_again(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    first = register(gateway, event, carlos)

    assert ask(gateway, event, carlos, "follower").problem == "conflict"
    assert gateway.delete(of(first), user=carlos).status == 204
    assert gateway.delete(of(first), user=carlos).problem == "conflict"
    second = register(gateway, event, carlos, "follower")
    assert second["id"] != first["id"]
    assert mine(gateway, event, carlos) == second
    assert listed(gateway, event, malena) == [("Carlos", "cancelled"), ("Carlos", "accepted")]


def test_registration_opens_and_closes_before_the_beginning(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID
) -> None:
    event = open_event(gateway, malena, opens_before_minutes=10 * DAY, closes_before_minutes=2 * DAY)
    told = offer(gateway, event)
    assert (told["window"], told["opens_at"], told["closes_at"]) == (
        "not_yet",
        "2026-12-03T01:00:00Z",
        "2026-12-11T01:00:00Z",
    )

    early = ask(gateway, event, carlos)
    assert (early.problem, early.json()["detail"]) == ("conflict", "registration has not opened yet")
    clock.advance(timedelta(days=10))
    assert offer(gateway, event)["window"] == "open"
    register(gateway, event, carlos)
    clock.advance(timedelta(days=8))
    assert offer(gateway, event)["window"] == "closed"
    late = ask(gateway, event, malena)
    assert (late.problem, late.json()["detail"]) == ("conflict", "registration is closed")
    assert listed(gateway, event, malena) == [("Carlos", "accepted")]


def test_nobody_registers_for_what_is_over(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    clock.advance(timedelta(days=30))

    assert ask(gateway, event, carlos).problem == "conflict"
    assert offer(gateway, event)["window"] == "closed"


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_nobody_registers_for_what_does_not_take_place(
    gateway: Gateway, malena: UUID, carlos: UUID, status: str
) -> None:
    event = open_event(gateway, malena)
    change(gateway, malena, event, status=status)

    assert ask(gateway, event, carlos).problem == "conflict"
    assert offer(gateway, event)["window"] == "closed"


def test_a_draft_and_what_is_not_there_take_nobody(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    draft = announce(gateway, malena, status="draft")
    choose(gateway, malena, draft)

    for event in (draft, {"occurrence_id": str(ids.new_id())}):
        assert ask(gateway, event, carlos).problem == "not-found"
        assert gateway.get(f"/api/public/occurrences/{event['occurrence_id']}/registration").status == 404


def test_an_event_that_takes_no_registrations_says_so(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena)

    answer = ask(gateway, event, carlos)

    assert (answer.problem, answer.json()["detail"]) == ("not-found", "this event takes no registrations")
    told = offer(gateway, event)
    assert (told["window"], told["free"], told["questions"], told["going"]) == ("none", None, [], 0)


def test_without_a_profile_nobody_registers(gateway: Gateway, malena: UUID) -> None:
    assert ask(gateway, open_event(gateway, malena), ids.new_id()).problem == "profile-missing"


def test_a_place_is_not_given_back_at_the_last_minute(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID
) -> None:
    event = open_event(gateway, malena, given_back_before_minutes=DAY)
    registration = register(gateway, event, carlos)
    clock.advance(timedelta(days=18, hours=8))

    assert gateway.delete(of(registration), user=carlos).problem == "conflict"
    assert mine(gateway, event, carlos)["state"] == "accepted"


def test_each_time_of_a_series_is_registered_for_by_itself(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=3")
    choose(gateway, malena, event, capacity=1)
    times = gateway.get(f"/api/public/events/{event['id']}/occurrences").json()["items"]
    assert len(times) == 3

    assert [register(gateway, each, carlos)["state"] for each in times[:2]] == ["accepted", "accepted"]
    assert gateway.get(at(times[2], "/registrations/me"), user=carlos).problem == "not-found"
    own = gateway.get("/api/registrations", user=carlos).json()["items"]
    assert [each["occasion"]["occurrence_id"] for each in own] == [each["occurrence_id"] for each in times[:2]]


def test_a_request_that_is_sent_again_registers_once(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    sent = {"user": carlos, "json": {"role": "leader"}, "headers": {"idempotency-key": "one"}}
    first = gateway.post(at(event, "/registrations"), **sent)

    again = gateway.post(at(event, "/registrations"), **sent)

    assert (again.status, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert listed(gateway, event, malena) == [("Carlos", "accepted")]


def test_a_request_whose_answer_was_lost_shows_what_it_registered(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    sent = {"user": carlos, "json": {"role": "leader"}, "headers": {"idempotency-key": "one"}}
    first = gateway.post(at(event, "/registrations"), **sent)
    gateway.platform.answers = type(gateway.platform.answers)()

    again = gateway.post(at(event, "/registrations"), **sent)

    assert (again.status, again.json()) == (201, first.json())


def test_only_those_of_its_party_act_on_a_registration(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    """Organisers neither: they have routes of their own."""
    event = open_event(gateway, malena)
    registration = register(gateway, event, carlos)

    for method, path in (
        ("GET", ""),
        ("GET", "/code"),
        ("DELETE", ""),
        ("POST", "/accept"),
        ("POST", "/decline"),
        ("PUT", "/hidden"),
        ("DELETE", "/hidden"),
    ):
        assert gateway.call(method, of(registration, path), user=malena).problem == "not-found"
    assert mine(gateway, event, carlos) == registration


def test_ones_own_come_in_pages_by_when_they_begin(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID
) -> None:
    event = announce(gateway, malena, rule="FREQ=DAILY;COUNT=5")
    choose(gateway, malena, event)
    times = gateway.get(f"/api/public/events/{event['id']}/occurrences").json()["items"]
    for each in reversed(times):
        register(gateway, each, carlos)
    gateway.delete(of(mine(gateway, times[1], carlos)), user=carlos)
    again = register(gateway, times[1], carlos, "follower")
    found, cursor = [], None
    while True:
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = gateway.get("/api/registrations", user=carlos, query=query).json()
        found += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break

    assert [each["occasion"]["occurrence_id"] for each in found] == [each["occurrence_id"] for each in times]
    assert found[1] == again
    assert gateway.get("/api/registrations", user=carlos, query={"cursor": "x"}).problem == "bad-cursor"
    clock.advance(timedelta(days=21))
    left = gateway.get("/api/registrations", user=carlos).json()["items"]
    assert [each["occasion"]["occurrence_id"] for each in left] == [each["occurrence_id"] for each in times[2:]]
    assert gateway.get("/api/registrations", user=malena).json() == {"items": [], "next_cursor": None}


def test_places_that_are_left_are_told_by_role(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    event = open_event(gateway, malena, capacity=100, leaders=10, tolerance=2)
    assert offer(gateway, event)["free"] == {"leaders": 2, "followers": 2, "both": 22, "couples": 10}

    register(gateway, event, carlos, "leader")

    told = offer(gateway, event)
    assert told["free"] == {"leaders": 1, "followers": 3, "both": 21, "couples": 9}
    assert (told["capacity"], told["admission"], told["approval"]) == (100, "first_come", False)
    assert (told["going"], told["waiting"]) == (1, 0)


def test_a_place_is_free_for_whom_somebody_waits(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    """Without tolerance nobody is admitted alone: a follower is, beside the leader who waits."""
    event = open_event(gateway, malena, capacity=2, tolerance=0)
    assert offer(gateway, event)["free"] == {"leaders": 0, "followers": 0, "both": 0, "couples": 1}
    assert register(gateway, event, carlos, "leader")["state"] == "waiting"

    told = offer(gateway, event)

    assert told["free"] == {"leaders": 0, "followers": 1, "both": 1, "couples": 1}
    assert told["waiting"] == 1
    assert register(gateway, event, malena, "follower")["state"] == "accepted"
    assert mine(gateway, event, carlos)["state"] == "offered"


def test_what_everybody_is_told_is_kept_for_seconds(gateway: Gateway, malena: UUID) -> None:
    event = open_event(gateway, malena)

    answer = gateway.get(f"/api/public/occurrences/{event['occurrence_id']}/registration")

    assert "max-age=20," in answer.headers["cache-control"]
    assert offer(gateway, event)["free"] == {"leaders": 50, "followers": 50, "both": 50, "couples": 50}
