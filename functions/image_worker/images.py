"""From uploaded bytes to the pictures that are served; each is made from the one before, the widest first.

What goes wrong while decoding is the file's fault. What goes wrong afterwards is ours, and is raised as it is, so that
the queue tries again.

Nothing is served that has more bytes than were sent. What would is replaced by the picture that was sent, without its
metadata; where browsers do not show that, or it is no substitute for a crop, by a smaller one.
"""

import math
from functools import partial
from typing import NamedTuple

from PIL import Image

from functions.image_worker.animation import animate, moves
from functions.image_worker.attribution import Attribution, attribution, exif_block
from functions.image_worker.colors import upright_srgb
from functions.image_worker.cropping import attentive_box, part_of
from functions.image_worker.decoding import SIDEWAYS, Picture, Size, decode
from functions.image_worker.encoding import WEBP_MAX_SIDE, avif, frugal_webp, lossless_webp, webp
from functions.image_worker.impression import impression
from functions.image_worker.metadata import strip
from mundotango.errors import BadImage
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose, Rendition

# Where lossy WebP says more than was sent, lossless may not: of pictures that came lossless, mostly flat graphics.
_LOSSLESS = ("PNG", "GIF")
# What browsers show as it was sent, and as upright, although it lies on its side. HEIC only Safari shows.
_SHOWN = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_TURNED_BY_BROWSERS = ("JPEG", "AVIF")
# The best first; an original of another format comes after them.
_ORDER = {"avif": 0, "webp": 1}


class _Sent(NamedTuple):
    """What the renditions are made of: the widest one's pixels, and what else is known of the picture sent.

    `whole` is the sent picture where it may be served as it is.
    """

    size: Size
    image: Image.Image
    sizes: list[Size]
    moving: list[Rendition]
    whole: Rendition | None
    original: bytes
    original_type: str
    limit: int
    exif: bytes
    lossless: bool


