"""An event that takes registrations, and who asks to come, over the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.fixtures.gateway import Answer, Gateway

Join = Callable[[str], UUID]
STARTS_AT, ENDS_AT = "2026-12-12T22:00:00-03:00", "2026-12-13T05:00:00-03:00"
MARATHON: dict[str, Any] = {
    "title": "Maratón del Sur",
    "kind": "marathon",
    "city": "Buenos Aires",
    "country": "AR",
    "venue_name": "La Viruta",
    "address": "Armenia 1366",
    "latitude": -34.5889,
    "longitude": -58.4260,
    "zone": "America/Argentina/Buenos_Aires",
    "starts_at": STARTS_AT,
    "ends_at": ENDS_AT,
}


def announce(gateway: Gateway, organiser: UUID, **changes: Any) -> dict[str, Any]:
    answer = gateway.post("/api/events", user=organiser, json=MARATHON | changes)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def change(gateway: Gateway, organiser: UUID, event: dict[str, Any], **changes: Any) -> None:
    headers = {"if-match": f'"{event["version"]}"'}
    answer = gateway.patch(f"/api/events/{event['id']}", user=organiser, json=changes, headers=headers)
    assert answer.status == 200, answer.text


def choose(gateway: Gateway, organiser: UUID, event: dict[str, Any], **chosen: Any) -> Answer:
    return gateway.put(f"/api/events/{event['id']}/registration", user=organiser, json=chosen)


def open_event(gateway: Gateway, organiser: UUID, **chosen: Any) -> dict[str, Any]:
    """One that takes registrations from now on."""
    event = announce(gateway, organiser)
    answer = choose(gateway, organiser, event, **chosen)
    assert answer.status == 200, answer.text
    return event


def at(event: dict[str, Any], path: str = "") -> str:
    return f"/api/occurrences/{event['occurrence_id']}{path}"


def of(registration: dict[str, Any], path: str = "") -> str:
    return f"/api/registrations/{registration['id']}{path}"


def ask(gateway: Gateway, event: dict[str, Any], dancer: UUID, role: str = "leader", **more: Any) -> Answer:
    return gateway.post(at(event, "/registrations"), user=dancer, json={"role": role} | more)


def register(
    gateway: Gateway, event: dict[str, Any], dancer: UUID, role: str = "leader", **more: Any
) -> dict[str, Any]:
    answer = ask(gateway, event, dancer, role, **more)
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(gateway: Gateway, event: dict[str, Any], organiser: UUID, *states: str) -> list[tuple[str, str]]:
    """The first name and the state of each, as organisers see them."""
    answer = gateway.get(at(event, "/registrations"), user=organiser, query={"state": states} if states else None)
    assert answer.status == 200, answer.text
    return [(each["party"][0]["name"], each["state"]) for each in answer.json()["items"]]


def offer(gateway: Gateway, event: dict[str, Any]) -> dict[str, Any]:
    """What everybody is told of the places."""
    answer = gateway.get(f"/api/public/occurrences/{event['occurrence_id']}/registration")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def mine(gateway: Gateway, event: dict[str, Any], dancer: UUID) -> dict[str, Any]:
    answer = gateway.get(at(event, "/registrations/me"), user=dancer)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code_of(gateway: Gateway, registration: dict[str, Any], dancer: UUID) -> str:
    answer = gateway.get(of(registration, "/code"), user=dancer)
    assert answer.status == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["code"])
