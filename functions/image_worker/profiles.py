"""What a picture's numbers are as colours: said by its ICC profile, or in AVIF and HEIC by the numbers of `nclx`."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PIL import Image

from functions.image_worker.icc import MAX_BYTES
from functions.image_worker.isobmff import Box, boxes

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

# A list of elements to be worked through, which may name one element of 100 KB many thousand times: lcms keeps each.
_ELEMENTS = b"mpet"
# H.273: the primaries of Display P3; the curves of BT.709 and BT.601, which screens show like sRGB's, that of sRGB, and
# none said.
_P3_PRIMARIES, _SRGB_LIKE = 12, (1, 2, 6, 13)
# Seen under D50, as profiles say it.
_DISPLAY_P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189), b"bXYZ": (0.15710, 0.06657, 0.78407)
}  # fmt: skip


class Profile:
    """Turned into a transform once for all frames of a picture: that may take longer than to apply it."""

    def __init__(self, icc: bytes) -> None:
        self._icc = icc
        self._transforms: dict[str, ImageCmsTransform | None] = {}

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """As it is where the profile is broken, too costly or of another kind of colours; browsers do the same."""
        if image.mode not in self._transforms:
            self._transforms[image.mode] = _transform(self._icc, image.mode)
        transform = self._transforms[image.mode]
        return transform.apply(image) if transform else image


def profile_of(image: Image.Image, data: bytes) -> Profile | None:
    """Of an opened picture, and the bytes it was opened from."""
    icc = image.info.get("icc_profile")
    if not icc and image.format in ("AVIF", "HEIF") and _is_display_p3(data):
        icc = _display_p3()
    return Profile(icc) if icc else None


def _transform(icc: bytes, mode: str) -> ImageCmsTransform | None:
    from PIL import ImageCms

    if len(icc) > MAX_BYTES or _ELEMENTS in icc:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _is_display_p3(data: bytes) -> bool:
    """By the first picture that says so: which of several is meant would need all tables, and they rarely differ."""
    try:
        meta = next(box for box in boxes(data, 0, len(data)) if box.name == b"meta")
        primaries, curve = next(_told_by_numbers(data, meta))
    except (StopIteration, ValueError):
        return False
    return primaries == _P3_PRIMARIES and curve in _SRGB_LIKE


def _told_by_numbers(data: bytes, meta: Box) -> Iterator[tuple[int, int]]:
    for iprp in _named(b"iprp", data, meta.content + 4, meta.end):
        for ipco in _named(b"ipco", data, iprp.content, iprp.end):
            for colr in _named(b"colr", data, ipco.content, ipco.end):
                if data[colr.content : colr.content + 4] == b"nclx" and colr.end - colr.content >= 8:
                    yield struct.unpack_from(">HH", data, colr.content + 4)


def _named(name: bytes, data: bytes, start: int, end: int) -> Iterator[Box]:
    return (box for box in boxes(data, start, end) if box.name == name)


def _display_p3() -> bytes:
    """Little CMS's sRGB with other primaries: the curve is the same."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for tag, primary in _DISPLAY_P3.items():
        listed = profile.index(tag)
        at = int.from_bytes(profile[listed + 4 : listed + 8]) + 8
        profile[at : at + 12] = struct.pack(">3i", *(round(65536 * value) for value in primary))
    return bytes(profile)
