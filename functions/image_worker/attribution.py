"""Who made a picture, as its EXIF says: the two fields photographers set on purpose, and nothing else of it.

XMP and IPTC say the same where they say it; neither is read, because each wants a parser for what strangers send.
"""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from PIL import Image

from mundotango.media import policy

ARTIST, COPYRIGHT, ORIENTATION = 0x013B, 0x8298, 0x0112


class Attribution(NamedTuple):
    artist: str = ""
    copyright: str = ""

    def __str__(self) -> str:
        """`Ana · © 2026 Ana`, or what there is of it; a name that the copyright has already is not said twice."""
        said = [self.copyright] if self.artist in self.copyright else [self.artist, self.copyright]
        return " · ".join(part for part in said if part)[: policy.MAX_ATTRIBUTION]


def attribution(image: Image.Image) -> Attribution:
    try:
        exif = image.getexif()
        return Attribution(_cleaned(exif, ARTIST), _cleaned(exif, COPYRIGHT))
    except Exception:  # noqa: BLE001 (broken EXIF raises anything, and is no reason to refuse a picture)
        return Attribution()


def exif_block(said: Attribution, orientation: int = 1) -> bytes:
    """EXIF of what was said of the makers and how to hold the picture, alone; empty where there is neither."""
    exif = Image.Exif()
    if orientation != 1:
        exif[ORIENTATION] = orientation
    for tag, text in ((ARTIST, said.artist), (COPYRIGHT, said.copyright)):
        if text:
            exif[tag] = text.encode()
    return exif.tobytes().removeprefix(b"Exif\x00\x00") if exif else b""


def _cleaned(exif: Mapping[int, object], tag: int) -> str:
    """On one line, without what controls a terminal or turns text around."""
    value = exif.get(tag, "")
    # Pillow reads the bytes as Latin-1; most programs write UTF-8.
    raw = value if isinstance(value, bytes) else str(value).encode("latin-1", "ignore")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    shown = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(shown.split())[: policy.MAX_ATTRIBUTION]
