"""When and how an event takes place, of what it says of its series and what one time has of its own."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mundotango.errors import Said
from mundotango.events.model import Event, EventStatus
from mundotango.occurrences.model import Occurrence, Own, Plan
from mundotango.text import refused

# So far ahead a series stands in the lists: a year, and the week until its occurrences are made again.
MADE_EACH = timedelta(days=7)
HORIZON = timedelta(days=366) + MADE_EACH
# Who begins at half past midnight begins in the evening before, and nobody's night begins at six.
NIGHT_ENDS = timedelta(hours=6)

# Of what takes place within it, somebody may be on their way.
SOON = timedelta(days=1)

OWN: tuple[EventStatus, ...] = ("published", "cancelled", "postponed")


def night_of(starts: datetime) -> date:
    return (starts - NIGHT_ENDS).date()


def is_soon(occurrence: Occurrence, now: datetime) -> bool:
    """Whether it goes on or starts within a day, so that who looks at it must soon learn that it is called off."""
    return occurrence.ends_at > now and occurrence.starts_at - now <= SOON


def status_of(event: Event, parent: EventStatus | None, own: Own) -> EventStatus:
    """What is not published as a whole is in no part, and what a festival is its sessions are: a draft nobody sees
    through a festival that is cancelled, and what is cancelled is so in a festival that is postponed."""
    said = (parent, event.status, own.status)
    return next((status for status in ("draft", "cancelled", "postponed") if status in said), "published")


def own_status(value: str | None) -> EventStatus | None:
    """Of one time; None where it is as in the series."""
    if value is None:
        return None
    for status in OWN:
        if value == status:
            return status
    raise refused("status", Said("must be one of {choices}", choices=", ".join(OWN)))


def wall_times(event: Event, original: datetime, own: Own) -> tuple[datetime, datetime]:
    """Start and end by the clocks of the zone."""
    if own.starts is not None and own.ends is not None:
        return own.starts, own.ends
    return original, original + (event.ends - event.starts)


def planned(event: Event, known: Sequence[Occurrence], starts: Sequence[datetime], now: datetime) -> Plan:
    """Which occurrences are which after a change of the series.

    One at the same start stays itself, and so does one whose day has a start at another hour, and the only one of an
    event that is no series, wherever it moves. What is over in a series stays as it was, also when it is none any more,
    and starts that would be over already are made only where there is nothing else.
    """
    by_start = {each.original: each for each in known}
    kept = {start: by_start[start] for start in starts if start in by_start}
    open_starts = [start for start in starts if start not in kept]
    series = in_series(event, known)
    loose = [each for each in known if each.original not in kept and not (series and each.ends_at <= now)]
    live = [each for each in loose if each.status != "cancelled"] or loose
    if not event.repeats and len(live) == 1:
        pairs = dict(zip(open_starts, live, strict=False))
    else:
        pairs = _by_day(open_starts, loose)
    paired = {each.id for each in pairs.values()}
    fresh = [start for start in open_starts if start not in pairs]
    ahead = [start for start in fresh if not _is_over(event, start, now)] if known else fresh
    return Plan(
        kept=kept | pairs,
        fresh=ahead if ahead or kept or pairs else fresh,
        gone=[each for each in loose if each.id not in paired],
    )


def in_series(event: Event, known: Sequence[Occurrence]) -> bool:
    """Whether what is over stays as it was: an event that never took place but once is itself, whenever that was."""
    return event.repeats or len(known) > 1


def _is_over(event: Event, start: datetime, now: datetime) -> bool:
    return start + (event.ends - event.starts) <= now.astimezone(ZoneInfo(event.zone)).replace(tzinfo=None)


def _by_day(starts: Iterable[datetime], loose: Iterable[Occurrence]) -> dict[datetime, Occurrence]:
    """By the night, for a milonga that moves from 23:30 to 00:30 is the same evening's."""
    by_night = {night_of(each.original): each for each in loose}
    pairs: dict[datetime, Occurrence] = {}
    for start in starts:
        occurrence = by_night.pop(night_of(start), None)
        if occurrence is not None:
            pairs[start] = occurrence
    return pairs
