"""What organisers do with those who register: settings, approval, their own choice, and the door."""

from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.registering import (
    Join,
    announce,
    ask,
    at,
    choose,
    code_of,
    listed,
    mine,
    of,
    open_event,
    register,
)

CHOSEN: dict[str, Any] = {
    "capacity": 120,
    "leaders": 60,
    "followers": 60,
    "tolerance": 3,
    "offered_for_hours": 24,
    "admission": "organiser",
    "approval": True,
    "opens_before_minutes": 43_200,
    "closes_before_minutes": 90,
    "given_back_before_minutes": 2_880,
    "questions": ["¿Dieta?", "¿Llegas en avión?"],
}
DEFAULTS: dict[str, Any] = {
    "capacity": None,
    "leaders": None,
    "followers": None,
    "tolerance": None,
    "offered_for_hours": 48,
    "admission": "first_come",
    "approval": False,
    "opens_before_minutes": None,
    "closes_before_minutes": 0,
    "given_back_before_minutes": 0,
    "questions": [],
}


@pytest.fixture(autouse=True)
def clock(gateway: Gateway, clock: FakeClock) -> FakeClock:
    gateway.platform.clock = clock
    return clock


def settings_of(gateway: Gateway, organiser: UUID, event: dict[str, Any]) -> Answer:
    return gateway.get(f"/api/events/{event['id']}/registration", user=organiser)


# --- Settings ---


def test_what_an_organiser_chose_is_kept_until_it_is_chosen_anew(gateway: Gateway, malena: UUID) -> None:
    event = announce(gateway, malena)
    assert settings_of(gateway, malena, event).problem == "not-found"

    answer = choose(gateway, malena, event, **CHOSEN)

    assert (answer.status, answer.json()) == (200, CHOSEN)
    assert settings_of(gateway, malena, event).json() == CHOSEN
    assert choose(gateway, malena, event).json() == DEFAULTS
    assert settings_of(gateway, malena, event).json() == DEFAULTS


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": 10_001}, "capacity"),
        ({"capacity": 10**30}, "capacity"),
        ({"capacity": "20"}, "capacity"),
        ({"leaders": -1}, "leaders"),
        ({"followers": 10_001}, "followers"),
        ({"tolerance": -1}, "tolerance"),
        ({"tolerance": 1.5}, "tolerance"),
        ({"offered_for_hours": 0}, "offered_for_hours"),
        ({"offered_for_hours": 337}, "offered_for_hours"),
        ({"offered_for_hours": 10**15}, "offered_for_hours"),
        ({"admission": "lottery"}, "admission"),
        ({"approval": "yes"}, "approval"),
        ({"opens_before_minutes": 0}, "opens_before_minutes"),
        ({"opens_before_minutes": 60, "closes_before_minutes": 60}, "opens_before_minutes"),
        ({"opens_before_minutes": 366 * 1440 + 1}, "opens_before_minutes"),
        ({"opens_before_minutes": 10**15}, "opens_before_minutes"),
        ({"closes_before_minutes": -1}, "closes_before_minutes"),
        ({"given_back_before_minutes": 366 * 1440 + 1}, "given_back_before_minutes"),
        ({"questions": ["¿?"] * 11}, "questions"),
        ({"questions": ["a" * 301]}, "questions.0"),
        ({"questions": ["¿Dieta?", "\x00"]}, "questions.1"),
        ({"questions": [""]}, "questions.0"),
        ({"offered_for": 48}, "offered_for"),
    ],
)
def test_settings_that_cannot_be_name_their_field_and_change_nothing(
    gateway: Gateway, malena: UUID, wrong: dict[str, Any], field: str
) -> None:
    event = open_event(gateway, malena, **CHOSEN)

    answer = choose(gateway, malena, event, **CHOSEN | wrong)

    assert (answer.problem, answer.refused_fields) == ("invalid", {field})
    assert settings_of(gateway, malena, event).json() == CHOSEN


