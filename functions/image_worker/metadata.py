"""Takes a picture file apart and leaves out what it tells about people: place, time, camera, comments, previews.

The pixel data stays as it was sent, byte for byte. Kept besides are the parts a decoder needs and the colour profile;
a new EXIF block says what is to be kept of the old one. What a format allows after its end is cut: phones keep whole
films there. Only what is known to be harmless is kept, so that a kind of metadata invented later is dropped too.
"""

import re
import zlib

from functions.image_worker.heif import strip as strip_heif

_JPEG_SOI, _JPEG_EOI, _JPEG_SOS, _JPEG_APP0, _JPEG_APP1, _JPEG_COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xFE
_JPEG_APPLICATION = range(_JPEG_APP0, _JPEG_APP0 + 16)
_JPEG_KEPT_APPLICATION = ((0xE0, b"JFIF\x00"), (0xE2, b"ICC_PROFILE\x00"), (0xEE, b"Adobe"))
# In the coded data 0xFF stands for itself before 00, and before the restart markers D0 to D7. Before another 0xFF it
# fills: that stays with the scan, for `\xff+` would go over a run of them once for each.
_JPEG_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"}
_PNG_COLOR = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"pHYs"}

_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x08, 0x04

_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B
_GIF_GRAPHIC_CONTROL, _GIF_APPLICATION = 0xF9, 0xFF
_GIF_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def strip(data: bytes, format: str, exif: bytes) -> bytes:
    """The file without its metadata but this EXIF; ValueError where it does not keep to its format."""
    try:
        if format == "JPEG":
            return _strip_jpeg(data, exif)
        if format == "PNG":
            return _strip_png(data, exif)
        if format == "WEBP":
            return _strip_webp(data, exif)
        if format == "GIF":
            return _strip_gif(data)
        if format in ("AVIF", "HEIF"):
            return strip_heif(data, exif)
    except IndexError as error:
        raise ValueError(f"this {format} ends too early") from error
    raise ValueError(f"{format} cannot be taken apart")


def _strip_jpeg(data: bytes, exif: bytes) -> bytes:
    kept = [data[:2]]
    if exif:
        kept.append(b"\xff\xe1" + (len(exif) + 8).to_bytes(2) + b"Exif\x00\x00" + exif)
    at = 2
    while at < len(data):
        at = data.index(b"\xff", at)  # decoders forgive what stands between two segments; it is dropped
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker == _JPEG_EOI:
            kept.append(bytes((0xFF, marker)))
            break
        end = at + int.from_bytes(data[at : at + 2])
        if end > len(data):
            raise ValueError("a segment ends too early")
        segment = data[at:end]
        if marker == _JPEG_SOS:
            after = _JPEG_AFTER_SCAN.search(data, end)
            end = after.start() if after else len(data)
        if _kept_in_jpeg(marker, segment[2:]):
            kept += [bytes((0xFF, marker)), data[at:end]]
        at = end
    return b"".join(kept)


def _kept_in_jpeg(marker: int, content: bytes) -> bool:
    if marker in _JPEG_APPLICATION:
        return any(marker == kept and content.startswith(name) for kept, name in _JPEG_KEPT_APPLICATION)
    return marker != _JPEG_COM


def _strip_png(data: bytes, exif: bytes) -> bytes:
    kept = [_PNG_SIGNATURE]
    at = len(_PNG_SIGNATURE)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        name = data[at + 4 : at + 8]
        if name == b"IDAT" and exif:
            kept.append(len(exif).to_bytes(4) + b"eXIf" + exif + zlib.crc32(b"eXIf" + exif).to_bytes(4))
            exif = b""
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk ends too early")
        if name in _PNG_PICTURE | _PNG_COLOR:
            kept.append(data[at:end])
        if name == b"IEND":
            break
        at = end
    return b"".join(kept)


def _strip_webp(data: bytes, exif: bytes) -> bytes:
    kept = []
    at = 12
    while at + 8 <= min(len(data), 8 + int.from_bytes(data[4:8], "little")):
        name = data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + length]
        if name == b"VP8X":
            flags = content[0] & ~(_WEBP_EXIF_FLAG | _WEBP_XMP_FLAG)
            content = bytes((flags | (_WEBP_EXIF_FLAG if exif else 0),)) + content[1:]
        if name in _WEBP_KEPT:
            kept.append(_riff_chunk(name, content))
        at += 8 + length + length % 2
    if exif:
        kept.append(_riff_chunk(b"EXIF", exif))
    return _riff_chunk(b"RIFF", b"WEBP" + b"".join(kept))


def _riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + b"\x00" * (len(content) % 2)


def _strip_gif(data: bytes) -> bytes:
    at = 13 + _gif_palette(data[10])
    kept = [data[:at]]
    while at < len(data) and data[at] != _GIF_TRAILER:
        start = at
        if data[at] == _GIF_IMAGE:
            at = _gif_blocks_end(data, at + 11 + _gif_palette(data[at + 9]))
            keep = True
        elif data[at] == _GIF_EXTENSION:
            label, name = data[at + 1], data[at + 3 : at + 14]
            at = _gif_blocks_end(data, at + 2)
            keep = label == _GIF_GRAPHIC_CONTROL or (label == _GIF_APPLICATION and name in _GIF_LOOPING)
        else:
            raise ValueError("no block where one must be")
        if keep:
            kept.append(data[start:at])
    kept.append(bytes((_GIF_TRAILER,)))
    return b"".join(kept)


def _gif_palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1
