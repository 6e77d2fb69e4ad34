"""What a file is made of, counted before a decoder sees it: decoders trust files to be made for being read.

A file of a few kilobytes can have a million parts, each of which takes a reader's step, or a thousand scans, each of
which takes a pass over all pixels. What it would cost is told from its bytes alone, so nothing must be stopped midway.
A file that breaks off or breaks the rules is refused here: its metadata could not be told from its picture.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from functions.image_worker.containers import (
    JPEG_APP1,
    JPEG_START_OF_FRAME,
    JPEG_START_OF_SCAN,
    gif_blocks,
    jpeg_segments,
    png_chunks,
    webp_chunks,
    webp_frame_chunks,
)
from functions.image_worker.isobmff import outermost
from mundotango.errors import BadImage
from mundotango.media import policy

# 25 MB in the pieces that encoders write are 3,000 to 100,000 parts. Python's readers do 200,000 in a second.
MAX_PARTS = 200_000
# Pillow joins those of a JPEG one by one, each time anew; a camera writes one.
MAX_EXIF_SEGMENTS = 100
# Of a PNG, which may have one; Pillow unpacks each, up to a megabyte.
MAX_PROFILES = 100
# Of the tables of AVIF and HEIC. A phone's picture of 48 megapixels, a grid of 192 tiles, has 20 KB; libavif looks
# through all for each entry.
MAX_TABLES = 256 * 1024
# Of all tiles of a HEIC: libheif decodes those, too, that lie outside the picture.
MAX_TILED = 75_000_000
# Pixels by scans: 40 scans of the largest picture, where encoders write 10, are 2 s.
MAX_SCANNED = 2_000_000_000
# JPEG's own. Pillow keeps a pointer to each row, which of a picture one pixel wide is more than the picture.
MAX_SIDE = 65_535
# With it the whole process stays below 512 MB: the interpreter and the file take 90, what is made of the pixels less.
MAX_DECODING_BYTES = 420_000_000

# Bytes a pixel at the peak of decoding, measured: WebP keeps two canvases and makes two copies; AVIF and HEIF of 10
# bits in 4:4:4 have 6 or 8 before the copies. HEIF tells that phones' 4:2:0 needs less.
_BYTES_PER_PIXEL = {"PNG": 4, "GIF": 4, "WEBP": 16, "AVIF": 16, "HEIF": 16}
_BYTES_PER_PIXEL_OF_PHONES = 8

_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)


class Passes(NamedTuple):
    """How often a decoder goes over all pixels, and the bytes it keeps of them meanwhile; one and none but for JPEG."""

    scans: int = 1
    coefficients: int = 0


def inspect(data: bytes, format: str) -> Passes:
    """Raises BadImage where there are too many parts."""
    try:
        if format == "JPEG":
            return _jpeg(data)
        _count(_PARTS[format](data))
    except ValueError as error:
        raise BadImage(policy.DAMAGED) from error
    return Passes()


def check_cost(image: Image.Image, passes: Passes) -> None:
    """Of a picture that is opened and in no way read: asking a PNG for its EXIF decodes it. Raises BadImage."""
    pixels = image.width * image.height
    phone = image.format == "HEIF" and image.mode == "RGB" and image.info.get("chroma") == 420
    needed = pixels * (_BYTES_PER_PIXEL_OF_PHONES if phone else _BYTES_PER_PIXEL.get(image.format or "", 0))
    _refuse_if(needed > MAX_DECODING_BYTES or max(image.size) > MAX_SIDE)
    _refuse_if(pixels * passes.scans > MAX_SCANNED or _tiled(image) > MAX_TILED)


def _tiled(image: Image.Image) -> int:
    """Pixels of all tiles, which pillow-heif tells of."""
    tiling = image.info.get("tiling") or {}
    sides = ("num_columns", "tile_width", "num_rows", "tile_height")
    return math.prod(tiling.get(side, 0) for side in sides)


def check_scaled_cost(image: Image.Image, passes: Passes) -> None:
    """Of a JPEG once it is known at which scale it is decoded. Raises BadImage."""
    _refuse_if(passes.coefficients + 4 * image.width * image.height > MAX_DECODING_BYTES)


def _refuse_if(costly: bool) -> None:
    if costly:
        raise BadImage(policy.TOO_COSTLY)


def _jpeg(data: bytes) -> Passes:
    scans = coefficients = exif_segments = 0
    several = False
    for count, (marker, start, end, _) in enumerate(jpeg_segments(data)):
        exif_segments += marker == JPEG_APP1 and data.startswith(b"Exif\x00\x00", start, end)
        _refuse_if(count > MAX_PARTS or exif_segments > MAX_EXIF_SEGMENTS)
        if marker in JPEG_START_OF_FRAME and end - start > 5:
            coefficients = _coefficients(data[start:end])
            several = marker in _PROGRESSIVE
        scans += marker == JPEG_START_OF_SCAN
    return Passes(scans, coefficients) if several or scans > 1 else Passes()


def _coefficients(frame: bytes) -> int:
    """Bytes of those of a whole frame, two for each of the 64 of a block."""
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    sampling = [(max(1, byte >> 4), max(1, byte & 15)) for byte in frame[7 : 6 + 3 * frame[5] : 3]]
    across, down = (max((each[axis] for each in sampling), default=1) for axis in (0, 1))
    units = math.ceil(width / (8 * across)) * math.ceil(height / (8 * down))
    return units * 128 * sum(h * v for h, v in sampling)


def _png(data: bytes) -> Iterator[int]:
    profiles = 0
    for chunk in png_chunks(data):
        profiles += chunk.name == b"iCCP"
        _refuse_if(profiles > MAX_PROFILES)
        yield 1


def _webp(data: bytes) -> Iterator[int]:
    for chunk in webp_chunks(data):
        yield 1
        if chunk.name == b"ANMF":
            yield from (1 for _ in webp_frame_chunks(data, chunk))


def _gif(data: bytes) -> Iterator[int]:
    """Each block of a picture or an extension, and each of the smaller ones that its content comes in."""
    return (1 + block.pieces for block in gif_blocks(data))


def _heif(data: bytes) -> Iterator[int]:
    tables = 0
    for box in outermost(data):
        tables += box.end - box.start if box.name in (b"meta", b"moov") else 0
        _refuse_if(tables > MAX_TABLES)
        yield 1


_PARTS = {"PNG": _png, "WEBP": _webp, "GIF": _gif, "AVIF": _heif, "HEIF": _heif}


def _count(parts: Iterator[int]) -> None:
    count = 0
    for each in parts:
        count += each
        _refuse_if(count > MAX_PARTS)
