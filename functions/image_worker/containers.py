"""What JPEG, PNG, WebP and GIF files are made of, one part after another.

The check of what a file would cost and the stripping of its metadata both walk here, so that nothing is kept that was
not counted, and nothing counted otherwise than it is kept. A walk ends where the picture does. It raises ValueError
where the file breaks off or has no part where one must be.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

JPEG_APP0, JPEG_APP1, JPEG_APP2, JPEG_APP14 = 0xE0, 0xE1, 0xE2, 0xEE
JPEG_START_OF_SCAN = 0xDA
JPEG_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_END = 0xD9
_JPEG_WITHOUT_CONTENT = {0x01, *range(0xD0, 0xD9)}
# In the coded data 0xFF stands for itself before 00, and before the restart markers D0 to D7. Before another 0xFF it
# fills: that stays with the scan, for `\xff+` would go over a run of them once for each.
_JPEG_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND"

# Where it is shown and for how long, before the chunks of the frame.
WEBP_FRAME_HEAD = 16

GIF_EXTENSION, GIF_IMAGE = 0x21, 0x2C
_GIF_TRAILER = 0x3B


class Segment(NamedTuple):
    """Of a JPEG; what is coded after the head of a scan goes on from `end` to `coded_end`. A marker of 0 is no segment
    but a byte between two, which readers skip one by one."""

    marker: int
    start: int
    end: int
    coded_end: int


class Chunk(NamedTuple):
    """Of a PNG or WebP; `start` and `end` are of its content."""

    name: bytes
    start: int
    end: int


class Block(NamedTuple):
    """Of a GIF, from its introducer to its terminator; `pieces` is how many smaller ones its content comes in."""

    kind: int
    start: int
    end: int
    pieces: int


def jpeg_segments(data: bytes) -> Iterator[Segment]:
    """Without the marker it begins with, and the one it must end with: what stands after a scan that none follows
    would be taken for coded data."""
    at = 2
    while at + 1 < len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0x00, 0xFF):
            yield Segment(0, at, at + 1, at + 1)
            at += 1
            continue
        if marker == _JPEG_END:
            return
        at += 2
        # Readers take a length that does not even count itself for one that does.
        length = 0 if marker in _JPEG_WITHOUT_CONTENT else max(2, int.from_bytes(data[at : at + 2]))
        end = coded_end = at + length
        if end > len(data):
            break
        if marker == JPEG_START_OF_SCAN:
            following = _JPEG_AFTER_SCAN.search(data, end)
            coded_end = following.start() if following else len(data)
        yield Segment(marker, min(at + 2, end), end, coded_end)
        at = coded_end
    raise ValueError("the JPEG ends too early")


def png_chunks(data: bytes) -> Iterator[Chunk]:
    """To the one that ends it, which may be missing."""
    at = len(PNG_SIGNATURE)
    while at < len(data):
        chunk = Chunk(data[at + 4 : at + 8], at + 8, at + 8 + int.from_bytes(data[at : at + 4]))
        at = chunk.end + 4
        if at > len(data):
            raise ValueError("a chunk ends too early")
        yield chunk
        if chunk.name == PNG_END:
            return


def webp_chunks(data: bytes) -> Iterator[Chunk]:
    return _riff_chunks(data, 12, min(len(data), 8 + int.from_bytes(data[4:8], "little")))


def webp_frame_chunks(data: bytes, frame: Chunk) -> Iterator[Chunk]:
    return _riff_chunks(data, frame.start + WEBP_FRAME_HEAD, frame.end)


def _riff_chunks(data: bytes, at: int, end: int) -> Iterator[Chunk]:
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        chunk = Chunk(data[at : at + 4], at + 8, at + 8 + length)
        if chunk.end > end:
            raise ValueError("a chunk ends too early")
        yield chunk
        at = chunk.end + length % 2


def gif_start(data: bytes) -> int:
    """Where the first block is."""
    return 13 + _gif_palette(data, 10)


def gif_blocks(data: bytes) -> Iterator[Block]:
    """To the trailer, which may be missing."""
    at = gif_start(data)
    while at < len(data) and data[at] != _GIF_TRAILER:
        start, kind, pieces = at, data[at], 0
        if kind not in (GIF_EXTENSION, GIF_IMAGE):
            raise ValueError("no block where one must be")
        at += 2 if kind == GIF_EXTENSION else 11 + _gif_palette(data, at + 9)
        while at < len(data) and data[at]:
            at += data[at] + 1
            pieces += 1
        at += 1
        if at > len(data):
            raise ValueError("a block ends too early")
        yield Block(kind, start, at, pieces)


def _gif_palette(data: bytes, at: int) -> int:
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
