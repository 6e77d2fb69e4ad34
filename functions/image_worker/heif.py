"""Takes the metadata out of AVIF and HEIC, and leaves all else where it is: offsets count from the file's beginning.

What is not known to be part of the picture is overwritten with zeros, and what stands after the last part is cut. Of
the items in a file those are kept that its primary picture is made of, with its alpha and depth. Previews go, as they
do from other formats, and so do the other pictures of an album. Of its tracks, those of pictures are kept. How to hold
the picture is a property of the item, and the only orientation that counts here, so it needs no EXIF.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from functions.image_worker.icc import strip_profile
from functions.image_worker.isobmff import Blanked, Box, Range, Reader, boxes, outermost
from functions.image_worker.tracks import strip_tracks

_META_KEPT = {b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat", b"dinf", b"grpl"}
_PROPERTIES_KEPT = {
    *(b"ispe", b"pixi", b"colr", b"irot", b"imir", b"clap", b"pasp", b"auxC", b"clli", b"mdcv", b"cclv", b"amve"),
    *(b"av1C", b"hvcC", b"a1op", b"a1lx", b"lsel", b"rloc"),
}
# Coded pictures, and what puts them together: tiles, layers, and another picture turned or cut.
_PICTURES = {b"av01", b"hvc1", b"grid", b"iovl", b"iden"}
_EXIF = b"Exif"
_NOTHING = b"free"
_IN_FILE, _IN_META = 0, 1


class _Item(NamedTuple):
    """`at` is where its four letters stand; its name, and for some an address, go on to `end`."""

    kind: bytes
    at: int
    end: int


class _Meta(NamedTuple):
    items: dict[int, _Item]
    picture: set[int]
    places: dict[int, list[Range]]
    data: Range | None

    def ranges(self) -> list[Range]:
        """Where the data stands of which the primary picture is made."""
        return [one for item in self.picture for one in self.places.get(item, ())]


def strip(data: bytes, exif: bytes) -> bytes:
    """With this EXIF where there was one that has the room; ValueError where the file does not keep to its format."""
    blanked = Blanked(data)
    kept: list[Range] = []
    regions: list[Range] = []
    metas: list[_Meta] = []
    end = 0
    for box in outermost(data):
        if box.name == b"meta":
            metas.append(_read_meta(data, blanked, box))
        elif box.name == b"moov":
            kept += strip_tracks(data, blanked, box)
        elif box.name == b"mdat":
            regions.append((box.content, box.end))
        elif box.name != b"ftyp":
            blanked.free(box)
            continue
        end = box.end
    for meta in metas:
        regions += [meta.data] if meta.data else []
        kept += meta.ranges()
    if not kept:
        raise ValueError("no picture")
    kept.sort()
    _check_inside(kept, sorted(regions))
    for region in regions:
        blanked.blank_but(region, kept)
    for meta in metas:
        _strip_items(blanked, meta, exif, kept, regions)
        exif = b""
    return bytes(blanked.data[:end])


def _read_meta(data: bytes, blanked: Blanked, meta: Box) -> _Meta:
    found: dict[bytes, Box] = {}
    for box in boxes(data, meta.content + 4, meta.end):
        if box.name not in _META_KEPT or box.name in found:
            blanked.free(box)
            continue
        found[box.name] = box
        if box.name == b"hdlr":
            blanked.blank(box.content + 24, box.end)
        elif box.name == b"iprp":
            _strip_properties(data, blanked, box)
    idat = found.get(b"idat")
    region = (idat.content, idat.end) if idat else None
    pitm = found.get(b"pitm")
    items = _items(data, found[b"iinf"]) if b"iinf" in found else {}
    parts = _parts(data, found[b"iref"]) if b"iref" in found else {}
    places = _places(Reader(data, found[b"iloc"]), region) if b"iloc" in found else {}
    return _Meta(items, _picture(_primary(Reader(data, pitm)), items, parts) if pitm else set(), places, region)


def _strip_properties(data: bytes, blanked: Blanked, iprp: Box) -> None:
    for box in boxes(data, iprp.content, iprp.end):
        if box.name == b"ipco":
            for one in boxes(data, box.content, box.end):
                if one.name not in _PROPERTIES_KEPT:
                    blanked.free(one)
                elif one.name == b"colr":
                    strip_profile(data, blanked, one)
        elif box.name != b"ipma":
            blanked.free(box)


def _primary(reader: Reader) -> int:
    return reader.number(2 if reader.version() == 0 else 4)


def _items(data: bytes, iinf: Box) -> dict[int, _Item]:
    head = Reader(data, iinf)
    head.number(2 if head.version() == 0 else 4)
    found = {}
    for box in boxes(data, head.at, iinf.end):
        reader = Reader(data, box)
        version = reader.version()
        if box.name != b"infe" or version < 2:
            raise ValueError("an item of no known kind")
        item = reader.number(2 if version == 2 else 4)
        if item in found:
            raise ValueError("two items of one number")
        reader.number(2)
        found[item] = _Item(reader.number(4).to_bytes(4), reader.at - 4, box.end)
    return found


def _parts(data: bytes, iref: Box) -> dict[int, list[int]]:
    """By item, those it is put together from, and those that are its alpha or depth."""
    head = Reader(data, iref)
    size = 2 if head.version() == 0 else 4
    parts = defaultdict(list)
    for box in boxes(data, head.at, iref.end):
        reader = Reader(data, box)
        item, count = reader.number(size), reader.number(2)
        for other in (reader.number(size) for _ in range(count)):
            if box.name == b"dimg":
                parts[item].append(other)
            elif box.name == b"auxl":
                parts[other].append(item)
    return parts


def _places(reader: Reader, idat: Range | None) -> dict[int, list[Range]]:
    version = reader.version()
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    if not length_size:
        raise ValueError("an item without a length")
    id_size = 2 if version < 2 else 4
    places = {}
    for _ in range(reader.number(id_size)):
        item = reader.number(id_size)
        method = reader.number(2) & 15 if version else _IN_FILE
        elsewhere = reader.number(2)
        base = reader.number(base_size)
        if elsewhere or method not in (_IN_FILE, _IN_META) or (method == _IN_META and not idat):
            raise ValueError("an item that is not in this file")
        base += idat[0] if idat and method == _IN_META else 0
        places[item] = list(_extents(reader, base, (index_size, offset_size, length_size)))
    return places


def _extents(reader: Reader, base: int, sizes: tuple[int, int, int]) -> Iterator[Range]:
    for _ in range(reader.number(2)):
        _, offset, length = (reader.number(size) for size in sizes)
        yield base + offset, base + offset + length


def _picture(primary: int, items: dict[int, _Item], parts: dict[int, list[int]]) -> set[int]:
    """The items of which the primary picture is made."""
    waiting, found = [primary], set[int]()
    while waiting:
        item = waiting.pop()
        if item in items and item not in found and items[item].kind in _PICTURES:
            found.add(item)
            waiting += parts.get(item, ())
    return found


def _check_inside(ranges: list[Range], regions: list[Range]) -> None:
    """Both sorted."""
    at = 0
    for start, end in ranges:
        while at < len(regions) and regions[at][1] < end:
            at += 1
        if at == len(regions) or start < regions[at][0]:
            raise ValueError("picture data is not where it is said to be")


def _strip_items(blanked: Blanked, meta: _Meta, exif: bytes, kept: list[Range], regions: list[Range]) -> None:
    """Without their names, and what is no part of the picture without its kind; the data of all those is blank now.

    The new EXIF goes where the first one was, or nowhere: whether there is room takes a look at all that is kept.
    """
    for number, item in meta.items.items():
        blanked.blank(item.at + 4, item.end)
        if number in meta.picture:
            continue
        room = meta.places.get(number, [])[:1] if item.kind == _EXIF and exif else []
        if not (room and _write_exif(blanked, room[0], exif, kept, regions)):
            blanked.data[item.at : item.at + 4] = _NOTHING
        exif = b"" if room else exif


def _write_exif(blanked: Blanked, room: Range, exif: bytes, kept: list[Range], regions: list[Range]) -> bool:
    start, end = room
    content = bytes(4) + exif  # how far the TIFF header is: it comes at once
    inside = any(region[0] <= start and end <= region[1] for region in regions)
    if len(content) > end - start or not inside or any(one[0] < end and start < one[1] for one in kept):
        return False
    blanked.data[start : start + len(content)] = content
    return True