def compress(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> Compressed:
    """Variants, measures and the original without its metadata; BadImage says to the sender what is wrong."""
    said, sent = _read(data, purpose, keep_attribution=keep_attribution)
    image, renditions = (sent.image, sent.moving) if sent.moving else _stills(sent)
    if all(one.format == "avif" for one in renditions):
        renditions.append(_frugal(sent))
    blur, color = impression(image)
    return Compressed(
        *sent.size,
        blurhash=blur,
        color=color,
        animated=bool(sent.moving),
        attribution=str(said) or None,
        renditions=_offered(renditions, max(one.width for one in renditions) if sent.moving else sent.image.width),
        original=sent.original,
        original_type=sent.original_type,
    )


def _read(data: bytes, purpose: Purpose, *, keep_attribution: bool) -> tuple[Attribution, _Sent]:
    """All that needs the decoded picture, which is forgotten afterwards: it is what most memory goes to."""
    aspect, widest = policy.ASPECTS.get(purpose), max(policy.WIDTHS[purpose])
    picture = decode(data, partial(_needed, aspect=aspect, width=widest))
    said = attribution(picture.image) if keep_attribution else Attribution()
    original = _original(data, picture, said)
    animated = moves(picture) and purpose in policy.ANIMATED
    part = part_of(picture.size, aspect) if aspect else picture.size
    sizes = _sizes(part, policy.WIDTHS[purpose])
    image = upright_srgb(_cut(picture, aspect) if aspect else picture, sizes[0])
    sent = _Sent(
        size=picture.size,
        image=image,
        sizes=sizes,
        moving=[],
        whole=_whole(picture, original, len(data), animated=animated) if part == picture.size else None,
        original=original,
        original_type="image/heic" if picture.format == "HEIF" else f"image/{picture.format.lower()}",
        limit=len(data),
        exif=exif_block(said),
        lossless=picture.format in _LOSSLESS,
    )
    return said, _moving(picture, sent) if animated else sent


def _needed(size: Size, *, aspect: tuple[int, int] | None, width: int) -> Size:
    """The least size of the whole picture from which the widest variant can be made."""
    part = part_of(size, aspect) if aspect else size
    scale = _fit(part, width)[0] / part[0]
    return max(1, math.ceil(size[0] * scale)), max(1, math.ceil(size[1] * scale))


def _sizes(part: Size, widths: tuple[int, ...]) -> list[Size]:
    """The widest first; of a picture much higher than wide several widths come to the same."""
    return list(dict.fromkeys(_fit(part, width) for width in sorted(widths, reverse=True)))


def _fit(size: Size, width: int) -> Size:
    """The size at this width, in proportion; narrower than asked where it would be too high."""
    most = math.sqrt(policy.MAX_VARIANT_PIXELS / math.prod(size))
    scale = min(width / size[0], WEBP_MAX_SIDE / size[1], most, 1)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _cut(picture: Picture, aspect: tuple[int, int]) -> Picture:
    """As it is stored, perhaps lying on its side: so the aspect lies, too."""
    image = picture.image
    part = part_of(image.size, aspect[::-1] if picture.orientation in SIDEWAYS else aspect)
    return picture if part == image.size else picture._replace(image=image.crop(attentive_box(image, part)))


def _original(data: bytes, picture: Picture, said: Attribution) -> bytes:
    in_exif = picture.orientation if picture.format not in ("AVIF", "HEIF") else 1
    try:
        return strip(data, picture.format, exif_block(said, in_exif))
    except ValueError as error:
        raise BadImage(policy.DAMAGED) from error


def _whole(picture: Picture, original: bytes, limit: int, *, animated: bool) -> Rendition | None:
    upright = picture.orientation == 1 or picture.format in _TURNED_BY_BROWSERS
    shown = picture.format in _SHOWN and upright and math.prod(picture.size) <= policy.MAX_SHOWN_PIXELS
    still = not getattr(picture.image, "is_animated", False) or picture.format == "JPEG"
    if not shown or len(original) > limit or not (still or animated):
        return None
    return Rendition(*picture.size, picture.format.lower(), original)


def _moving(picture: Picture, sent: _Sent) -> _Sent:
    """With its animated renditions; as a still where it does not really move, or says too much however it is shown."""
    sizes = _sizes(picture.size, policy.ANIMATED_WIDTHS)
    made = animate(picture, sizes, sent.exif)
    whole = sent.whole if made and made.whole else None
    moving = [
        Rendition(*size, "webp", data)
        for size, data in (zip(sizes, made.encoded, strict=True) if made else ())
        if len(data) <= sent.limit
    ]
    if whole and len(moving) < len(sizes):
        moving.append(whole)
    return sent._replace(moving=moving, image=made.first if made and moving else sent.image, whole=None)


def _stills(sent: _Sent) -> tuple[Image.Image, list[Rendition]]:
    """With the narrowest one's pixels."""
    image, renditions = sent.image, []
    for size in sent.sizes:
        image = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
        renditions += [one for one in _encoded(image, sent) if len(one.data) <= sent.limit]
    if not any(one.format == "webp" and one.width == sent.image.width for one in renditions):
        renditions.append(sent.whole or _frugal(sent))
    return image, renditions


def _encoded(image: Image.Image, sent: _Sent) -> tuple[Rendition, ...]:
    lossy = webp(image, sent.exif)
    shown = lossless_webp(image, sent.exif) if sent.lossless and len(lossy) > sent.limit else lossy
    return Rendition(*image.size, "avif", avif(image, sent.exif)), Rendition(*image.size, "webp", shown)


def _frugal(sent: _Sent) -> Rendition:
    image, data = frugal_webp(sent.image, sent.exif, sent.limit)
    return Rendition(*image.size, "webp", data)


def _offered(renditions: list[Rendition], asked: int) -> tuple[Rendition, ...]:
    """As `<picture>` lists them, by format and width; of two with one name the first.

    A browser takes the first format it knows, however narrow that is: so one that ends before a later one does is no
    offer, up to the width that was asked for.
    """
    named = {(one.format, one.width): one for one in reversed(renditions)}
    formats = sorted({one.format for one in renditions}, key=lambda format: (_ORDER.get(format, len(_ORDER)), format))
    widest = {format: max(width for name, width in named if name == format) for format in formats}
    offered: list[Rendition] = []
    for at, format in enumerate(formats):
        if all(widest[format] >= min(asked, widest[later]) for later in formats[at + 1 :]):
            offered += sorted((one for one in named.values() if one.format == format), key=lambda one: one.width)
    return tuple(offered)
