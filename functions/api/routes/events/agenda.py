from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from functions.api.access import access
from functions.api.cached import remember_answer
from functions.api.caching import AHEAD
from functions.api.dependencies import PlatformDep
from functions.api.schemas.agenda import FacetsBody, FeatureCollectionBody, Filters, ListFilters
from functions.api.schemas.events import EventBody, EventPage
from functions.api.schemas.problems import public_refusals
from mundotango.agenda import model, service
from mundotango.agenda.model import Facets, Pin
from mundotango.bootstrap import Platform
from mundotango.cache_keys import events_key
from mundotango.events.model import event_payload
from mundotango.posts.model import moment_payload
from mundotango.work import UnitOfWork

LIST_SECONDS = 60


class GeoJson(JSONResponse):
    """For the description: what is answered is bytes already."""

    media_type = "application/geo+json"


router = APIRouter(prefix="/api/public", tags=["events"])


@router.get("/events", responses=public_refusals(400, 503), response_model=EventPage)
@access(200, anonymous=200)
async def list_events(platform: PlatformDep, filters: Annotated[ListFilters, Query()]) -> Response:
    """What takes place, by the time it starts: each time of a series by itself, also one that is cancelled."""
    query = filters.query()

    def load(work: UnitOfWork) -> EventPage:
        page = service.list_events(work, query, cursor=filters.cursor, limit=filters.limit, clock=platform.clock)
        items = [EventBody.model_validate(event_payload(dated)) for dated in page.items]
        return EventPage(items=items, next_cursor=page.next_cursor)

    return _kept(platform, query, load, "list", filters.cursor, filters.limit)


@router.get("/events/facets", responses=public_refusals(503), response_model=FacetsBody)
@access(200, anonymous=200)
async def count_facets(platform: PlatformDep, filters: Annotated[Filters, Query()]) -> Response:
    """How much of what a list by the same question holds is of which kind, where, and free."""
    query = filters.query()

    def load(work: UnitOfWork) -> FacetsBody:
        return FacetsBody.model_validate(_facets_payload(service.count_facets(work, query, clock=platform.clock)))

    return _kept(platform, query, load, "facets")


@router.get(
    "/events.geojson",
    responses=public_refusals(503),
    response_class=GeoJson,
    response_model=FeatureCollectionBody,
)
@access(200, anonymous=200)
async def map_events(platform: PlatformDep, filters: Annotated[Filters, Query()]) -> Response:
    """The same for a map, as RFC 7946 has it: what starts first, and whether there is more."""
    query = filters.query()

    def load(work: UnitOfWork) -> FeatureCollectionBody:
        pins, more = service.list_pins(work, query, clock=platform.clock)
        return FeatureCollectionBody.model_validate({"features": [_feature(pin) for pin in pins], "more": more})

    return _kept(platform, query, load, "map", media_type=GeoJson.media_type)


def _kept(
    platform: Platform,
    query: model.Query,
    load: Callable[[UnitOfWork], BaseModel],
    *asked: object,
    media_type: str = "application/json",
) -> Response:
    """From the cache, or from the primary: a reader may lag behind what made the key outdated."""

    def loaded() -> BaseModel:
        with platform.unit_of_work() as work:
            return load(work)

    key = events_key(query.city)
    return remember_answer(
        platform.cache, key, LIST_SECONDS, loaded, asked=(query, *asked), media_type=media_type, keepers=AHEAD
    )


def _facets_payload(facets: Facets) -> dict[str, Any]:
    return {
        "total": facets.total,
        "more": facets.more,
        "free": facets.free,
        "kinds": [{"value": kind, "count": count} for kind, count in facets.kinds.items()],
        "countries": [{"value": country, "count": count} for country, count in facets.countries.items()],
        "cities": facets.cities,
    }


def _feature(pin: Pin) -> dict[str, Any]:
    return {
        "id": pin.id,
        "geometry": {"coordinates": [pin.longitude, pin.latitude]},
        "properties": {
            "event_id": pin.event_id,
            "title": pin.title,
            "kind": pin.kind,
            "status": pin.status,
            "starts_at": moment_payload(pin.starts_at),
            "ends_at": moment_payload(pin.ends_at),
            "zone": pin.zone,
            "venue_name": pin.venue_name,
            "city": pin.city,
        },
    }
