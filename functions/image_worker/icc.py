"""Colour profiles (ICC.1) without what they tell of people: the names and serial numbers of screens, dates, texts.

A profile is written anew of the tags that say in numbers what the colours are. Of the two texts that no profile may be
without, empty ones are left. What is no profile, or as large as none is, becomes none.
"""

from typing import NamedTuple

from functions.image_worker.isobmff import Blanked, Box

# Those of printing presses, the largest, have up to 3 MB.
MAX_BYTES = 4 * 1024 * 1024

_HEADER, _ENTRY = 128, 12
_COLORS = {
    *(b"wtpt", b"bkpt", b"lumi", b"chad", b"chrm", b"cicp", b"gamt"),
    *(b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC"),
    *(b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2"),
}
_NUMBERS = {b"XYZ ", b"curv", b"para", b"sf32", b"chrm", b"cicp", b"mft1", b"mft2", b"mAB ", b"mBA "}
_TEXTS = {b"desc", b"cprt"}
_EMPTY_TEXTS = {
    b"text": b"text" + bytes(4) + b"\x00",
    b"desc": b"desc" + bytes(4) + (1).to_bytes(4) + bytes(79),
    b"mluc": b"mluc" + bytes(4) + (0).to_bytes(4) + (12).to_bytes(4),
}


class _Tag(NamedTuple):
    name: bytes
    start: int
    content: bytes


def cleaned(profile: bytes) -> bytes:
    """Never longer than it was; empty where it is no profile."""
    size = int.from_bytes(profile[:4])
    if profile[36:40] != b"acsp" or size > min(len(profile), MAX_BYTES):
        return b""
    tags = _tags(profile, size)
    table, contents = len(tags).to_bytes(4), b""
    start = _HEADER + 4 + _ENTRY * len(tags)
    places: dict[bytes, int] = {}
    for tag in sorted(tags.values(), key=lambda tag: tag.start):
        if tag.content not in places:
            contents += bytes(-len(contents) % 4)
            places[tag.content] = start + len(contents)
            contents += tag.content
        table += tag.name + places[tag.content].to_bytes(4) + len(tag.content).to_bytes(4)
    written = _header(profile, start + len(contents)) + table + contents
    return written if tags and len(written) <= size else b""


def strip_profile(data: bytes, blanked: Blanked, colr: Box) -> None:
    """In place, in the `colr` box of an AVIF or HEIC."""
    if data[colr.content : colr.content + 4] not in (b"prof", b"rICC"):
        return
    start = colr.content + 4
    profile = cleaned(data[start : colr.end])
    blanked.blank(start, colr.end)
    blanked.data[start : start + len(profile)] = profile


def _header(profile: bytes, length: int) -> bytes:
    """Its version and kind, and for which colours and light it is: without maker, model, date and checksum."""
    return length.to_bytes(4) + bytes(4) + profile[8:24] + bytes(12) + b"acsp" + bytes(24) + profile[64:80] + bytes(48)


def _tags(profile: bytes, size: int) -> dict[bytes, _Tag]:
    """What is kept; nothing where tags lie over each other and would be more than the profile."""
    found: dict[bytes, _Tag] = {}
    ranges: set[tuple[int, int]] = set()
    end = min(size, _HEADER + 4 + _ENTRY * int.from_bytes(profile[_HEADER : _HEADER + 4]))
    for at in range(_HEADER + 4, end, _ENTRY):
        name = profile[at : at + 4]
        start, length = int.from_bytes(profile[at + 4 : at + 8]), int.from_bytes(profile[at + 8 : at + 12])
        kind = profile[start : start + 4]
        if name in found or start + length > size:
            continue
        if name in _TEXTS and kind in _EMPTY_TEXTS:
            found[name] = _Tag(name, start, _EMPTY_TEXTS[kind][:length])
        elif name in _COLORS and kind in _NUMBERS:
            ranges.add((start, length))
            if sum(each for _, each in ranges) > size:
                return {}
            found[name] = _Tag(name, start, profile[start : start + length])
    return found
