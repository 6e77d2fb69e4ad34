"""Files that an attacker sends, or a person without knowing; each is made by a function without arguments.

Large ones have 49 million pixels, just below the limit, in as few bytes and as little time as they can be made.
"""

import io
import struct
import zlib
from collections.abc import Iterable
from functools import cache
from typing import Any

import pillow_heif
from PIL import Image

from functions.image_worker.isobmff import boxes as inner_boxes
from functions.image_worker.isobmff import outermost
from tests.factories.boxes import grid
from tests.factories.pictures import encoded, grained, quarters

SIDE = 7000  # of a large square picture: 49 million pixels
MEGABYTE = 1024 * 1024


@cache
def _large(mode: str) -> Image.Image:
    return quarters(SIDE, SIDE).convert(mode)


def large(format: str, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(_large(mode), format, **options)


def tiled(format: str, columns: int = 13, rows: int = 14, *, deep: bool = False) -> bytes:
    """As phones do it; 48 million pixels, or as many tiles of 512². `deep` is 10 bits, without subsampled colours."""
    tile = _deep_tile() if deep else encoded(quarters(512, 512), format)
    return grid(tile, 512, columns, rows, format)


def needless_tiles() -> bytes:
    """900 of them, of which one is seen."""
    return grid(encoded(quarters(512, 512), "HEIF"), 512, 30, 30, "HEIF", shown=(512, 512))


def _deep_tile() -> bytes:
    samples = b"".join(bytes((0, byte)) for byte in quarters(512, 512).tobytes())
    buffer = io.BytesIO()
    pillow_heif.from_bytes(mode="RGB;16", size=(512, 512), data=samples).save(buffer, chroma=444)
    return buffer.getvalue()


def crowded_meta(format: str, items: int = 40_000) -> bytes:
    """A picture whose directory tells of very many others."""
    data = encoded(quarters(64, 64), format)
    at = data.index(b"meta") - 4
    length = int.from_bytes(data[at : at + 4])
    entry = struct.pack(">I4sIHH4sB", 21, b"infe", 2 << 24, 9, 0, b"av01", 0)
    crowd = (
        struct.pack(">I", 12 + 2 + len(entry) * items) + b"iinf" + bytes(4) + struct.pack(">H", items) + entry * items
    )
    meta = struct.pack(">I", length + len(crowd)) + data[at + 4 : at + length] + crowd
    return data[:at] + meta + data[at + length :]


# JPEG


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes((marker,)) + struct.pack(">H", 2 + len(content)) + content


def with_segments(*segments: bytes, after: bytes = b"") -> bytes:
    """A picture with these before all it has by itself."""
    data = encoded(quarters())
    return data[:2] + b"".join(segments) + data[2:] + after


def scans(count: int, height: int = SIDE, bands: int = 3, *, width: int | None = None) -> bytes:
    """A progressive JPEG of few bytes: each scan says of all blocks that it changes nothing, which takes a pass."""
    width = width or height
    blocks = -(-height // 8) * -(-width // 8)
    numbers = range(1, bands + 1)
    frame = struct.pack(">BHHB", 8, height, width, bands) + b"".join(bytes((number, 0x11, 0)) for number in numbers)
    # Two tables with one code of one bit: no difference (DC), and a run of 16,384 blocks and what 14 bits add (AC).
    one_code = b"\x01" + bytes(15)
    start = b"\xff\xd8" + segment(0xDB, b"\x00" + b"\x01" * 64) + segment(0xC2, frame)
    start += segment(0xC4, b"\x00" + one_code + b"\x00") + segment(0xC4, b"\x10" + one_code + b"\xe0")
    everything = bytes((bands,)) + b"".join(bytes((number, 0)) for number in numbers) + b"\x00\x00\x00"
    first = segment(0xDA, everything) + bytes(-(-blocks * bands // 8))
    bits = "011111111111111" * -(-blocks // 32767)
    bits += "1" * (-len(bits) % 8)
    runs = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\x00")
    # A refinement of what is there already, which looks at each coefficient.
    refining = [segment(0xDA, bytes((1, number, 0)) + b"\x01\x3f\x21") + runs for number in numbers]
    return start + first + b"".join(refining) * (count // bands) + b"\xff\xd9"


def exif(entries: int) -> bytes:
    """A directory whose tags each say that their value is 60 KB long, and where the directory itself is."""
    listed = b"".join(struct.pack(">HHII", 1 + number, 7, 60_000, 8) for number in range(entries))
    return b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">H", entries) + listed + struct.pack(">I", 8)


# PNG


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes, bits: int = 8, color: int = 2, interlaced: bool = False) -> bytes:
    """Black, and with these chunks before its pixels."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlaced))
    row = b"\x00" * (1 + (width * channels * bits + 7) // 8)
    # Of an interlaced picture each of seven passes has rows of its own; all together are never more than this.
    rows = zeros(len(row) * height + (8 * height if interlaced else 0))
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def zeros(length: int) -> bytes:
    """Compressed; what is long repeats itself in its compressed form too, and so takes no time to make."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    full, rest = divmod(length, MEGABYTE)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    checksum = (length % 65521 << 16) + 1
    return b"\x78\xda" + megabyte * full + last.compress(bytes(rest)) + last.flush() + checksum.to_bytes(4)


def texts(count: int) -> bytes:
    """Each a megabyte once it is unpacked, and for one character of it four in memory."""
    content = zlib.compress(("\U0001f483" + "a" * 1_040_000).encode(), 9)
    return b"".join(chunk(b"iTXt", b"%d\x00\x01\x00\x00\x00" % number + content) for number in range(count))


def apng(side: int, frames: int) -> bytes:
    """Frames of the whole picture, all black."""
    rows = zeros((1 + 4 * side) * side)
    control = [
        chunk(b"fcTL", struct.pack(">IIIIIHHBB", 2 * number, side, side, 0, 0, 1, 10, 0, 0)) for number in range(frames)
    ]
    others = [control[number] + chunk(b"fdAT", struct.pack(">I", 2 * number + 1) + rows) for number in range(1, frames)]
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
        + chunk(b"acTL", struct.pack(">II", frames, 0))
        + control[0]
        + chunk(b"IDAT", rows)
        + b"".join(others)
        + chunk(b"IEND", b"")
    )


# GIF and WebP


def gif(width: int, height: int, frames: Iterable[tuple[int, int]]) -> bytes:
    """Frames of these sizes, whose pixels are all the same colour."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    looped = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    return screen + looped + b"".join(_gif_frame(*size) for size in frames) + b"\x3b"


@cache
def _gif_frame(width: int, height: int) -> bytes:
    picture = encoded(Image.new("P", (width, height)), "GIF")
    at = picture.index(b"\x2c\x00\x00\x00\x00" + struct.pack("<HH", width, height))
    return b"\x21\xf9\x04\x04\x05\x00\x00\x00" + picture[at:-1]


def profiled_animation(icc: bytes) -> bytes:
    """300 frames that all have the colours of this profile."""
    first, *others = (Image.new("RGB", (32, 32), (number % 256, 90, 90)) for number in range(300))
    return encoded(first, "WEBP", save_all=True, append_images=others, duration=100, icc_profile=icc)


def webp_animation(side: int, frames: int) -> bytes:
    picture = encoded(Image.new("RGB", (side, side), "navy"), "WEBP", quality=1, method=0)[12:]
    sides = 2 * (side - 1).to_bytes(3, "little")
    frame = riff(b"ANMF", bytes(6) + sides + (100).to_bytes(3, "little") + b"\x00" + picture)
    return riff(
        b"RIFF", b"WEBP" + riff(b"VP8X", b"\x02\x00\x00\x00" + sides) + riff(b"ANIM", bytes(6)) + frame * frames
    )


def webp_beginning(side: int) -> bytes:
    """Says that it is so large, and has the data of a small one."""
    data = bytearray(encoded(quarters(), "WEBP"))
    data[26:30] = struct.pack("<HH", side, side)
    return bytes(data)


def riff(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\x00" * (len(content) % 2)


# AVIF


def scattered(pieces: int = 10_000, boxes: int = 20_000) -> bytes:
    """A picture whose data comes in so many pieces, each a byte, and whose file has so many boxes of no data."""
    data = encoded(Image.blend(quarters(), grained(quarters()), 0.15), "AVIF", quality=99)
    meta = next(box for box in outermost(data) if box.name == b"meta")
    payload = data[data.rindex(b"mdat") + 4 :]
    places = next(box for box in inner_boxes(data, meta.content + 4, meta.end) if box.name == b"iloc")
    start = data[: meta.start]

    def directory(at: int) -> bytes:
        lengths = [1] * pieces + [len(payload) - pieces]
        extents = b"".join(struct.pack(">II", at + index, length) for index, length in enumerate(lengths))
        iloc = struct.pack(">IHHHHH", 0, 0x4400, 1, 1, 0, len(lengths)) + extents
        content = data[meta.content : places.start] + _box(b"iloc", iloc) + data[places.end : meta.end]
        return _box(b"meta", content)

    head = start + directory(len(start) + len(directory(0)) + 8)
    return head + _box(b"mdat", payload) + _box(b"mdat", b"") * boxes


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content
