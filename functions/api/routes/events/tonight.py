from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from functions.api.access import access
from functions.api.cached import remember_told
from functions.api.caching import FRESH, until_changed
from functions.api.dependencies import PlatformDep
from functions.api.schemas.problems import public_refusals
from functions.api.schemas.tonight import Tonight, Where
from mundotango.cache_keys import tonight_key
from mundotango.forgetting.policy import tags_of_tonight, tonight_lasts
from mundotango.posts.model import moment_payload
from mundotango.tonight.model import Listed
from mundotango.tonight.service import list_tonight

# What is called off is seen within half a minute: the edge forgets what it had 15 s later, when nothing here has it any
# more, and a browser keeps it for 20 s.
KEPT_SECONDS = 5

router = APIRouter(prefix="/api/public", tags=["events"])


@router.get("/events/tonight", responses=public_refusals(400, 503), response_model=Tonight)
@access(200, anonymous=200)
async def tonight(platform: PlatformDep, where: Annotated[Where, Query()]) -> Response:
    """Where to dance tonight, anywhere in the world: by the clocks there, until six in the morning.

    `near=me` in the place's stead is for the edge, which sends the client on to the cell it is in.
    """
    area = where.area()

    def load() -> tuple[Tonight, dict[str, str]]:
        now = platform.clock.now()
        with platform.unit_of_work() as work:
            found, more = list_tonight(work, area, platform.clock)
        told = Tonight.model_validate({"items": [_item(each) for each in found], "more": more})
        return told, until_changed(tags_of_tonight(area), FRESH, tonight_lasts(found, now))

    return remember_told(platform.cache, tonight_key(area), KEPT_SECONDS, load)


def _item(listed: Listed) -> dict[str, Any]:
    return {
        "id": listed.event_id,
        "occurrence_id": listed.id,
        "title": listed.title,
        "kind": listed.kind,
        "status": listed.status,
        "starts_at": moment_payload(listed.starts_at),
        "ends_at": moment_payload(listed.ends_at),
        "zone": listed.zone,
        "venue_name": listed.venue_name,
        "address": listed.address,
        "latitude": listed.latitude,
        "longitude": listed.longitude,
        "price": listed.price,
        "currency": listed.currency,
        "changed_at": moment_payload(listed.changed_at),
    }
