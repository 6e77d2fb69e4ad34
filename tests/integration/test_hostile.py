"""Files of attackers and accidents, one after another in one warm worker: each is ready and right or refused with its
reason, in 512 MB and 10 s, and the worker is there for the next."""

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mundotango.media import policy
from tests.factories import hostile, profiles
from tests.factories.hostile import (
    chunk,
    crowded_meta,
    gif,
    large,
    png,
    riff,
    scans,
    segment,
    tiled,
    with_segments,
    zeros,
)
from tests.factories.pictures import FORMATS, encoded, looks_like, photograph, quarters
from tests.fixtures.hostile import Outcome, Worker

Make = Callable[[], bytes]
Report = Callable[[Outcome], None]

SIDE = hostile.SIDE
PAYLOAD = b"<script>alert(1)</script><?php system('id'); ?>"
TABLES = profiles.of_elements(profiles.table(33), 4000)
CURVES = profiles.of_elements(profiles.curves(), 5000)
ZIP = b"PK\x05\x06" + bytes(18)

# What shows the quarters of the factory.
RIGHT: dict[str, Make] = {
    "JPEG of 49 megapixels": lambda: large("JPEG"),
    "JPEG of 49 megapixels, progressive": lambda: large("JPEG", progressive=True),
    "JPEG in CMYK": lambda: encoded(quarters().convert("CMYK"), "JPEG"),
    "JPEG, progressive": lambda: encoded(quarters(), "JPEG", progressive=True),
    "JPEG with HTML behind it": lambda: with_segments(after=PAYLOAD),
    "JPEG with PHP in its comment": lambda: with_segments(segment(0xFE, PAYLOAD)),
    "JPEG with HTML in a segment": lambda: with_segments(segment(0xE1, PAYLOAD)),
    "JPEG that is a ZIP too": lambda: with_segments(segment(0xED, b"PK\x03\x04" + PAYLOAD), after=PAYLOAD + ZIP),
    "JPEG whose EXIF counts more than it has": lambda: with_segments(segment(0xE1, hostile.exif(5000))),
    "JPEG whose EXIF comes in many pieces": lambda: with_segments(*[segment(0xE1, hostile.exif(5000))] * 100),
    "JPEG whose profile names a table 4,000 times": lambda: encoded(quarters(), icc_profile=TABLES),
    "WebP whose profile names a table 4,000 times": lambda: encoded(quarters(), "WEBP", icc_profile=TABLES),
    "AVIF whose profile names a table 4,000 times": lambda: encoded(
        quarters(), "AVIF", icc_profile=profiles.of_elements(profiles.table(20), 4000)
    ),
    "PNG whose profile names curves 5,000 times": lambda: encoded(quarters(), "PNG", icc_profile=CURVES),
    "PNG with HTML behind it": lambda: encoded(quarters(), "PNG") + PAYLOAD,
    "PNG with a palette, of 49 megapixels": lambda: large("PNG", "P", compress_level=1),
    "GIF that is a script too": lambda: gif_comment(b"*/=1;" + PAYLOAD),
    "GIF of 49 megapixels": lambda: large("GIF", "P"),
    "WebP with HTML in a chunk": lambda: riff(b"RIFF", encoded(quarters(), "WEBP")[8:] + riff(b"EXIF", PAYLOAD)),
    "WebP of 25 megapixels": lambda: encoded(quarters(5000, 5000), "WEBP", method=0),
    "WebP of 25 megapixels, lossless": lambda: encoded(quarters(5000, 5000), "WEBP", method=0, lossless=True),
    "AVIF with HTML behind it": lambda: encoded(quarters(), "AVIF") + PAYLOAD,
    "AVIF in 10,000 pieces and 20,000 boxes": hostile.scattered,
    "JPEG with HTML in its preview": lambda: with_segments(segment(0xE0, b"JFIF\0" + bytes(9) + PAYLOAD)),
    "GIF with HTML after how often it is played": lambda: looped(PAYLOAD),
}

# What shows something else, such as nothing but black.
READY: dict[str, Make] = {
    "JPEG of 50 megapixels in CMYK, progressive": lambda: scans(12, 7071, bands=4),
    "JPEG of 49 megapixels with 40 scans": lambda: scans(40),
    "PNG of 49 megapixels with alpha": lambda: png(SIDE, SIDE, color=6),
    "PNG of 49 megapixels with alpha in 16 bits, interlaced": lambda: png(
        SIDE, SIDE, color=6, bits=16, interlaced=True
    ),
    "PNG of 49 megapixels in grey of 16 bits": lambda: png(SIDE, SIDE, color=0, bits=16),
    "PNG as high as may be": lambda: png(760, 65_535, color=6),
    "PNG as wide as may be": lambda: png(65_535, 760, color=6),
    "PNG as high as WebP": lambda: png(1600, 16_383, color=6),
    "HEIC of 48 megapixels": lambda: tiled("HEIF"),
    "AVIF of 25 megapixels": lambda: tiled("AVIF", 9, 11),
    "GIF of 10,000 frames": lambda: gif(100, 100, [(100, 100)] * 10_000),
    "GIF of 10,000 frames, large and hardly filled": lambda: gif(2000, 2000, [(1, 1)] * 10_000),
    "GIF of huge frames": lambda: gif(SIDE, SIDE, [(SIDE, SIDE)] * 20),
    "WebP of huge frames": lambda: hostile.webp_animation(5000, 20),
    "WebP of 300 frames whose profile names curves 1,000 times": lambda: hostile.profiled_animation(
        profiles.of_elements(profiles.curves(), 1000)
    ),
    "WebP of 10,000 frames": lambda: hostile.webp_animation(100, 10_000),
    "PNG of huge frames": lambda: hostile.apng(4000, 20),
}

