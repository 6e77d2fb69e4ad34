"""Which night it is, and which of the few places there are somebody asks for.

A night belongs to the place: it begins and ends at six there (occurrences/policy.py), so a milonga from 22:30 to 04:00
is Friday's at two on Saturday morning, and nobody's tonight any more at six.
"""

import math
from datetime import timedelta

from mundotango import places, text
from mundotango.errors import Said
from mundotango.text import refused
from mundotango.tonight.model import Area, Cell

RADII_KM = (5, 10, 25, 50, 100)
# From this radius on cells are twice as wide, so that a city is in few of them; edge/public_query.js knows it too.
WIDE_FROM_KM = 25
# Cells to a degree: squares of 11 or 22 km at the equator, smaller elsewhere.
CELLS, WIDE_CELLS = 10, 5
# From the middle of a cell to its corner, at most: half the diagonal of 11.13 by 11.13 km, and of twice that.
TO_THE_CORNER, TO_THE_WIDE_CORNER = 7_900, 15_800
DEFAULT_RADIUS_KM = 25

# So many are told, and that there are more.
MOST = 40
# A night has 24 hours, or 25 where clocks are set back in it.
LONGEST_NIGHT = timedelta(hours=25)
# What lasts longer goes on tonight though it began on another night.
LONGER_THAN_A_NIGHT = timedelta(hours=24)


def area(
    *,
    city: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    radius_km: float | None = None,
) -> Area:
    """A city, or what is near a point; nothing of how it was spelt is left."""
    if city is not None:
        if latitude is not None or longitude is not None or radius_km is not None:
            raise refused("city", "says where already; leave latitude, longitude and radius_km out")
        return text.key(places.city(city))
    if latitude is None or longitude is None:
        missing = "latitude" if latitude is None else "longitude"
        raise refused(missing, "must be given with the other of the two, or a city")
    return _cell(places.latitude(latitude), places.longitude(longitude), _radius(radius_km))


def _cell(latitude: float, longitude: float, radius_km: int) -> Cell:
    """The poles belong to the cells beside them, and the antimeridian to the one east of it."""
    wide = radius_km >= WIDE_FROM_KM
    cells, corner = (WIDE_CELLS, TO_THE_WIDE_CORNER) if wide else (CELLS, TO_THE_CORNER)
    south = min(math.floor(latitude * cells), places.LARGEST_LATITUDE * cells - 1)
    west = math.floor(longitude * cells)
    if west == places.LARGEST_LONGITUDE * cells:
        west = -west
    return Cell((south + 0.5) / cells, (west + 0.5) / cells, radius_km * 1000 + corner)


def _radius(radius_km: float | None) -> int:
    """The next that there is: whoever asks for 7 km sees all within them."""
    wanted = DEFAULT_RADIUS_KM if radius_km is None else radius_km
    if not math.isfinite(wanted) or wanted <= 0:
        raise refused("radius_km", "must be more than 0")
    for radius in RADII_KM:
        if wanted <= radius:
            return radius
    raise refused("radius_km", Said("must be at most {most}", most=RADII_KM[-1]))
