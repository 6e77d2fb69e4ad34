"""From bytes to pixels. Bytes are sniffed and not believed; size and cost are looked at before anything is decoded.

A JPEG is decoded at the scale just above the largest variant (`draft`). What goes wrong while decoding is the file's
fault, whatever exception it is: decoders raise nearly all of them.
"""

import io
import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image

from functions.image_worker.formats import load_codec, sniff
from functions.image_worker.inspection import check_cost, check_scaled_cost, inspect
from functions.image_worker.profiles import Profile, profile_of
from mundotango.errors import BadImage
from mundotango.media import policy

SIDEWAYS = (5, 6, 7, 8)

Size = tuple[int, int]


class Picture(NamedTuple):
    """A decoded picture as it was stored, perhaps at a smaller scale; `size` is the upright size at full scale."""

    image: Image.Image
    format: str
    size: Size
    orientation: int
    profile: Profile | None


def decode(data: bytes, needed: Callable[[Size], Size]) -> Picture:
    """`needed` says of the upright size which one to decode at least, where the format can do with less.

    Raises:
        BadImage: it says to the sender what is wrong.
    """
    format = sniff(data)
    if format is None:
        raise BadImage(policy.NOT_A_PICTURE if data else policy.EMPTY)
    passes = inspect(data, format)
    load_codec(format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=[format])
            _check_size(image.size)
            check_cost(image, passes)
            if format != "JPEG":
                # Asked for its EXIF, a PNG would load itself, and what is wrong with it be taken for broken EXIF.
                image.load()
            orientation = _orientation(image)
            size = image.size[::-1] if orientation in SIDEWAYS else image.size
            least = needed(size)
            image.draft("RGB", least[::-1] if orientation in SIDEWAYS else least)
            check_scaled_cost(image, passes)
            image.load()
        except BadImage:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise BadImage(policy.TOO_LARGE) from error
        except Exception as error:
            raise BadImage(policy.DAMAGED) from error
    return Picture(image, format, size, orientation, profile_of(image, data))


def _check_size(size: Size) -> None:
    if math.prod(size) > policy.MAX_PIXELS:
        raise BadImage(policy.TOO_LARGE)


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; 1 where that is unreadable, which is no reason to refuse a picture."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 (broken EXIF raises anything)
        return 1
    return value if value in range(1, 9) else 1
