"""Who dances in the evening: people with profiles who are signed in, somebody's event with places, and some posts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from devstack.people import Person
from devstack.pictures import photograph
from devstack.stack import Stack

# On the ice, where no reader's list looks.
LATITUDE, LONGITUDE = -85.0, 12.5
POSTS = 20


def make(stack: Stack, many: int, folder: Path, progress: Callable[[int], None]) -> tuple[Path, list[Person]]:
    """A file for evening.py, and the people in it, whom `remove` takes away again."""
    tag = secrets.token_hex(4)
    people = [_person(stack, f"{tag}{number}") for number in range(many)]
    for number, person in enumerate(people, start=1):
        _join(person)
        progress(number)
    organiser = people[0]
    for person in people[1:]:
        person.follow(organiser.profile["handle"])
    city = f"Ensayo {tag}"
    posts = [organiser.post(f"Esta noche bailamos. {number}", city=city)["id"] for number in range(POSTS)]
    picture = folder / "picture.jpg"
    picture.write_bytes(photograph("riverside", seed=1))
    town = {
        "site_url": stack.site_url,
        "socket_url": stack.socket_url,
        "people": [{"token": person.token, "handle": person.profile["handle"]} for person in people],
        "posts": posts,
        "event": _event(organiser, city) | {"latitude": LATITUDE, "longitude": LONGITUDE},
        "picture": str(picture),
    }
    path = folder / "town.json"
    path.write_text(json.dumps(town), encoding="utf-8")
    return path, people


def remove(people: list[Person]) -> None:
    """Their identities; what they made stays in a city of its own."""
    for person in people:
        person.remove()


def _person(stack: Stack, tag: str) -> Person:
    return Person(stack, f"dancer.{tag}@example.org", f"Corrientes-348-{secrets.token_hex(8)}")


def _join(person: Person) -> None:
    person.make()
    person.sign_in()
    handle = person.email.partition("@")[0].replace(".", "_")
    person.create_profile(handle=handle, display_name="Dancer", city="Ensayo")


def _event(organiser: Person, city: str) -> dict[str, Any]:
    starts_at = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    event = {
        "title": "Milonga del ensayo", "kind": "milonga", "city": city, "country": "AR", "venue_name": "Hielo",
        "latitude": LATITUDE, "longitude": LONGITUDE, "zone": "America/Argentina/Buenos_Aires",
        "starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=5)).isoformat(),
    }  # fmt: skip
    made = organiser.ask("POST", "/api/events", 201, json=event)
    organiser.ask("PUT", f"/api/events/{made['id']}/registration", json={"capacity": 500})
    return {"id": made["id"], "occurrence_id": made["occurrence_id"]}
