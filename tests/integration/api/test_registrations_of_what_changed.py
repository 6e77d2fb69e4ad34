"""What becomes of those who registered for one time of an event that is called off, put off, moved, and takes place
after all."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango.registrations.expiring import lapse_offers
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Gateway
from tests.integration.api.registering import Join, announce, ask, choose, listed, mine, of, open_event, register


@pytest.fixture(autouse=True)
def clock(gateway: Gateway, clock: FakeClock) -> FakeClock:
    gateway.platform.clock = clock
    return clock


def edit(gateway: Gateway, organiser: UUID, event: dict[str, Any], **changes: Any) -> None:
    headers = {"if-match": f'"{event["version"]}"'}
    answer = gateway.patch(f"/api/events/{event['id']}", user=organiser, json=changes, headers=headers)
    assert answer.status == 200, answer.text
    event |= answer.json()


def give_up(gateway: Gateway, registration: dict[str, Any], dancer: UUID) -> None:
    answer = gateway.delete(of(registration), user=dancer)
    assert answer.status == 204, answer.text


def beginning(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["starts_at"])


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_places_given_back_meanwhile_go_to_the_line_when_it_takes_place_after_all(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join, status: str
) -> None:
    event = open_event(gateway, malena, capacity=1)
    has, waits = register(gateway, event, carlos), register(gateway, event, bruno := join("bruno"))
    edit(gateway, malena, event, status=status)
    give_up(gateway, has, carlos)
    assert mine(gateway, event, bruno)["state"] == "waiting"

    edit(gateway, malena, event, status="published")

    found = mine(gateway, event, bruno)
    assert (found["id"], found["state"]) == (waits["id"], "offered")


def test_of_a_series_one_evening_that_takes_place_after_all_moves_up(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = announce(gateway, malena, rule="FREQ=WEEKLY;COUNT=3")
    assert choose(gateway, malena, event, capacity=1).status == 200
    has, _ = register(gateway, event, carlos), register(gateway, event, bruno := join("bruno"))

    def evening(status: str | None) -> None:
        path = f"/api/events/{event['id']}/occurrences/{event['original_start']}"
        headers = {"if-match": f'"{event["version"]}"'}
        answer = gateway.patch(path, user=malena, json={"status": status}, headers=headers)
        assert answer.status == 200, answer.text
        event["version"] = answer.json()["version"]

    evening("cancelled")
    give_up(gateway, has, carlos)
    evening(None)

    assert mine(gateway, event, bruno)["state"] == "offered"


def test_a_line_that_stood_still_since_it_began_moves_when_it_is_put_off(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = open_event(gateway, malena, capacity=1)
    has, _ = register(gateway, event, carlos), register(gateway, event, bruno := join("bruno"))
    clock.advance(beginning(event) - clock.now() + timedelta(minutes=1))
    cancelled = gateway.post(of(has, "/cancel"), user=malena)
    assert cancelled.status == 200
    assert mine(gateway, event, bruno)["state"] == "waiting"

    later = beginning(event) + timedelta(days=7)
    edit(gateway, malena, event, starts_at=later.isoformat(), ends_at=(later + timedelta(hours=5)).isoformat())

    assert mine(gateway, event, bruno)["state"] == "offered"


def test_an_offer_ends_when_it_begins_also_where_it_was_moved_nearer(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = open_event(gateway, malena, capacity=1, offered_for_hours=72)
    has, _ = register(gateway, event, carlos), register(gateway, event, bruno := join("bruno"))
    give_up(gateway, has, carlos)
    before = mine(gateway, event, bruno)

    sooner = clock.now() + timedelta(days=1)
    edit(gateway, malena, event, starts_at=sooner.isoformat(), ends_at=(sooner + timedelta(hours=5)).isoformat())

    after = mine(gateway, event, bruno)
    assert (after["state"], after["version"]) == ("offered", before["version"] + 1)
    assert datetime.fromisoformat(after["offered_until"]) == sooner < datetime.fromisoformat(before["offered_until"])
    edit(gateway, malena, event, title="La misma")
    assert mine(gateway, event, bruno)["version"] == after["version"]


def test_nobody_accepts_a_place_at_what_was_called_off(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = open_event(gateway, malena, capacity=1)
    has, waits = register(gateway, event, carlos), register(gateway, event, bruno := join("bruno"))
    give_up(gateway, has, carlos)
    edit(gateway, malena, event, status="cancelled")

    answer = gateway.post(of(waits, "/accept"), user=bruno)

    assert (answer.status, answer.problem) == (409, "conflict")
    assert mine(gateway, event, bruno)["state"] == "offered"
    edit(gateway, malena, event, status="published")
    assert gateway.post(of(waits, "/accept"), user=bruno).status == 200


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_who_could_not_answer_an_offer_in_time_is_first_in_line_again(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, join: Join, status: str
) -> None:
    event = open_event(gateway, malena, capacity=1)
    has, waits = register(gateway, event, carlos), register(gateway, event, bruno := join("bruno"))
    register(gateway, event, dina := join("dina"))
    give_up(gateway, has, carlos)
    edit(gateway, malena, event, status=status)
    clock.advance(timedelta(days=3))

    assert lapse_offers(gateway.platform, lambda: 60.0)["lapsed"] == 1

    assert [mine(gateway, event, dancer)["state"] for dancer in (bruno, dina)] == ["waiting", "waiting"]
    edit(gateway, malena, event, status="published")
    assert [mine(gateway, event, dancer)["state"] for dancer in (bruno, dina)] == ["offered", "waiting"]
    assert gateway.post(of(waits, "/accept"), user=bruno).status == 200


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_a_place_is_given_back_however_late_where_nothing_takes_place(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, status: str
) -> None:
    event = open_event(gateway, malena, capacity=1, given_back_before_minutes=60)
    has = register(gateway, event, carlos)
    edit(gateway, malena, event, status=status)
    clock.advance(beginning(event) - clock.now() - timedelta(minutes=1))

    give_up(gateway, has, carlos)

    assert listed(gateway, event, malena) == [("Carlos", "cancelled")]


def test_places_of_what_was_put_off_are_not_taken_away_when_its_old_date_is_over(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, join: Join
) -> None:
    event = open_event(gateway, malena, capacity=2)
    register(gateway, event, carlos)
    register(gateway, event, join("bruno"))
    edit(gateway, malena, event, status="postponed")
    clock.advance(beginning(event) - clock.now() + timedelta(days=2))

    assert choose(gateway, malena, event, capacity=1).status == 409


def test_offers_of_one_evening_lapse_though_those_of_another_cannot(
    gateway: Gateway, clock: FakeClock, malena: UUID, carlos: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mundotango.registrations import expiring

    monkeypatch.setattr(expiring, "PAGE", 1)
    events = [open_event(gateway, malena, capacity=1, admission="organiser") for _ in range(2)]
    for event in events:
        waits = ask(gateway, event, carlos).json()
        chosen = {"registration_ids": [waits["id"]]}
        path = f"/api/occurrences/{event['occurrence_id']}/offers"
        assert gateway.post(path, user=malena, json=chosen).status == 200
        clock.advance(timedelta(minutes=1))
    clock.advance(timedelta(days=3))
    fails, lapses = events
    step = expiring._lapse

    def broken(platform: Any, occurrence_id: UUID) -> int:
        if str(occurrence_id) == fails["occurrence_id"]:
            raise RuntimeError("of this one")
        return step(platform, occurrence_id)

    monkeypatch.setattr(expiring, "_lapse", broken)

    assert lapse_offers(gateway.platform, lambda: 60.0) == {"done": True, "lapsed": 1, "failed": 1}
    assert mine(gateway, lapses, carlos)["state"] == "expired"
