"""Takes a picture file apart and leaves out what it tells about people: place, time, camera, comments, previews.

The pixel data stays as it was sent, byte for byte, and with it what somebody hides inside of it. Kept besides are the
parts a decoder needs and the numbers of the colour profile; a new EXIF block says what is to be kept of the old one.
What a format allows after its end is cut: phones keep whole films there. Only what is known to be harmless is kept, as
long as it is by its format, so that a kind of metadata invented later is dropped too.
"""

import zlib
from collections.abc import Iterable

from functions.image_worker.containers import (
    GIF_EXTENSION,
    JPEG_APP0,
    JPEG_APP1,
    JPEG_APP2,
    JPEG_APP14,
    JPEG_START_OF_FRAME,
    JPEG_START_OF_SCAN,
    PNG_END,
    PNG_SIGNATURE,
    WEBP_FRAME_HEAD,
    Block,
    Chunk,
    gif_blocks,
    gif_start,
    jpeg_segments,
    png_chunks,
    webp_chunks,
    webp_frame_chunks,
)
from functions.image_worker.icc import MAX_BYTES, cleaned

# Tables of Huffman and arithmetic codes, of quantization, and how often the scan starts anew.
_JPEG_KEPT = JPEG_START_OF_FRAME | {0xC4, 0xCC, 0xDB, 0xDD, JPEG_START_OF_SCAN}
_JFIF, _ICC, _ADOBE = b"JFIF\x00", b"ICC_PROFILE\x00", b"Adobe"
_ICC_HEAD, _ICC_PIECE = len(_ICC) + 2, 65_519

# How long each may be; IDAT and fdAT are the pixels.
_PNG_KEPT = {
    b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"acTL": 8, b"fcTL": 26,
    b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"sBIT": 4, b"cICP": 4, b"pHYs": 9,
}  # fmt: skip
_PNG_PIXELS = (b"IDAT", b"fdAT")

_WEBP_ONCE = (b"VP8X", b"ICCP", b"ANIM")
_WEBP_ALPHA, _WEBP_PIXELS = b"ALPH", (b"VP8 ", b"VP8L")
_WEBP_ICC_FLAG, _WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x20, 0x08, 0x04

_GIF_GRAPHIC_CONTROL, _GIF_APPLICATION = 0xF9, 0xFF
_GIF_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def strip(data: bytes, format: str, exif: bytes) -> bytes:
    """The file without its metadata but this EXIF; ValueError where it does not keep to its format."""
    if format == "JPEG":
        return _strip_jpeg(data, exif)
    if format == "PNG":
        return _strip_png(data, exif)
    if format == "WEBP":
        return _strip_webp(data, exif)
    if format == "GIF":
        return _strip_gif(data)
    if format in ("AVIF", "HEIF"):
        from functions.image_worker.heif import strip as strip_heif

        return strip_heif(data, exif)
    raise ValueError(f"{format} cannot be taken apart")


def _strip_jpeg(data: bytes, exif: bytes) -> bytes:
    """Of what applications add, JFIF's head without its preview, Adobe's, and the colour profile stay."""
    head = [data[:2]]
    if exif:
        head.append(_jpeg_segment(JPEG_APP1, b"Exif\x00\x00" + exif))
    pieces: list[bytes] = []
    kept: list[bytes] = []
    for marker, start, end, coded_end in jpeg_segments(data):
        content = data[start:end]
        if marker == JPEG_APP0 and content.startswith(_JFIF):
            head.append(_jpeg_segment(marker, content[:12] + bytes(2)))
        elif marker == JPEG_APP14 and content.startswith(_ADOBE):
            head.append(_jpeg_segment(marker, content[:12]))
        elif marker == JPEG_APP2 and content.startswith(_ICC):
            pieces.append(content)
        elif marker in _JPEG_KEPT:
            kept += [_jpeg_segment(marker, content), data[end:coded_end]]
    profile = cleaned(b"".join(piece[_ICC_HEAD:] for piece in sorted(pieces)))
    return b"".join((*head, *_jpeg_profile(profile), *kept, b"\xff\xd9"))


def _jpeg_segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (2 + len(content)).to_bytes(2) + content


def _jpeg_profile(profile: bytes) -> Iterable[bytes]:
    pieces = [profile[at : at + _ICC_PIECE] for at in range(0, len(profile), _ICC_PIECE)]
    for number, piece in enumerate(pieces, start=1):
        yield _jpeg_segment(JPEG_APP2, _ICC + bytes((number, len(pieces))) + piece)


