"""Who comes: what people say of it, what others are shown, and what everybody is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.attendance.model import Rsvp
from mundotango.errors import NotFound
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.registering import (
    Join,
    announce,
    at,
    change,
    choose,
    mine,
    of,
    offer,
    open_event,
    register,
)


@pytest.fixture(autouse=True)
def clock(gateway: Gateway, clock: FakeClock) -> FakeClock:
    gateway.platform.clock = clock
    return clock


def say(gateway: Gateway, event: dict[str, Any], person: UUID, answer: str = "going", **more: Any) -> Answer:
    return gateway.put(at(event, "/rsvp"), user=person, json={"answer": answer} | more)


def said(gateway: Gateway, event: dict[str, Any], person: UUID) -> Answer:
    return gateway.get(at(event, "/rsvp"), user=person)


def shown(gateway: Gateway, event: dict[str, Any], reader: UUID) -> list[tuple[str, str | None]]:
    answer = gateway.get(at(event, "/attendees"), user=reader)
    assert answer.status == 200, answer.text
    return [(each["profile"]["handle"], each["role"]) for each in answer.json()["items"]]


def test_the_last_word_counts(gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena)
    assert said(gateway, event, carlos).problem == "not-found"

    first = say(gateway, event, carlos, "interested")
    clock.advance(timedelta(hours=1))
    second = say(gateway, event, carlos, "going", hidden=True)

    assert first.json() == {"answer": "interested", "hidden": False, "answered_at": "2026-11-23T20:00:00Z"}
    assert second.json() == {"answer": "going", "hidden": True, "answered_at": "2026-11-23T21:00:00Z"}
    assert said(gateway, event, carlos).json() == second.json()
    assert said(gateway, event, malena).status == 404
    for _ in range(2):
        assert gateway.delete(at(event, "/rsvp"), user=carlos).status == 204
    assert said(gateway, event, carlos).status == 404


def test_those_who_are_going_are_shown_but_for_who_hides(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = announce(gateway, malena)
    for name, answer, hidden in (
        ("ada", "going", False),
        ("bruno", "interested", False),
        ("dina", "going", True),
        ("elsa", "not_going", False),
    ):
        assert say(gateway, event, join(name), answer, hidden=hidden).status == 200
    say(gateway, event, carlos)

    assert sorted(shown(gateway, event, malena)) == [("ada", None), ("carlos", None)]
    assert offer(gateway, event)["going"] == 3


def test_where_an_event_takes_registrations_one_registers(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = announce(gateway, malena)
    say(gateway, event, malena)
    choose(gateway, malena, event)

    refused = say(gateway, event, carlos)

    assert (refused.problem, refused.json()["detail"]) == (
        "conflict",
        "this event takes registrations; register for it",
    )
    assert said(gateway, event, carlos).status == 404
    assert say(gateway, event, carlos, "interested").status == 200
    # What was said before there were registrations is a place for nobody.
    assert shown(gateway, event, carlos) == []
    assert offer(gateway, event)["going"] == 0


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"answer"}),
        ({"answer": "perhaps"}, {"answer"}),
        ({"answer": "going", "hidden": 1}, {"hidden"}),
        ({"answer": "going", "role": "leader"}, {"role"}),
    ],
)
def test_what_cannot_be_said_names_its_field(
    gateway: Gateway, malena: UUID, body: dict[str, Any], fields: set[str]
) -> None:
    event = announce(gateway, malena)

    answer = gateway.put(at(event, "/rsvp"), user=malena, json=body)

    assert (answer.status, answer.refused_fields) == (422, fields)
    assert said(gateway, event, malena).status == 404


def test_nobody_goes_to_what_is_cancelled_over_a_draft_or_not_there(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID
) -> None:
    cancelled, over, draft = (
        announce(gateway, malena),
        announce(gateway, malena),
        announce(gateway, malena, status="draft"),
    )
    change(gateway, malena, cancelled, status="cancelled")

    assert say(gateway, cancelled, carlos, "interested").problem == "conflict"
    assert say(gateway, cancelled, carlos, "not_going").status == 200
    for event in (draft, {"occurrence_id": str(ids.new_id())}):
        assert say(gateway, event, carlos).problem == "not-found"
        assert said(gateway, event, carlos).problem == "not-found"
        assert gateway.delete(at(event, "/rsvp"), user=carlos).problem == "not-found"
        assert gateway.get(at(event, "/attendees"), user=carlos).problem == "not-found"
    assert say(gateway, over, ids.new_id()).problem == "profile-missing"
    clock.advance(timedelta(days=30))
    assert say(gateway, over, carlos).problem == "conflict"


def test_of_who_registered_those_are_shown_who_have_a_place(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    ada, bruno, dina = (join(name) for name in ("ada", "bruno", "dina"))
    gateway.put("/api/users/ada/follow", user=bruno)
    event = open_event(gateway, malena, capacity=4)
    register(gateway, event, ada, "leader", partner_id=str(bruno), partner_role="follower")
    hides = register(gateway, event, carlos, "both", hidden=True)
    register(gateway, event, dina, "follower")
    register(gateway, event, malena, "leader")  # waits

    assert shown(gateway, event, malena) == [("ada", "leader"), ("bruno", "follower"), ("dina", "follower")]
    assert offer(gateway, event)["going"] == 4
    assert gateway.delete(of(hides, "/hidden"), user=carlos).status == 204
    assert ("carlos", "both") in shown(gateway, event, malena)
    for _ in range(2):
        assert gateway.put(of(hides, "/hidden"), user=carlos).status == 204
    assert ("carlos", "both") not in shown(gateway, event, malena)
    gateway.delete(of(hides), user=carlos)
    assert mine(gateway, event, malena)["state"] == "offered"
    assert offer(gateway, event)["going"] == 3


def test_who_is_checked_in_is_still_shown(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    gateway.put(of(register(gateway, event, carlos), "/check-in"), user=malena)

    assert shown(gateway, event, malena) == [("carlos", "leader")]


@pytest.mark.parametrize("by_registration", [True, False])
def test_people_who_do_not_see_each_other_are_not_shown_that_the_other_comes(
    gateway: Gateway,
    database: Database,
    malena: UUID,
    carlos: UUID,
    join: Join,
    apart: Callable[[UUID, UUID], None],
    by_registration: bool,
) -> None:
    blocked, blocker, suspended, leaving = (join(name) for name in ("blocked", "blocker", "suspended", "leaving"))
    event = open_event(gateway, malena) if by_registration else announce(gateway, malena)
    everybody = (carlos, blocked, blocker, suspended, leaving)
    for person in everybody:
        if by_registration:
            register(gateway, event, person)
        else:
            say(gateway, event, person)
    apart(carlos, blocked)
    apart(blocker, carlos)
    with database.transaction() as connection:
        connection.execute("UPDATE users SET suspended_at = now() WHERE id = %s", (suspended,))
        connection.execute("UPDATE users SET leaves_at = now() WHERE id = %s", (leaving,))

    def handles(reader: UUID) -> list[str]:
        return [handle for handle, _ in shown(gateway, event, reader)]

    assert handles(carlos) == ["carlos"]
    assert handles(blocked) == ["blocked", "blocker"]
    assert handles(malena) == ["carlos", "blocked", "blocker"]
    assert "suspended" in handles(suspended)
    assert offer(gateway, event)["going"] == len(everybody)


def pages(gateway: Gateway, event: dict[str, Any], reader: UUID) -> list[str]:
    """The handles of all, two at a time."""
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = gateway.get(at(event, "/attendees"), user=reader, query=query).json()
        assert len(page["items"]) <= 2
        found += [each["profile"]["handle"] for each in page["items"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_those_who_are_going_come_in_pages(gateway: Gateway, malena: UUID, join: Join) -> None:
    event = announce(gateway, malena)
    names = ["ada", "bruno", "dina", "elsa", "fran"]
    people = {name: join(name) for name in names}
    for name in reversed(names):
        say(gateway, event, people[name])

    assert pages(gateway, event, malena) == names  # whoever joined first
    assert gateway.get(at(event, "/attendees"), user=malena, query={"cursor": "x"}).problem == "bad-cursor"
    assert gateway.get(at(event, "/attendees")).problem == "unauthenticated"


def test_those_with_a_place_come_in_pages_in_order_of_registration(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    """A couple is two, also where a page ends between them."""
    ada, bruno, dina, elsa = (join(name) for name in ("ada", "bruno", "dina", "elsa"))
    gateway.put("/api/users/dina/follow", user=ada)
    event = open_event(gateway, malena)
    register(gateway, event, elsa)
    register(gateway, event, dina, partner_id=str(ada), partner_role="follower")
    register(gateway, event, carlos, hidden=True)
    register(gateway, event, bruno)

    assert pages(gateway, event, malena) == ["elsa", "ada", "dina", "bruno"]
    assert pages(gateway, event, carlos) == pages(gateway, event, malena)


def test_an_evening_that_its_series_loses_while_somebody_answers_is_not_there(
    gateway: Gateway, malena: UUID, clock: FakeClock
) -> None:
    with pytest.raises(NotFound, match="no such occurrence"), gateway.platform.unit_of_work() as work:
        work.attendance.answer(ids.new_id(), malena, Rsvp("going", hidden=False, answered_at=clock.now()))
