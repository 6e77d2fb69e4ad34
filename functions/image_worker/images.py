"""From uploaded bytes to the pictures that are served; each is made from the one before, the widest first.

What goes wrong while decoding is the file's fault. What goes wrong afterwards is ours, and is raised as it is, so that
the queue tries again.
"""

from functools import partial

from PIL import Image, ImageOps

from functions.image_worker.colors import upright_srgb
from functions.image_worker.decoding import Picture, Size, decode
from functions.image_worker.encoding import WEBP, WEBP_MAX_SIDE, encode
from functions.image_worker.impression import impression
from functions.image_worker.metadata import strip
from mundotango.errors import BadImage
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose, Rendition


def compress(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Compressed:  # noqa: ARG001
    """Variants, measures and the original without its metadata; BadImage says to the sender what is wrong."""
    widths = policy.WIDTHS[purpose]
    picture = decode(data, partial(_fit, width=max(widths)))
    original, original_type = _original(data, picture)
    renditions: list[Rendition] = []
    image = picture.image
    for width in sorted({min(width, picture.size[0]) for width in widths}, reverse=True):
        size = _fit(picture.size, width)
        image = image.resize(size, Image.Resampling.LANCZOS) if renditions else upright_srgb(picture, size)
        renditions.append(Rendition(*size, "webp", encode(image, "WEBP", **WEBP)))
    blur, color = impression(image)
    return Compressed(
        *picture.size,
        blurhash=blur,
        color=color,
        animated=False,
        attribution=None,
        renditions=tuple(reversed(renditions)),
        original=original,
        original_type=original_type,
    )


def _fit(size: Size, width: int) -> Size:
    """The size at this width, in proportion; narrower than asked only where WebP could not be so high."""
    scale = min(width / size[0], WEBP_MAX_SIDE / size[1], 1)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _original(data: bytes, picture: Picture) -> tuple[bytes, str]:
    """The picture to keep: the uploaded pixel data itself, or for formats we cannot take apart, encoded anew."""
    if picture.format not in ("AVIF", "HEIF"):
        try:
            return strip(data, picture.format, picture.orientation), f"image/{picture.format.lower()}"
        except ValueError as error:
            raise BadImage(policy.DAMAGED) from error
    image = ImageOps.exif_transpose(picture.image)
    image.info = {}
    if image.has_transparency_data:
        return encode(image, "PNG", compress_level=1, icc_profile=picture.profile), "image/png"
    return encode(image.convert("RGB"), "JPEG", quality=95, icc_profile=picture.profile), "image/jpeg"
