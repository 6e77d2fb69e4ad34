"""ICC profiles (ICC.1:2022): of red and green exchanged, which every use of it shows, and some that are traps."""

import struct

from PIL import ImageCms


def exchanged() -> bytes:
    """sRGB with the primaries of red and green in each other's place."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def enlarged(profile: bytes, size: int) -> bytes:
    """With nothing behind it."""
    return (size).to_bytes(4) + profile[4:] + bytes(size - len(profile))


def of_elements(element: bytes, count: int) -> bytes:
    """A list of steps from the device's colours to those of the profile, each of which is the same bytes."""
    start = 16 + 8 * count
    steps = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, count) + struct.pack(">II", start, len(element)) * count
    tags = {b"desc": b"text" + bytes(8), b"wtpt": _xyz(0.9642, 1, 0.8249), b"D2B0": steps + element}
    table, at = b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", at, len(content))
        at += len(content)
    white = _xyz(0.9642, 1, 0.8249)[8:]
    kind = b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header = struct.pack(">I", at) + bytes(4) + b"\x04\x40\x00\x00" + kind + white + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + b"".join(tags.values())


def table(side: int) -> bytes:
    """A step that looks colours up in a cube of this side: of side 33, 431 KB."""
    return b"clut" + bytes(4) + struct.pack(">HH", 3, 3) + bytes((side,) * 3 + (0,) * 13) + bytes(12 * side**3)


def curves() -> bytes:
    """A step with a curve of two parts for each colour."""
    parts = b"parf" + bytes(6) + bytes(2) + struct.pack(">4f", 1, 1, 0, 0)
    curve = b"curf" + bytes(4) + struct.pack(">HHf", 2, 0, 0.5) + parts * 2
    return b"cvst" + bytes(4) + struct.pack(">HH", 3, 3) + struct.pack(">II", 36, len(curve)) * 3 + curve


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in values))
