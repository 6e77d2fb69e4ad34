"""Under which keys the cache has what it keeps of people, their posts and their events.

For those who keep it there, for those who make it outdated, and for whoever erases somebody, who would leave behind
what is spelt otherwise elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from mundotango.tonight.model import Area


def profile_key(user_id: UUID) -> str:
    """A profile, its counts among it."""
    return f"user:{user_id}"


def handle_key(handle: str) -> str:
    """Whose a handle is."""
    return f"handle:{handle}"


def relation_key(reader_id: UUID, person_id: UUID) -> str:
    """How a reader stands to a person."""
    return f"relation:{reader_id}:{person_id}"


def standing_key(user_id: UUID) -> str:
    """Whether a person is suspended."""
    return f"standing:{user_id}"


def posts_key(user_id: UUID) -> str:
    """All pages of what everybody sees of a person's posts."""
    return f"posts:{user_id}"


def post_key(post_id: UUID) -> str:
    """A post as everybody sees it, with the headers of that answer."""
    return f"post:{post_id}:told"


def events_key(city: str | None) -> str:
    """All lists of the events of a city, by its key, whatever else was asked; without one, those of all cities."""
    return "events" if city is None else f"events:{city}"


def tonight_key(area: Area) -> str:
    """What is on tonight there, with the headers of that answer."""
    if isinstance(area, str):
        return f"on:city:{area}"
    return f"on:cell:{area.latitude}:{area.longitude}:{area.metres}"


def events_of(cities: Iterable[str]) -> list[str]:
    """What changes when something takes place in these cities, or does no more."""
    found = [events_key(city) for city in sorted(cities)]
    return [*found, events_key(None)] if found else []


def shown_of(user_id: UUID) -> list[str]:
    """What changes when somebody's posts become more or fewer, or others no longer see what they saw of them."""
    return [profile_key(user_id), posts_key(user_id)]


def cached_of(user_id: UUID, handle: str | None) -> list[str]:
    """All that is kept of a person for longer than a relation is."""
    return [*shown_of(user_id), standing_key(user_id), *([handle_key(handle)] if handle else [])]
