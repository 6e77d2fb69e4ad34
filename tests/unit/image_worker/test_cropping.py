import io
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from functions.image_worker.cropping import attentive_box, part_of
from functions.image_worker.images import compress
from mundotango.media.model import Purpose
from tests.factories.pictures import RED, STORED_AS, encoded, grained, near

sides = st.integers(1, 3000)
aspects = st.sampled_from([(1, 1), (3, 1), (1, 3)])


def lopsided(width: int, height: int, box: tuple[int, int, int, int]) -> Image.Image:
    """Grey, but for something to look at in one place."""
    image = Image.new("RGB", (width, height), "grey")
    image.paste(grained(Image.new("RGB", (box[2] - box[0], box[3] - box[1]), RED)), box)
    return image


@given(sides, sides, aspects)
def test_a_part_has_its_aspect_and_does_not_leave_the_picture(width: int, height: int, aspect: tuple[int, int]) -> None:
    across, down = part_of((width, height), aspect)

    assert 1 <= across <= width
    assert 1 <= down <= height
    assert across == width or down > height - aspect[1]
    assert abs(across * aspect[1] - down * aspect[0]) <= max(aspect) * max(aspect)


@given(st.integers(1, 400), st.integers(1, 400), aspects, st.sampled_from(["RGB", "RGBA", "L", "P", "CMYK", "LA", "1"]))
def test_what_is_cut_out_lies_in_the_picture(width: int, height: int, aspect: tuple[int, int], mode: str) -> None:
    part = part_of((width, height), aspect)

    left, top, right, bottom = attentive_box(Image.new(mode, (width, height)), part)

    assert (right - left, bottom - top) == part
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height


@pytest.mark.parametrize("at", [0, 300, 800])
def test_it_goes_to_what_there_is_to_see(at: int) -> None:
    across = attentive_box(lopsided(1000, 200, (at, 20, at + 150, 180)), (200, 200))
    down = attentive_box(lopsided(200, 1000, (20, at, 180, at + 150)), (200, 200))

    assert across[0] <= at <= across[2] - 100
    assert down[1] <= at <= down[3] - 100


@pytest.mark.parametrize("image", [Image.new("RGB", (900, 300), RED), Image.effect_noise((900, 300), 60)])
def test_an_even_picture_is_cut_in_the_middle(image: Image.Image) -> None:
    left, *_ = attentive_box(image, (300, 300))

    assert abs(left - 300) <= 30


def test_a_large_picture_costs_no_more_than_a_small_one() -> None:
    image = Image.new("RGB", (8000, 6000), RED)
    begun = process_time()

    attentive_box(image, (6000, 6000))

    assert process_time() - begun < 0.2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("purpose", "sizes"), [("avatar", [(64, 64), (256, 256)]), ("cover", [(1200, 400)])]
)  # fmt: skip
def test_it_is_cut_upright(purpose: Purpose, sizes: list[tuple[int, int]], orientation: int) -> None:
    image = lopsided(1200, 900, (820, 40, 1160, 360))
    turned = STORED_AS[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation

    made = compress(
        encoded(image.transpose(turned) if turned is not None else image, quality=95, exif=exif.tobytes()),
        purpose,
        keep_attribution=False,
    )

    assert [(r.width, r.height) for r in made.renditions] == sizes * 2
    assert (made.width, made.height) == (1200, 900)
    shown = Image.open(io.BytesIO(made.renditions[-1].data)).convert("RGB")
    seen = [x for x in range(shown.width) if near(pixel(shown, x, shown.height // 5), RED, by=90)]
    assert len(seen) > shown.width // 5
    assert sum(seen) / len(seen) > shown.width / 2


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return tuple(int(band) for band in found)


def test_a_small_picture_gives_small_variants() -> None:
    made = compress(encoded(grained(Image.new("RGB", (120, 90), RED)), "PNG"), "avatar", keep_attribution=False)

    assert {(r.width, r.height) for r in made.renditions} == {(64, 64), (90, 90)}
