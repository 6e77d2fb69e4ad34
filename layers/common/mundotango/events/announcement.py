"""What others are told of an event: those who look at its city, and those who look at it."""

from collections.abc import Iterable
from uuid import UUID

from mundotango.events.model import Dated, event_payload
from mundotango.ids import new_id
from mundotango.ports import Clock
from mundotango.realtime.model import Activity, Kind, city_channel, event_channel, fits
from mundotango.work import UnitOfWork


def announce(work: UnitOfWork, kind: Kind, dated: Dated, cities: Iterable[str], actor_id: UUID, clock: Clock) -> None:
    """As the API answers it, to everybody the same; of one that no frame can carry, which it is.

    Nobody can look at an event yet that is new.
    """
    channels = [city_channel(city) for city in sorted(cities)]
    if kind != "event.created":
        channels.append(event_channel(dated.event.id))
    payload = event_payload(dated)
    told = payload if fits(payload) else {"id": payload["id"]}
    for channel in channels:
        work.record(
            Activity(
                id=new_id(),
                kind=kind,
                actor_id=actor_id,
                channel=channel,
                payload=told,
                occurred_at=clock.now(),
            )
        )
