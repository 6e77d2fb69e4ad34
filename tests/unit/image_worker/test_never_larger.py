"""Nothing served has more bytes than were sent, and there is always something that every browser shows."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from functions.image_worker.images import compress
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose
from tests.factories.pictures import FORMATS, RED, encoded, grained, quarters

EVERYWHERE = {"webp", "jpeg", "png", "gif"}
# One of each kind: what has the same sizes and crop is made in the same way.
PURPOSES = tuple({(policy.WIDTHS[each], policy.ASPECTS.get(each)): each for each in policy.PURPOSES}.values())


def made_of(data: bytes, purpose: Purpose = "post") -> Compressed:
    made = compress(data, purpose, keep_attribution=True)
    assert made.renditions
    assert all(len(rendition.data) <= len(data) for rendition in made.renditions)
    assert {rendition.format for rendition in made.renditions} & EVERYWHERE
    names = [(rendition.format, rendition.width) for rendition in made.renditions]
    assert len(set(names)) == len(names)
    return made


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (16, 16), (333, 111), (100, 700), (1700, 20)])
def test_no_variant_is_larger_than_what_was_sent(size: tuple[int, int], purpose: Purpose, format: str) -> None:
    for image in (Image.new("RGB", size, RED), grained(quarters(*size))):
        made = made_of(encoded(image, format), purpose)
        for rendition in made.renditions:
            assert Image.open(io.BytesIO(rendition.data)).size == (rendition.width, rendition.height)


@given(
    st.sampled_from(FORMATS),
    st.sampled_from(PURPOSES),
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(1, 256),
    st.integers(),
)
def test_no_variant_is_larger_whatever_is_sent(
    format: str, purpose: Purpose, width: int, height: int, colors: int, seed: int
) -> None:
    drawn = random.Random(seed)
    image = Image.frombytes("L", (width, height), drawn.randbytes(width * height)).quantize(colors)
    made_of(encoded(image if format in ("PNG", "GIF") else image.convert("RGB"), format), purpose)


def squeezed(quality: int, format: str = "JPEG", side: int = 40, **options: object) -> bytes:
    """Soft blobs in so few bytes that no other format has fewer."""
    blobs = Image.effect_noise((side * 3, side * 2), 60).convert("RGB")
    image = blobs.resize((1200, 800), Image.Resampling.BICUBIC)
    return encoded(image, format, quality=quality, **options)


def same(one: bytes, other: bytes) -> bool:
    """Whether both show the same when they are small."""
    small = [Image.open(io.BytesIO(data)).convert("RGB").resize((30, 20)) for data in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).rms) < 3


def test_a_strongly_compressed_jpeg_is_served_as_it_was_sent() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "ACME Camera"

    made = made_of(squeezed(1, exif=exif.tobytes()))

    (kept,) = made.renditions
    assert (kept.format, kept.width, kept.height) == ("jpeg", 800, 1200)
    assert kept.data == made.original
    assert b"ACME" not in kept.data


def test_a_format_that_ends_before_a_later_one_is_not_offered() -> None:
    """Else browsers that know AVIF would see its 320 pixels and never the 1200 of the JPEG."""
    made = made_of(squeezed(20))

    assert [(r.format, r.width) for r in made.renditions] == [
        ("avif", 320), ("avif", 800), ("avif", 1200), ("jpeg", 1200)
    ]  # fmt: skip


def test_an_avif_that_no_webp_comes_near_to_has_one_beside_it() -> None:
    data = squeezed(30, "AVIF", speed=6)

    made = made_of(data)

    assert [(r.format, r.width) for r in made.renditions if r.data == made.original] == [("avif", 1200)]
    assert [(r.format, r.width) for r in made.renditions if r.format != "avif"] == [("webp", 300)]
    assert same(made.renditions[-1].data, data)


def test_a_moving_avif_that_no_webp_comes_near_to_has_a_still_one_beside_it() -> None:
    first, *rest = [
        Image.effect_mandelbrot((100, 60), (-2, -1, 1, 1), 20 + index).convert("RGB").resize((400, 240))
        for index in range(5)
    ]
    data = encoded(first, "AVIF", quality=30, save_all=True, append_images=rest, duration=70)

    made = made_of(data)

    assert made.animated
    assert [(r.format, r.width) for r in made.renditions] == [("avif", 400), ("webp", 400)]
    assert made.renditions[0].data == made.original
    assert same(made.renditions[1].data, data)


def test_flat_graphics_are_lossless_where_that_is_less() -> None:
    picture = Image.new("P", (600, 600), 0)
    picture.putpalette([255, 255, 255, 20, 20, 20])
    for at in range(0, 600, 6):
        picture.paste(1, (at, 0, at + 2, 600))

    made = made_of(encoded(picture, "PNG", optimize=True))

    widest = made.renditions[-1]
    assert widest.width == 600
    assert Image.open(io.BytesIO(widest.data)).convert("RGB").getpixel((1, 1)) == (20, 20, 20)


def test_an_original_too_large_for_a_browser_is_not_served() -> None:
    picture = Image.effect_noise((40, 40), 90).convert("1").resize((4000, 4000), Image.Resampling.NEAREST)
    data = encoded(picture, "PNG", optimize=True)

    made = made_of(data)

    assert all(r.width * r.height <= policy.MAX_SHOWN_PIXELS for r in made.renditions)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_an_original_lying_on_its_side_is_not_served_where_browsers_might_not_turn_it(format: str) -> None:
    options = {"quality": 1} if format == "WEBP" else {}
    image = Image.effect_noise((40, 30), 90).convert("1").resize((400, 300), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(image.convert("1" if format == "PNG" else "RGB"), format, exif=exif.tobytes(), **options)

    made = made_of(data)

    assert all(rendition.data != made.original for rendition in made.renditions)
    assert all(rendition.height > rendition.width for rendition in made.renditions)


def test_heic_is_never_served() -> None:
    data = encoded(grained(quarters()), "HEIF", quality=5)

    made = made_of(data)

    assert {rendition.format for rendition in made.renditions} <= {"avif", "webp"}


def test_a_crop_is_never_replaced_by_the_whole_picture() -> None:
    made = made_of(encoded(grained(quarters(400, 200)), quality=1), "avatar")

    assert all(rendition.width == rendition.height for rendition in made.renditions)
