"""What a picture's bytes tell: which way up it is, and what they say besides. None of it by the platform's own code."""

import io

from PIL import ExifTags, Image, ImageChops, ImageOps, ImageStat

_BESIDES = ("exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment")
_SIDE = 24  # pixels; enough to tell the eight ways of laying down a photograph


def turn(body: bytes) -> int:
    """How the camera was held, by EXIF."""
    with Image.open(io.BytesIO(body)) as image:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def has_place(body: bytes) -> bool:
    with Image.open(io.BytesIO(body)) as image:
        return bool(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))


def said(image: Image.Image) -> list[str]:
    """All that comes with the pixels and is no measure of them."""
    exif = [ExifTags.TAGS.get(tag, str(tag)) for tag in image.getexif()]
    return exif + [name for name in _BESIDES if image.info.get(name)]


def lies(image: Image.Image, sent: bytes) -> str:
    """How a variant lies beside what was sent, as it is to be seen: `upright`, or the turn that it most looks like."""
    with Image.open(io.BytesIO(sent)) as source:
        source.draft("RGB", (8 * _SIDE, 8 * _SIDE))
        expected = _small(ImageOps.exif_transpose(source))
    seen = _small(image)
    ways = {"upright": expected} | {one.name: expected.transpose(one) for one in Image.Transpose}
    return min(ways, key=lambda way: sum(ImageStat.Stat(ImageChops.difference(ways[way], seen)).sum))


def _small(image: Image.Image) -> Image.Image:
    return image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