def _strip_png(data: bytes, exif: bytes) -> bytes:
    kept = [PNG_SIGNATURE]
    profiled = False
    for name, start, end in png_chunks(data):
        if name == b"IDAT" and exif:
            kept.append(_png_chunk(b"eXIf", exif))
            exif = b""
        if name in _PNG_PIXELS:
            kept.append(_png_chunk(name, data[start:end]))
        elif name in _PNG_KEPT:
            kept.append(_png_chunk(name, data[start : min(end, start + _PNG_KEPT[name])]))
        elif name == b"iCCP" and not profiled:
            profiled = True
            profile = cleaned(_png_profile(data[start:end]))
            kept += [_png_chunk(name, b"ICC\x00\x00" + zlib.compress(profile))] if profile else []
    kept.append(_png_chunk(PNG_END, b""))
    return b"".join(kept)


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return b"".join((len(content).to_bytes(4), name, content, zlib.crc32(content, zlib.crc32(name)).to_bytes(4)))


def _png_profile(content: bytes) -> bytes:
    """After its name and the number of the one way to compress it."""
    _, _, compressed = content.partition(b"\x00")
    try:
        return zlib.decompressobj().decompress(compressed[1:], MAX_BYTES)
    except zlib.error:
        return b""


def _strip_webp(data: bytes, exif: bytes) -> bytes:
    chunks = list(webp_chunks(data))
    first = {chunk.name: data[chunk.start : chunk.end] for chunk in reversed(chunks) if chunk.name in _WEBP_ONCE}
    profile = cleaned(first.get(b"ICCP", b""))
    parts = []
    if b"VP8X" in first:
        parts.append((b"VP8X", _webp_head(first[b"VP8X"], profile, exif)))
    if profile:
        parts.append((b"ICCP", profile))
    if b"ANIM" in first:
        parts.append((b"ANIM", first[b"ANIM"][:6]))
    parts += [(chunk.name, _webp_frame(data, chunk)) for chunk in chunks if chunk.name == b"ANMF"]
    parts += _webp_pixels(data, chunks)
    if exif:
        parts.append((b"EXIF", exif))
    return _riff_chunk(b"RIFF", b"WEBP" + b"".join(_riff_chunk(name, content) for name, content in parts))


def _webp_head(head: bytes, profile: bytes, exif: bytes) -> bytes:
    """With the flags of what there is now."""
    flags = head[0] & ~(_WEBP_ICC_FLAG | _WEBP_EXIF_FLAG | _WEBP_XMP_FLAG) if head else 0
    flags |= (_WEBP_ICC_FLAG if profile else 0) | (_WEBP_EXIF_FLAG if exif else 0)
    return bytes((flags,)) + head[1:10]


def _webp_frame(data: bytes, frame: Chunk) -> bytes:
    head = data[frame.start : min(frame.end, frame.start + WEBP_FRAME_HEAD)]
    pixels = _webp_pixels(data, webp_frame_chunks(data, frame))
    return head + b"".join(_riff_chunk(name, content) for name, content in pixels)


def _webp_pixels(data: bytes, chunks: Iterable[Chunk]) -> list[tuple[bytes, bytes]]:
    """Of one picture, its alpha before it; a second one is shown by nothing."""
    found: dict[bytes, bytes] = {}
    for name, start, end in chunks:
        if name in (_WEBP_ALPHA, *_WEBP_PIXELS) and name not in found:
            found[name] = data[start:end]
        if name in _WEBP_PIXELS:
            break
    return list(found.items())


def _riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\x00" * (len(content) % 2)


def _strip_gif(data: bytes) -> bytes:
    kept = [data[: gif_start(data)], *(_kept_of_gif(data, block) for block in gif_blocks(data)), b"\x3b"]
    return b"".join(kept)


def _kept_of_gif(data: bytes, block: Block) -> bytes:
    """Pictures, how long each is shown and how often all are; of the latter two nothing that comes after."""
    start = block.start
    if block.kind != GIF_EXTENSION:
        return data[start : block.end]
    label, size, name = data[start + 1], data[start + 2], data[start + 3 : start + 14]
    if label == _GIF_GRAPHIC_CONTROL and size >= 4:
        return data[start : start + 2] + b"\x04" + data[start + 3 : start + 7] + b"\x00"
    repeated = data[start + 14 : start + 18]
    if label == _GIF_APPLICATION and size == 11 and name in _GIF_LOOPING and repeated[0] >= 3 and repeated[1] == 1:
        return data[start : start + 14] + b"\x03" + repeated[1:] + b"\x00"
    return b""
