"""The tracks of an AVIF or HEIC that moves (ISO 14496-12, 8), without times, names, and what shows no pictures."""

from bisect import bisect_right
from collections.abc import Iterator

from functions.image_worker.icc import strip_profile
from functions.image_worker.isobmff import Blanked, Box, Range, Reader, boxes

_PICTURES = {b"pict", b"vide", b"auxv"}
_KEPT = {
    b"moov": {b"mvhd", b"trak"},
    b"trak": {b"tkhd", b"tref", b"edts", b"mdia"},
    b"mdia": {b"mdhd", b"hdlr", b"minf"},
    b"minf": {b"vmhd", b"nmhd", b"hmhd", b"dinf", b"stbl"},
    b"stbl": {b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"co64", b"stss", b"ctts", b"sdtp", b"sgpd", b"sbgp"},
}
_TIMES = {b"mvhd", b"tkhd", b"mdhd"}
_SAMPLE_ENTRY_KEPT = {
    b"av1C", b"hvcC", b"ccst", b"colr", b"pixi", b"pasp", b"clap", b"auxi", b"clli", b"mdcv", b"btrt"
}  # fmt: skip
_VISUAL_SAMPLE_ENTRY = 78


def strip_tracks(data: bytes, blanked: Blanked, moov: Box) -> list[Range]:
    """Where the data of the picture tracks stands."""
    ranges: list[Range] = []
    for box in boxes(data, moov.content, moov.end):
        if box.name == b"trak" and _shows_pictures(data, box):
            found: dict[bytes, Box] = {}
            _strip(data, blanked, box, found)
            ranges += _samples(data, found)
        elif box.name == b"mvhd":
            _strip_times(data, blanked, box)
        else:
            blanked.free(box)
    return ranges


def _shows_pictures(data: bytes, trak: Box) -> bool:
    for mdia in boxes(data, trak.content, trak.end):
        if mdia.name == b"mdia":
            handlers = (one for one in boxes(data, mdia.content, mdia.end) if one.name == b"hdlr")
            return any(data[one.content + 8 : one.content + 12] in _PICTURES for one in handlers)
    return False


def _strip(data: bytes, blanked: Blanked, parent: Box, found: dict[bytes, Box]) -> None:
    for box in boxes(data, parent.content, parent.end):
        if box.name not in _KEPT[parent.name] or box.name in found:
            blanked.free(box)
            continue
        found[box.name] = box
        if box.name in _KEPT:
            _strip(data, blanked, box, found)
        elif box.name in _TIMES:
            _strip_times(data, blanked, box)
        elif box.name == b"hdlr":
            blanked.blank(box.content + 24, box.end)
        elif box.name == b"stsd":
            _strip_entries(data, blanked, box)


def _strip_times(data: bytes, blanked: Blanked, box: Box) -> None:
    """When it was made, and when it was changed."""
    reader = Reader(data, box)
    size = 8 if reader.version() == 1 else 4
    start = reader.at
    reader.number(size)
    reader.number(size)
    blanked.blank(start, reader.at)


def _strip_entries(data: bytes, blanked: Blanked, stsd: Box) -> None:
    for entry in boxes(data, stsd.content + 8, stsd.end):
        for box in boxes(data, entry.content + _VISUAL_SAMPLE_ENTRY, entry.end):
            if box.name not in _SAMPLE_ENTRY_KEPT:
                blanked.free(box)
            elif box.name == b"colr":
                strip_profile(data, blanked, box)


def _samples(data: bytes, found: dict[bytes, Box]) -> list[Range]:
    if not {b"stsz", b"stsc"} <= found.keys() or not {b"stco", b"co64"} & found.keys():
        raise ValueError("a track that does not say where its pictures are")
    sizes = Reader(data, found[b"stsz"])
    sizes.version()
    each, count = sizes.number(4), sizes.number(4)
    firsts, counts = _runs(Reader(data, found[b"stsc"]))
    ranges: list[Range] = []
    for chunk, start in enumerate(_chunks(data, found), start=1):
        run = bisect_right(firsts, chunk) - 1
        samples = min(count, counts[run]) if run >= 0 else 0
        count -= samples
        length = each * samples if each else sum(sizes.number(4) for _ in range(samples))
        ranges.append((start, start + length))
    return ranges


def _chunks(data: bytes, found: dict[bytes, Box]) -> Iterator[int]:
    size = 4 if b"stco" in found else 8
    reader = Reader(data, found[b"stco" if size == 4 else b"co64"])
    reader.version()
    for _ in range(reader.number(4)):
        yield reader.number(size)


def _runs(reader: Reader) -> tuple[list[int], list[int]]:
    """The first chunk of each run of chunks with as many samples, and how many those are."""
    reader.version()
    firsts, counts = [], []
    for _ in range(reader.number(4)):
        firsts.append(reader.number(4))
        counts.append(reader.number(4))
        reader.number(4)
    return firsts, counts
