"""At the door: codes that people show, once, and what organisers do about a slip."""

from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.registering import (
    Join,
    announce,
    at,
    choose,
    code_of,
    listed,
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


def check_in(gateway: Gateway, event: dict[str, Any], organiser: UUID, code: str) -> Answer:
    return gateway.post(at(event, "/check-ins"), user=organiser, json={"code": code})


def test_a_code_is_used_once(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    registration = register(gateway, event, carlos)
    code = code_of(gateway, registration, carlos)
    assert code_of(gateway, registration, carlos) == code

    answer = check_in(gateway, event, malena, code)

    assert (answer.status, answer.json()["state"]) == (200, "attended")
    assert answer.json()["party"][0]["name"] == "Carlos"
    again = check_in(gateway, event, malena, code)
    assert (again.problem, again.json()["detail"]) == ("conflict", "they were checked in before")
    assert code_of(gateway, registration, carlos) == code
    assert gateway.delete(of(registration), user=carlos).problem == "conflict"


def test_a_code_that_is_made_up_is_refused(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    event = open_event(gateway, malena)
    registration = register(gateway, event, carlos)
    other = register(gateway, event, join("osvaldo"))
    code = code_of(gateway, registration, carlos)
    body, signature = code.split(".")
    others_body = body_of_code(gateway, other)
    forged = [
        "x",
        "",
        ".",
        body,
        f"{body}.",
        f"{others_body}.{signature}",
        f"{body}.{signature[:-2]}",
        f"{body}.{signature}.{signature}",
        registration["id"],
        f"{body}.ñ",
    ]

    for made_up in forged:
        answer = check_in(gateway, event, malena, made_up)
        assert (answer.status, answer.refused_fields) == (422, {"code"}), made_up
    assert check_in(gateway, event, malena, "x" * 401).status == 422
    assert listed(gateway, event, malena) == [("Carlos", "accepted"), ("Osvaldo", "accepted")]
    assert check_in(gateway, event, malena, code).status == 200


def body_of_code(gateway: Gateway, registration: dict[str, Any]) -> str:
    dancer = UUID(registration["party"][0]["profile"]["id"])
    return code_of(gateway, registration, dancer).split(".")[0]


def test_a_code_of_another_event_or_another_evening_is_refused(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena)
    series = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=2")
    choose(gateway, malena, series)
    times = gateway.get(f"/api/public/events/{series['id']}/occurrences").json()["items"]
    registration = register(gateway, times[0], carlos)
    code = code_of(gateway, registration, carlos)

    for elsewhere in (event, times[1]):
        answer = check_in(gateway, elsewhere, malena, code)
        assert (answer.status, answer.refused_fields) == (422, {"code"})
    assert check_in(gateway, {"occurrence_id": str(ids.new_id())}, malena, code).problem == "not-found"
    assert mine(gateway, times[0], carlos)["state"] == "accepted"


def test_only_who_comes_has_a_code_and_an_end_takes_it_away(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    osvaldo = join("osvaldo")
    event = open_event(gateway, malena, capacity=1)
    first = register(gateway, event, carlos)
    code = code_of(gateway, first, carlos)
    second = register(gateway, event, osvaldo)
    assert gateway.get(of(second, "/code"), user=osvaldo).problem == "conflict"

    gateway.delete(of(first), user=carlos)

    assert gateway.get(of(first, "/code"), user=carlos).problem == "conflict"
    assert gateway.get(of(second, "/code"), user=osvaldo).problem == "conflict"  # only offered
    assert check_in(gateway, event, malena, code).problem == "conflict"


def test_a_couple_has_one_code(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    osvaldo = join("osvaldo")
    gateway.put("/api/users/carlos/follow", user=osvaldo)
    event = open_event(gateway, malena)
    registration = register(gateway, event, carlos, partner_id=str(osvaldo), partner_role="follower")

    code = code_of(gateway, registration, osvaldo)

    assert code == code_of(gateway, registration, carlos)
    assert [each["name"] for each in check_in(gateway, event, malena, code).json()["party"]] == ["Carlos", "Osvaldo"]


def test_who_has_no_code_along_is_checked_in_by_hand_and_a_slip_is_undone(
    gateway: Gateway, malena: UUID, carlos: UUID
) -> None:
    event = open_event(gateway, malena, capacity=1)
    registration = register(gateway, event, carlos)
    code = code_of(gateway, registration, carlos)
    path = of(registration, "/check-in")
    assert gateway.delete(path, user=malena).problem == "conflict"

    assert gateway.put(path, user=malena).json()["state"] == "attended"
    assert gateway.put(path, user=malena).problem == "conflict"
    undone = gateway.delete(path, user=malena)

    assert (undone.status, undone.json()["state"]) == (200, "accepted")
    assert mine(gateway, event, carlos)["state"] == "accepted"
    assert offer(gateway, event)["free"]["leaders"] == 0
    assert check_in(gateway, event, malena, code).status == 200


def test_a_scan_that_is_sent_again_is_no_second_use(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    """The door's network lost the answer; the same code in a request of its own is refused all the same."""
    event = open_event(gateway, malena)
    code = code_of(gateway, register(gateway, event, carlos), carlos)
    sent = {"user": malena, "json": {"code": code}, "headers": {"idempotency-key": "one"}}
    first = gateway.post(at(event, "/check-ins"), **sent)
    gateway.platform.answers = type(gateway.platform.answers)()

    again = gateway.post(at(event, "/check-ins"), **sent)

    assert (again.status, again.json()) == (200, first.json())
    assert check_in(gateway, event, malena, code).problem == "conflict"
