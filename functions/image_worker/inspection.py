"""What a file is made of, counted before a decoder sees it: decoders trust files to be made for being read.

A file of a few kilobytes can have a million parts, each of which takes a reader's step, or a thousand scans, each of
which takes a pass over all pixels. What it would cost is told from its bytes alone, so nothing must be stopped midway.
A file that breaks off or breaks the rules is left to the decoder, which says so.
"""

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from PIL import Image

from mundotango.errors import BadImage
from mundotango.media import policy

# 25 MB in the pieces that encoders write are 3,000 to 100,000 parts. Python's readers do 200,000 in a second.
MAX_PARTS = 200_000
# Pillow joins those of a JPEG one by one, each time anew; a camera writes one.
MAX_EXIF_SEGMENTS = 100
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

_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1
_WITHOUT_CONTENT = {0x01, *range(0xD0, 0xD9)}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Passes(NamedTuple):
    """How often a decoder goes over all pixels, and the bytes it keeps of them meanwhile; one and none but for JPEG."""

    scans: int = 1
    coefficients: int = 0


def inspect(data: bytes, format: str) -> Passes:
    """Raises BadImage where there are too many parts."""
    if format == "JPEG":
        return _jpeg(data)
    if format in ("AVIF", "HEIF"):
        _refuse_if(any(name in (b"meta", b"moov") and length > MAX_TABLES for name, length in _boxes(data)))
    else:
        _counted({"PNG": _png_chunks, "WEBP": _riff_chunks, "GIF": _gif_blocks}[format](data))
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


def _counted(parts: Iterator[bytes]) -> None:
    _refuse_if(sum(1 for _ in islice(parts, MAX_PARTS + 1)) > MAX_PARTS)


def _jpeg(data: bytes) -> Passes:
    scans = coefficients = exif_segments = 0
    several = False
    for count, (marker, content) in enumerate(_jpeg_segments(data)):
        exif_segments += marker == _APP1 and content.startswith(b"Exif\x00\x00")
        _refuse_if(count > MAX_PARTS or exif_segments > MAX_EXIF_SEGMENTS)
        if marker in _START_OF_FRAME and len(content) > 5:
            coefficients = _coefficients(content)
            several = marker in _PROGRESSIVE
        scans += marker == _START_OF_SCAN
    return Passes(scans, coefficients) if several or scans > 1 else Passes()


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with their content; a byte between two segments, which readers skip one by one, counts as one too."""
    at = 2
    while at + 1 < len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0x00, 0xFF):
            yield 0, b""
            at += 1
            continue
        if marker == _END_OF_IMAGE:
            return
        length = 0 if marker in _WITHOUT_CONTENT else max(2, int.from_bytes(data[at + 2 : at + 4]))
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _START_OF_SCAN:
            following = _AFTER_SCAN.search(data, at)
            at = following.start() if following else len(data)


def _coefficients(frame: bytes) -> int:
    """Bytes of those of a whole frame, two for each of the 64 of a block."""
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    sampling = [(max(1, byte >> 4), max(1, byte & 15)) for byte in frame[7 : 6 + 3 * frame[5] : 3]]
    across, down = (max((each[axis] for each in sampling), default=1) for axis in (0, 1))
    units = math.ceil(width / (8 * across)) * math.ceil(height / (8 * down))
    return units * 128 * sum(h * v for h, v in sampling)


def _png_chunks(data: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(data):
        yield data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4])


def _riff_chunks(data: bytes) -> Iterator[bytes]:
    at = 12
    while at < len(data):
        yield data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


def _gif_blocks(data: bytes) -> Iterator[bytes]:
    """Each block of a picture or an extension, and each of the smaller ones that its content comes in."""
    at = 13 + _gif_palette(data, 10)
    while at < len(data) and data[at] in b"\x21\x2c":
        kind = data[at : at + 1]
        yield kind
        at += 2 if kind == b"\x21" else 11 + _gif_palette(data, at + 9)
        while at < len(data) and data[at]:
            yield kind
            at += data[at] + 1
        at += 1


def _gif_palette(data: bytes, at: int) -> int:
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _boxes(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The outermost ones; a length of 0 is to the end of the file, of 1 follows in eight bytes."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16])
        length = length or len(data) - at
        yield data[at + 4 : at + 8], length
        at += max(8, length)
