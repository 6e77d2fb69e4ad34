"""HEIC and AVIF as phones make them: a grid of tiles. Here every tile is the same bytes, and a large picture small."""

import struct

# By Pillow's name: the brand, the kind of item that a tile is, and the box of its decoder's configuration.
_CODINGS = {"HEIF": (b"heic", b"hvc1", b"hvcC"), "AVIF": (b"avif", b"av01", b"av1C")}


def grid(tile: bytes, side: int, columns: int, rows: int, format: str, shown: tuple[int, int] | None = None) -> bytes:
    """Of a tile that is a file of this format itself, square with this side; the picture shown may be smaller."""
    brand, kind, configuration = _CODINGS[format]
    tiles = range(2, 2 + columns * rows)
    item_ids = b"".join(struct.pack(">H", number) for number in tiles)
    width, height = shown or (side * columns, side * rows)
    properties = _box(
        b"ipco",
        _found(tile, configuration)
        + _full(b"ispe", struct.pack(">II", side, side))
        + _full(b"ispe", struct.pack(">II", width, height))
        + _full(b"pixi", b"\x03\x08\x08\x08"),
    )
    associated = struct.pack(">IHBBB", 1 + len(tiles), 1, 2, 3, 4)
    associated += b"".join(struct.pack(">HBBBB", number, 3, 0x81, 2, 4) for number in tiles)
    entries = b"".join(_entry(number, kind) for number in tiles)
    payload = tile[tile.index(b"mdat") + 4 :]
    layout = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width, height)

    def meta(offset: int) -> bytes:
        places = struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(layout))
        places += b"".join(struct.pack(">HHHHII", number, 0, 0, 1, offset, len(payload)) for number in tiles)
        return _full(
            b"meta",
            _full(b"hdlr", b"\x00" * 4 + b"pict" + b"\x00" * 13)
            + _full(b"pitm", b"\x00\x01")
            + _full(b"iloc", b"\x44\x00" + struct.pack(">H", 1 + len(tiles)) + places, version=1)
            + _full(b"iinf", struct.pack(">H", 1 + len(tiles)) + _entry(1, b"grid") + entries)
            + _full(b"iref", _box(b"dimg", struct.pack(">HH", 1, len(tiles)) + item_ids))
            + _box(b"iprp", properties + _full(b"ipma", associated))
            + _box(b"idat", layout),
        )

    start = _box(b"ftyp", brand + b"\x00" * 4 + b"mif1miaf" + brand)
    return start + meta(len(start) + len(meta(0)) + 8) + _box(b"mdat", payload)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def _full(name: bytes, content: bytes, version: int = 0) -> bytes:
    return _box(name, bytes((version, 0, 0, 0)) + content)


def _entry(number: int, kind: bytes) -> bytes:
    return _full(b"infe", struct.pack(">HH", number, 0) + kind + b"\x00", version=2)


def _found(data: bytes, name: bytes) -> bytes:
    at = data.index(name) - 4
    return data[at : at + int.from_bytes(data[at : at + 4])]