def test_places_that_are_taken_are_not_taken_away(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    event = open_event(gateway, malena, capacity=3)
    for dancer in (carlos, join("osvaldo"), malena):
        register(gateway, event, dancer)

    for less in ({"capacity": 2}, {"capacity": 3, "leaders": 2}):
        answer = choose(gateway, malena, event, **less)
        assert (answer.status, answer.problem) == (409, "conflict")

    assert settings_of(gateway, malena, event).json() == DEFAULTS | {"capacity": 3}
    assert len(listed(gateway, event, malena, "accepted")) == 3
    assert choose(gateway, malena, event, capacity=3, leaders=3).status == 200


def test_places_that_are_added_go_to_who_waits(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=1)
    register(gateway, event, carlos)
    assert register(gateway, event, malena)["state"] == "waiting"

    assert choose(gateway, malena, event, capacity=2).status == 200

    assert mine(gateway, event, malena)["state"] == "offered"


def test_whoever_organises_with_others_may_do_all_of_it(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    osvaldo = join("osvaldo")
    event = announce(gateway, malena, people=[{"role": "organiser", "user_id": str(osvaldo)}])

    assert choose(gateway, osvaldo, event, approval=True).status == 200
    registration = register(gateway, event, carlos)
    assert gateway.post(of(registration, "/approve"), user=osvaldo).status == 200
    assert listed(gateway, event, osvaldo) == [("Carlos", "accepted")]


def test_strangers_do_none_of_it(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    stranger = join("osvaldo")
    event = open_event(gateway, malena)
    registration = register(gateway, event, carlos)
    code = code_of(gateway, registration, carlos)
    asked: list[tuple[str, str, Any]] = [
        ("PUT", f"/api/events/{event['id']}/registration", {}),
        ("GET", f"/api/events/{event['id']}/registration", None),
        ("GET", at(event, "/registrations"), None),
        ("GET", at(event, "/registrations.csv"), None),
        ("POST", at(event, "/offers"), {"registration_ids": [registration["id"]]}),
        ("POST", at(event, "/check-ins"), {"code": code}),
        ("POST", of(registration, "/approve"), None),
        ("POST", of(registration, "/refuse"), None),
        ("POST", of(registration, "/cancel"), None),
        ("PUT", of(registration, "/check-in"), None),
        ("DELETE", of(registration, "/check-in"), None),
    ]

    for method, path, body in asked:
        for person in (stranger, carlos):
            assert gateway.call(method, path, user=person, json=body).problem == "not-allowed", (method, path)
    assert listed(gateway, event, malena) == [("Carlos", "accepted")]


# --- Letting in ---


def test_who_is_approved_has_a_place_or_waits_and_who_is_refused_does_not_come_again(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    osvaldo, ada = join("osvaldo"), join("ada")
    event = open_event(gateway, malena, capacity=1, approval=True)
    first, second, third = (register(gateway, event, dancer) for dancer in (carlos, osvaldo, ada))
    assert {each["state"] for each in (first, second, third)} == {"pending"}

    answers = [gateway.post(of(each, "/approve"), user=malena) for each in (first, second)]
    refused = gateway.post(of(third, "/refuse"), user=malena)

    assert [answer.json()["state"] for answer in answers] == ["accepted", "waiting"]
    assert answers[0].json()["party"][0]["profile"]["handle"] == "carlos"
    assert answers[1].json()["position"] == 2
    assert (refused.status, refused.json()["state"]) == (200, "refused")
    assert gateway.post(of(first, "/approve"), user=malena).problem == "conflict"
    assert gateway.post(of(first, "/refuse"), user=malena).problem == "conflict"
    assert ask(gateway, event, ada).problem == "conflict"


def test_a_place_that_organisers_cancel_goes_to_who_waits(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=1)
    first = register(gateway, event, carlos)
    register(gateway, event, malena)

    answer = gateway.post(of(first, "/cancel"), user=malena)

    assert (answer.status, answer.json()["state"]) == (200, "cancelled")
    assert mine(gateway, event, malena)["state"] == "offered"
    assert gateway.post(of(first, "/cancel"), user=malena).problem == "conflict"


def test_organisers_choose_several_at_once_or_none(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    event = open_event(gateway, malena, capacity=2, tolerance=0, admission="organiser")
    waiting = [
        register(gateway, event, join(name), role)
        for name, role in (("ada", "follower"), ("bruno", "leader"), ("dina", "follower"))
    ]
    ada, bruno, dina = (each["id"] for each in waiting)
    assert [state for _, state in listed(gateway, event, malena)] == ["waiting"] * 3

    def offers(*registration_ids: str) -> Answer:
        return gateway.post(at(event, "/offers"), user=malena, json={"registration_ids": registration_ids})

    for too_many in ((ada, bruno, dina), (ada, dina), (ada,)):
        assert offers(*too_many).problem == "conflict"
    assert offers(ada, str(ids.new_id())).problem == "not-found"
    assert offers().refused_fields == {"registration_ids"}
    assert [state for _, state in listed(gateway, event, malena)] == ["waiting"] * 3

    answer = offers(dina, bruno, bruno)

    assert answer.status == 200, answer.text
    assert [(each["party"][0]["name"], each["state"]) for each in answer.json()["items"]] == [
        ("Bruno", "offered"),
        ("Dina", "offered"),
    ]
    assert offers(ada).problem == "conflict"


def test_where_places_go_by_the_line_nobody_is_chosen(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=1)
    register(gateway, event, malena)
    waits = register(gateway, event, carlos)

    answer = gateway.post(at(event, "/offers"), user=malena, json={"registration_ids": [waits["id"]]})

    assert answer.problem == "conflict"
    assert mine(gateway, event, carlos)["state"] == "waiting"


def test_a_registration_for_another_event_is_not_chosen_here(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event, other = (open_event(gateway, malena, admission="organiser") for _ in range(2))
    elsewhere = register(gateway, other, carlos)

    answer = gateway.post(at(event, "/offers"), user=malena, json={"registration_ids": [elsewhere["id"]]})

    assert answer.problem == "not-found"
    assert mine(gateway, other, carlos)["state"] == "waiting"


# --- Who registered ---


def test_organisers_list_who_registered_by_state_and_in_pages(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = open_event(gateway, malena, capacity=2, questions=["¿Dieta?"])
    names = ["ada", "bruno", "dina", "elsa", "fran"]
    for name in names:
        register(gateway, event, join(name), answers=[name])
    everybody = [(name.capitalize(), "accepted" if name in names[:2] else "waiting") for name in names]

    assert listed(gateway, event, malena) == everybody
    assert listed(gateway, event, malena, "waiting") == everybody[2:]
    assert listed(gateway, event, malena, "accepted", "refused") == everybody[:2]
    assert listed(gateway, event, malena, "attended") == []
    first = gateway.get(at(event, "/registrations"), user=malena, query={"limit": 2, "state": "waiting"}).json()
    assert [each["answers"] for each in first["items"]] == [["dina"], ["elsa"]]
    assert [each["position"] for each in first["items"]] == [3, 4]
    query = {"limit": 2, "state": "waiting", "cursor": first["next_cursor"]}
    second = gateway.get(at(event, "/registrations"), user=malena, query=query).json()
    assert ([each["answers"] for each in second["items"]], second["next_cursor"]) == ([["fran"]], None)
    # A cursor is of one list: of these states and no others.
    for elsewhere in (query | {"state": "accepted"}, query | {"cursor": "x"}):
        assert gateway.get(at(event, "/registrations"), user=malena, query=elsewhere).problem == "bad-cursor"
    assert gateway.get(at(event, "/registrations"), user=malena, query={"state": "asleep"}).status == 422


def test_organisers_see_who_hides_and_across_a_block_but_nobody_who_is_leaving(
    gateway: Gateway, database: Database, malena: UUID, carlos: UUID, join: Join
) -> None:
    osvaldo = join("osvaldo")
    event = open_event(gateway, malena)
    register(gateway, event, carlos, hidden=True)
    register(gateway, event, osvaldo)
    with database.transaction() as connection:
        connection.execute("INSERT INTO blocks VALUES (%s, %s, now())", (carlos, malena))
        connection.execute("UPDATE users SET leaves_at = now() WHERE id = %s", (osvaldo,))

    items = gateway.get(at(event, "/registrations"), user=malena).json()["items"]

    assert [(each["name"], each["hidden"]) for item in items for each in item["party"]] == [
        ("Carlos", True),
        ("", False),
    ]
    assert items[1]["party"][0]["profile"] is None


def test_organisers_read_one_registration_where_it_belongs(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event, other = open_event(gateway, malena, approval=True), open_event(gateway, malena)
    registration = register(gateway, event, carlos)
    approved = gateway.post(of(registration, "/approve"), user=malena)

    read = gateway.get(approved.headers["location"], user=malena)

    assert approved.headers["location"] == at(event, f"/registrations/{registration['id']}")
    assert read.json() == approved.json()
    assert gateway.get(at(other, f"/registrations/{registration['id']}"), user=malena).problem == "not-found"
    assert gateway.get(at(event, f"/registrations/{ids.new_id()}"), user=malena).problem == "not-found"
    assert gateway.get(approved.headers["location"], user=carlos).problem == "not-allowed"