REFUSED: dict[str, tuple[Make, str]] = {
    "empty": (lambda: b"", policy.EMPTY),
    "one byte": (lambda: b"\xff", policy.NOT_A_PICTURE),
    "HTML": (lambda: b"<!doctype html><img src=x onerror=alert(1)>", policy.NOT_A_PICTURE),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', policy.NOT_A_PICTURE),
    "PDF": (lambda: b"%PDF-1.7\n" + encoded(quarters()), policy.NOT_A_PICTURE),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", policy.NOT_A_PICTURE),
    "TIFF": (lambda: b"II*\x00" + bytes(100), policy.NOT_A_PICTURE),
    "film": (lambda: b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", policy.NOT_A_PICTURE),
    "JPEG, truncated": (lambda: large("JPEG")[:300_000], policy.DAMAGED),
    "PNG, corrupt": (lambda: corrupt(encoded(quarters(), "PNG")), policy.DAMAGED),
    "HEIC, corrupt": (lambda: tiled("HEIF")[:8000], policy.DAMAGED),
    "PNG of 30,000²": (lambda: png(30_000, 30_000, bits=1, color=0), policy.TOO_LARGE),
    "PNG of 12,000²": (lambda: png(12_000, 12_000, bits=1, color=0), policy.TOO_LARGE),
    "JPEG of 65,500²": (lambda: scans(2, 65_500)[:100_000] + b"\xff\xd9", policy.TOO_LARGE),
    "PNG one pixel wide": (lambda: png(1, 49_000_000, color=6), policy.TOO_COSTLY),
    "PNG one pixel high": (lambda: png(49_000_000, 1, color=6), policy.TOO_COSTLY),
    "PNG whose profile is a bomb": (lambda: png(9, 9, chunk(b"iCCP", b"a\x00\x00" + zeros(10**9))), policy.DAMAGED),
    "PNG whose text is a bomb": (lambda: png(9, 9, chunk(b"zTXt", b"a\x00\x00" + zeros(10**9))), policy.DAMAGED),
    "PNG of 49 megapixels with alpha and 60 texts": (
        lambda: png(SIDE, SIDE, hostile.texts(60), color=6),
        policy.DAMAGED,
    ),
    "PNG of 2,000,000 chunks": (lambda: png(9, 9, chunk(b"prVt", b"") * 2_000_000), policy.TOO_COSTLY),
    "JPEG of 6,000,000 segments": (lambda: with_segments(segment(0xE5, b"") * 6_000_000), policy.TOO_COSTLY),
    "JPEG of fill bytes": (lambda: with_segments(b"\xff" * 24_000_000), policy.TOO_COSTLY),
    "JPEG of EXIF": (lambda: with_segments(segment(0xE1, hostile.exif(9)) * 180_000), policy.TOO_COSTLY),
    "JPEG of 300,000 scans": (lambda: scans(300_000), policy.TOO_COSTLY),
    "JPEG of 49 megapixels with 50 scans": (lambda: scans(50), policy.TOO_COSTLY),
    "JPEG in CMYK, progressive and as high as WebP": (
        lambda: scans(12, 16_383, bands=4, width=3000),
        policy.TOO_COSTLY,
    ),
    "GIF of 900,000 frames": (lambda: gif(1, 1, [(1, 1)] * 900_000), policy.TOO_COSTLY),
    "GIF of 12,000,000 blocks": (lambda: gif_comment(b"", b"\x01\x00" * 12_000_000), policy.TOO_COSTLY),
    "WebP of 3,000,000 chunks": (
        lambda: riff(b"RIFF", encoded(quarters(), "WEBP")[8:] + riff(b"abcd", b"") * 3_000_000),
        policy.TOO_COSTLY,
    ),
    "WebP of 49 megapixels": (lambda: hostile.webp_beginning(SIDE), policy.TOO_COSTLY),
    "AVIF of 48 megapixels": (lambda: tiled("AVIF"), policy.TOO_COSTLY),
    "AVIF with 40,000 items": (lambda: crowded_meta("AVIF"), policy.TOO_COSTLY),
    "HEIC with 40,000 items": (lambda: crowded_meta("HEIF"), policy.TOO_COSTLY),
    "HEIC of 900 tiles behind one": (hostile.needless_tiles, policy.TOO_COSTLY),
    "AVIF with the tables of a film": (
        lambda: b"\x00\x00\x00\x10ftypavis\x00\x00\x00\x00" + struct.pack(">I", 300_000) + b"moov" + bytes(299_992),
        policy.TOO_COSTLY,
    ),
    "HEIC of 48 megapixels, 10 bits, 4:4:4": (lambda: tiled("HEIF", deep=True), policy.TOO_COSTLY),
    "AVIF of 3,000,000 boxes": (lambda: hostile.scattered(1, 3_000_000), policy.TOO_COSTLY),
    "AVIF of many directories": (
        lambda: encoded(quarters(), "AVIF") + (struct.pack(">I4s", 60_000, b"meta") + bytes(59_992)) * 400,
        policy.TOO_COSTLY,
    ),
    "PNG of 25,000 profiles": (
        lambda: png(9, 9, chunk(b"iCCP", b"a\x00\x00" + zeros(10**6)) * 25_000),
        policy.TOO_COSTLY,
    ),
    "WebP of 3,000,000 chunks in a frame": (
        lambda: riff(
            b"RIFF",
            hostile.webp_animation(9, 1)[8:] + riff(b"ANMF", bytes(16) + riff(b"abcd", b"") * 3_000_000),
        ),
        policy.TOO_COSTLY,
    ),
    "GIF of 12,000,000 blocks behind what is none": (
        lambda: encoded(quarters(), "GIF")[:-1] + b"\x00\x21\xfe" + b"\x01\x00" * 12_000_000,
        policy.DAMAGED,
    ),
    "JPEG without an end": (lambda: encoded(quarters())[:-2] + PAYLOAD, policy.DAMAGED),
}


@pytest.fixture
def work_on(hostile_worker: Worker, reported: Report, tmp_path: Path) -> Callable[..., Outcome]:
    """On a file, and then on an ordinary picture: the worker must be there for it."""

    def work(data: bytes, purpose: str = "post") -> Outcome:
        file = tmp_path / "picture.jpg"  # whatever it is
        file.write_bytes(data)
        outcome = hostile_worker.work_on(file, purpose)
        reported(outcome)
        file.write_bytes(encoded(quarters()))
        assert looks_like(Image.open(io.BytesIO(hostile_worker.work_on(file).variant)))
        return outcome

    return work


@pytest.mark.parametrize("name", RIGHT)
def test_ready_and_right(name: str, work_on: Callable[..., Outcome]) -> None:
    outcome = work_on(RIGHT[name]())

    assert outcome.refused is None
    assert looks_like(Image.open(io.BytesIO(outcome.variant)))
    assert PAYLOAD not in outcome.variant
    assert PAYLOAD not in outcome.original


@pytest.mark.slow
@pytest.mark.parametrize("name", READY)
def test_ready(name: str, work_on: Callable[..., Outcome]) -> None:
    assert work_on(READY[name]()).refused is None


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(name: str, work_on: Callable[..., Outcome]) -> None:
    make, reason = REFUSED[name]

    assert work_on(make()).refused == reason


@pytest.mark.parametrize("format", FORMATS)
def test_truncated(format: str, work_on: Callable[..., Outcome]) -> None:
    data = encoded(Image.effect_noise((320, 240), 80).convert("RGB"), format)

    assert work_on(data[: len(data) // 2]).refused == policy.DAMAGED


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_however_the_camera_was_held(orientation: int, work_on: Callable[..., Outcome]) -> None:
    outcome = work_on(photograph(1200, 900, orientation=orientation))

    assert outcome.size == (1200, 900)
    assert looks_like(Image.open(io.BytesIO(outcome.variant)))


@pytest.mark.slow
@pytest.mark.parametrize("purpose", ["avatar", "cover"])
def test_of_any_purpose(purpose: str, work_on: Callable[..., Outcome]) -> None:
    assert work_on(png(8000, 6100, color=6), purpose).refused is None


def test_a_file_that_takes_too_long_is_the_end_of_the_worker_and_not_of_the_run(
    hostile_worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "never.jpg"
    os.mkfifo(file)
    monkeypatch.setattr(hostile_worker, "limit", 0.5)

    with pytest.raises(AssertionError, match="the worker ended"):
        hostile_worker.work_on(file)

    file.unlink()
    file.write_bytes(encoded(quarters()))
    monkeypatch.undo()
    assert hostile_worker.work_on(file).refused is None


def corrupt(data: bytes) -> bytes:
    at = data.index(b"IDAT") + 4
    return data[:at] + b"\xff" * 64 + data[at + 64 :]


def gif_comment(comment: bytes, blocks: bytes = b"") -> bytes:
    """A picture with a comment before it, or with what else such a block may have."""
    data = encoded(quarters(), "GIF")
    at = data.index(b"\x2c\x00\x00\x00\x00")
    said = bytes((len(comment),)) + comment if comment else b""
    return data[:at] + b"\x21\xfe" + said + blocks + b"\x00" + data[at:]


def looped(said: bytes) -> bytes:
    """A GIF that says in the block which tells how often it is played something else, too."""
    data = encoded(quarters(), "GIF")
    at = data.index(b"\x2c\x00\x00\x00\x00")
    block = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00" + bytes((len(said),)) + said + b"\x00"
    return data[:at] + block + data[at:]
