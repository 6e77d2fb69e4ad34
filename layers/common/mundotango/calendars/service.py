"""What stands in the calendars that others read: of one event, of a city, of one person."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from mundotango import ids
from mundotango.calendars import policy
from mundotango.calendars.model import Feed, Mark, Once, Series
from mundotango.errors import NotFound
from mundotango.events.model import Dated, Event
from mundotango.events.service import get_event
from mundotango.links import link_path, token_hash
from mundotango.occurrences.model import Occurrence
from mundotango.ports import Clock
from mundotango.venues.model import Venue
from mundotango.work import UnitOfWork

_NO_LINK = "this link is unknown or expired"


def open_feed(work: UnitOfWork, user_id: UUID, clock: Clock) -> tuple[Feed, str]:
    """A new address for this person's calendar, which is told now and never again; the one before ends."""
    token = ids.new_secret()
    feed = Feed(user_id, token_hash(token), clock.now())
    work.calendars.put_feed(feed)
    return feed, link_path(token, "calendar.ics")


def get_feed(work: UnitOfWork, user_id: UUID) -> Feed:
    feed = work.calendars.find_feed(user_id)
    if feed is None:
        raise NotFound("you have no calendar to subscribe to; make one")
    return feed


def close_feed(work: UnitOfWork, user_id: UUID) -> None:
    """Nobody reads it any more; again is no error."""
    work.calendars.remove_feed(user_id)


def read_feed(work: UnitOfWork, token: str, clock: Clock) -> list[Once]:
    """What whoever made the link comes to, by the time it starts."""
    user_id = work.calendars.find_owner(token_hash(token))
    if user_id is None:
        raise NotFound(_NO_LINK)
    marks = {
        mark.occurrence_id: mark
        for mark in work.calendars.list_marks(user_id, clock.now() - policy.PAST, policy.MOST_OF_ONES_OWN)
    }
    found = work.events.list_at(list(marks))
    return [_marked(dated, marks[dated.occurrence.id]) for dated in found]


def read_event(work: UnitOfWork, event_id: UUID, clock: Clock) -> Series:
    dated = get_event(work, event_id, clock)
    return _series(work, [dated.event], clock.now())[0]


def read_city(work: UnitOfWork, city: str, clock: Clock) -> tuple[list[Series], list[Once]]:
    """What is at home in the city and takes place from now on; and times in it of what is at home elsewhere."""
    now = clock.now()
    next_times = work.events.list_at(work.calendars.list_in_city(city, now, policy.MOST_OF_A_CITY))
    guests = work.events.list_at(work.calendars.list_guests_of_city(city, now, policy.MOST_OF_A_CITY))
    events = [dated.event for dated in next_times]
    return _series(work, events, now), [_once(dated, dated.occurrence.changed_at) for dated in guests]


def _marked(dated: Dated, mark: Mark) -> Once:
    return _once(dated, mark.changed_at, tentative=mark.tentative)


def _once(dated: Dated, changed_at: datetime, *, tentative: bool = False) -> Once:
    latest = max(dated.event.changed_at, dated.occurrence.changed_at, changed_at)
    return Once(dated, tentative, latest)


def _series(work: UnitOfWork, events: Sequence[Event], now: datetime) -> list[Series]:
    """In the order given. Of what is past long ago only what the rule says is told."""
    rows = work.occurrences.list_since([event.id for event in events], now - policy.PAST)
    times = {event_id: tuple(each) for event_id, each in groupby(rows, key=lambda row: row.event_id)}
    wanted = {event.venue_id for event in events} | {row.venue_id for row in rows}
    venues = work.venues.list_of(list(wanted))
    return [_with_times(event, times.get(event.id, ()), venues) for event in events]


def _with_times(event: Event, occurrences: tuple[Occurrence, ...], venues: dict[UUID, Venue]) -> Series:
    """What is cancelled with a festival is as a whole, though it does not say so itself. Nor does a time that a change
    of the rule called off, by which the series is not."""
    said = [each.status for each in occurrences if each.own.status is None] or [event.status]
    usual = next((status for status in said if status != "cancelled"), said[0])
    return Series(event, usual, occurrences, venues)
