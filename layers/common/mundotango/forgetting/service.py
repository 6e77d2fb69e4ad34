"""What an act has the edge forget, recorded with the act itself: what was committed is announced."""

from collections.abc import Iterable
from uuid import UUID

from mundotango.commands.service import edge_forgetting
from mundotango.forgetting.policy import city_tag, event_tag, person_tag, post_tag, square_tag, venue_tag
from mundotango.ports import Clock
from mundotango.tonight.repository import Whose
from mundotango.work import UnitOfWork


def tonight_tags(work: UnitOfWork, whose: Whose, of: UUID, clock: Clock) -> set[str]:
    """Of the places where what is on soon is this one's. Asked before a change and after it, both are forgotten."""
    places = work.tonight.list_places(whose, of, clock.now())
    return {tag for place in places for tag in (city_tag(place.city_key), square_tag(place.latitude, place.longitude))}


def forget_tonight(work: UnitOfWork, tags: Iterable[str], clock: Clock) -> None:
    _forget(work, tags, clock)


def forget_post(work: UnitOfWork, post_id: UUID, clock: Clock) -> None:
    _forget(work, [post_tag(post_id)], clock)


def forget_event(work: UnitOfWork, event_id: UUID, tonight: Iterable[str], clock: Clock) -> None:
    _forget(work, [event_tag(event_id), *tonight], clock)


def forget_venue(work: UnitOfWork, venue_id: UUID, tonight: Iterable[str], clock: Clock) -> None:
    _forget(work, [venue_tag(venue_id), *tonight], clock)


def forget_person(work: UnitOfWork, user_id: UUID, clock: Clock) -> None:
    """Wherever they are named or pictured."""
    _forget(work, [person_tag(user_id)], clock)


def forget_presence(work: UnitOfWork, user_id: UUID, clock: Clock) -> None:
    """Who goes, or returns, and what they announced for tonight with them."""
    _forget(work, [person_tag(user_id), *tonight_tags(work, "organiser", user_id, clock)], clock)


def _forget(work: UnitOfWork, tags: Iterable[str], clock: Clock) -> None:
    named = sorted(set(tags))
    if named:
        work.record(edge_forgetting(named, clock))
