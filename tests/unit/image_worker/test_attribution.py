import io

import pytest
from PIL import Image

from functions.image_worker.attribution import ARTIST, COPYRIGHT, Attribution, attribution, exif_block
from functions.image_worker.images import compress
from mundotango.media import policy
from tests.factories.pictures import ORIENTATION, encoded, grained, quarters

WITH_EXIF = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")


def signed(format: str = "JPEG", artist: bytes = b"Ana", rights: bytes = "© 2026 Ana Ñ".encode()) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "ACME Camera"
    exif[ARTIST], exif[COPYRIGHT] = artist, rights
    return encoded(grained(quarters()), format, exif=exif.tobytes())


def read(data: bytes) -> tuple[str, set[int]]:
    image = Image.open(io.BytesIO(data))
    return str(attribution(image)), set(image.getexif())


@pytest.mark.parametrize("format", WITH_EXIF)
def test_who_made_it_is_told_and_written_where_that_is_wanted(format: str) -> None:
    made = compress(signed(format), "post", keep_attribution=True)

    assert made.attribution == "© 2026 Ana Ñ"
    for data in (made.original, *(rendition.data for rendition in made.renditions)):
        said, tags = read(data)
        assert said == "© 2026 Ana Ñ"
        assert tags <= {ARTIST, COPYRIGHT, ORIENTATION}
        assert b"ACME" not in data


@pytest.mark.parametrize("format", WITH_EXIF)
def test_and_nowhere_else(format: str) -> None:
    signature = b"Ana Corrientes"  # longer than what noise comes to now and then
    made = compress(signed(format, signature, b"2026 " + signature), "post", keep_attribution=False)

    assert made.attribution is None
    for data in (made.original, *(rendition.data for rendition in made.renditions)):
        assert b"Corrientes" not in data


def test_a_moving_picture_has_it_too() -> None:
    exif = Image.Exif()
    exif[ARTIST] = "Ana"
    frames = [grained(quarters()), grained(quarters())]
    data = encoded(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=99, exif=exif.tobytes()[6:], quality=95
    )

    made = compress(data, "post", keep_attribution=True)

    assert made.animated
    assert {read(rendition.data)[0] for rendition in made.renditions} == {"Ana"}


def test_a_picture_that_says_nothing_has_none() -> None:
    assert compress(encoded(grained(quarters())), "post", keep_attribution=True).attribution is None


@pytest.mark.parametrize(
    ("artist", "rights", "said"),
    [
        (b"Ana", b"", "Ana"),
        (b"", b"2026", "2026"),
        (b"Ana", b"2026 Bea", "Ana · 2026 Bea"),
        (b"Ana", b"2026 Ana", "2026 Ana"),
        (b"\xd1ata", b"", "Ñata"),  # Latin-1, as old cameras write
        ("Ñata".encode(), b"", "Ñata"),
        (b"Ana\x1b[31m \x07\r\n\tSol", b"", "Ana [31m Sol"),
        ("Ana\u202esol".encode(), b"", "Ana sol"),
        (b"", b"Ana\x00Sol", "Ana Sol"),  # photographer and editor, as EXIF has them
        (b"x" * 500, b"y" * 500, "x" * 200),
        (b" \x01 ", b"", ""),
    ],
)
def test_what_is_said_is_cleaned(artist: bytes, rights: bytes, said: str) -> None:
    found, _ = read(signed(artist=artist, rights=rights))

    assert found == said
    assert len(found) <= policy.MAX_ATTRIBUTION


@pytest.mark.parametrize("exif", [b"Exif\x00\x00", b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff", b"nonsense"])
def test_broken_exif_says_nothing(exif: bytes) -> None:
    made = compress(encoded(grained(quarters()), exif=exif), "post", keep_attribution=True)

    assert made.attribution is None


def test_there_is_no_block_of_nothing() -> None:
    assert exif_block(Attribution()) == b""
