"""Local picture files through the worker's own compression, and what of it can be judged."""

import io
import itertools
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from functions.image_worker import images
from functions.image_worker.formats import load_codec, sniff
from mundotango.errors import BadImage
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose
from operations.refusal import Refusal

# Taken from a folder; a file that is named is looked at whatever it is called.
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".gif"}

_TIME = (ExifTags.Base.DateTime, ExifTags.Base.DateTimeOriginal)
_CAMERA = (ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software)
_AUTHOR = (ExifTags.Base.Artist, ExifTags.Base.Copyright)


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture and what became of it. `files` are the variants' names in the folder, in the order of the renditions.

    `dropped` and `kept` are what the file told besides its picture: what nothing that was made of it tells any more,
    and what something still does.
    """

    path: Path
    bytes: int
    seconds: float
    compressed: Compressed
    files: tuple[str, ...]
    original: str
    dropped: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def widest(self) -> int:
        """Bytes of what a large screen loads."""
        return len(self.compressed.widest.data)


def found(named: Iterable[Path]) -> Iterator[Path]:
    """The files named, and in the place of a folder the pictures in it."""
    for path in named:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file())
        else:
            yield path


def check_empty(folder: Path) -> None:
    """Raises Refusal where something could be written over."""
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise Refusal(f"{folder} is there already", cure="name another folder by --into, or remove it")


def judge(path: Path, purpose: Purpose, folder: Path, *, keep_attribution: bool) -> Judged:
    """Writes the variants into the folder, and the stripped original beside them.

    Raises:
        BadImage: its upload would be refused, or fail, and why.
        OSError: the file cannot be read.
        Refusal: the folder cannot be written.
    """
    size = path.stat().st_size
    if size > policy.MAX_BYTES:
        raise BadImage(f"{size:,} bytes, and {policy.MAX_BYTES:,} are the most that may be uploaded")
    data = path.read_bytes()
    started = time.perf_counter()
    compressed = images.compress(data, purpose, keep_attribution=keep_attribution)
    seconds = time.perf_counter() - started
    made = [*(one.data for one in compressed.renditions), compressed.original]
    names = _names(folder, path.stem, compressed)
    _write(folder, dict(zip(names, made, strict=True)))
    still = {fact for content in made for fact in _told(content)}
    told = _told(data)
    return Judged(
        path,
        len(data),
        seconds,
        compressed,
        files=names[:-1],
        original=names[-1],
        dropped=tuple(fact for fact in told if fact not in still),
        kept=tuple(fact for fact in told if fact in still),
    )


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise Refusal(f"{folder}: {error.strerror}", cure="name another folder by --into") from error


def _names(folder: Path, stem: str, compressed: Compressed) -> tuple[str, ...]:
    """Of the variants and of the original. Of two pictures called alike, from two folders, the second gets a number."""
    ends = [f"{one.width}.{one.format}" for one in compressed.renditions]
    ends.append(f"original.{compressed.original_type.removeprefix('image/')}")
    for number in itertools.count(1):
        tried = stem if number == 1 else f"{stem}-{number}"
        names = tuple(f"{tried}-{end}" for end in ends)
        if not any((folder / name).exists() for name in names):
            break
    return names


def _told(data: bytes) -> tuple[str, ...]:
    """What a file tells besides its picture, in words."""
    format = sniff(data) or ""
    load_codec(format)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[format]) as image:
            facts = _told_by_exif(image) | _told_besides(image)
    except Exception as error:
        raise BadImage("what it tells besides its picture, or what was made of it does, cannot be read") from error
    return tuple(fact for fact, is_told in facts.items() if is_told)


def _told_besides(image: Image.Image) -> dict[str, bool]:
    info = image.info
    return {
        "XMP": "xmp" in info or "XML:com.adobe.xmp" in info,
        "IPTC": "photoshop" in info,
        "comment": "comment" in info or "Comment" in info,
        "further pictures": image.format == "MPO",
    }


def _told_by_exif(image: Image.Image) -> dict[str, bool]:
    try:
        exif = image.getexif()
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        tags = dict(exif) | exif.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # noqa: BLE001 (broken EXIF raises anything)
        return {"EXIF that cannot be read": True}
    return {
        "place (GPS)": bool(place),
        "time": any(tags.get(tag) for tag in _TIME),
        "camera": any(tags.get(tag) for tag in _CAMERA),
        "author": any(tags.get(tag) for tag in _AUTHOR),
    }
