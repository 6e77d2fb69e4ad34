import io
from time import process_time
from typing import Any

import pytest
from PIL import Image, ImageDraw

from functions.image_worker.images import compress
from mundotango.media import policy
from mundotango.media.model import Compressed, Purpose
from tests.factories.pictures import BLUE, GREEN, HEIGHT, RED, WIDTH, encoded, grained, looks_like, near, quarters

MOVING = ("GIF", "WEBP", "PNG", "AVIF")
SIZE = (WIDTH, HEIGHT)


def frames(count: int = 3, size: tuple[int, int] = SIZE) -> list[Image.Image]:
    return [grained(Image.new("RGB", size, (RED, GREEN, BLUE)[index % 3])) for index in range(count)]


def animation(format: str = "GIF", count: int = 3, size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    first, *rest = frames(count, size)
    lossless = {"lossless": True} if format == "WEBP" else {}
    return encoded(first, format, save_all=True, append_images=rest, **({"duration": 120} | lossless | options))


def squeezed(count: int) -> bytes:
    """Of so few bytes that the same in our quality has more."""
    first, *rest = [
        Image.effect_noise((90, 60), 60).convert("RGB").resize((900, 600), Image.Resampling.BICUBIC)
        for _ in range(count)
    ]
    return encoded(first, "WEBP", save_all=True, append_images=rest, duration=100, quality=0)


def post(data: bytes, purpose: Purpose = "post") -> Compressed:
    return compress(data, purpose, keep_attribution=False)


def opened(compressed: Compressed, at: int = -1) -> Any:
    return Image.open(io.BytesIO(compressed.renditions[at].data))


def durations(image: Any) -> list[int]:
    found = []
    for index in range(image.n_frames):
        image.seek(index)
        image.load()
        found.append(image.info["duration"])
    return found


@pytest.mark.parametrize("format", MOVING)
def test_it_moves_as_webp_and_as_nothing_beside_it(format: str) -> None:
    made = post(animation(format, size=(900, 300)))

    assert made.animated
    assert [(r.format, r.width, r.height) for r in made.renditions] == [("webp", 320, 107), ("webp", 800, 267)]
    for at in range(2):
        moving = opened(made, at)
        assert durations(moving) == [120, 120, 120]
        for index, color in enumerate((RED, GREEN, BLUE)):
            moving.seek(index)
            assert near(moving.convert("RGB").resize((1, 1)).getpixel((0, 0)), color, by=20)
    assert Image.open(io.BytesIO(made.original)).n_frames == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("format", "loop", "plays"),
    [
        ("GIF", None, 1),
        ("GIF", 0, 0),
        ("GIF", 4, 5),
        ("GIF", 65_534, 65_535),
        ("GIF", 65_535, 0),
        ("PNG", 3, 3),
        ("PNG", 70_000, 0),
        ("PNG", 2**31, 0),
    ],
)
def test_it_is_played_as_often(format: str, loop: int | None, plays: int) -> None:
    options: dict[str, Any] = {} if loop is None else {"loop": loop}

    assert opened(post(animation(format, **options))).info["loop"] == plays


def test_each_frame_lasts_as_long_as_browsers_show_it() -> None:
    made = post(animation(duration=[0, 200, 10]))

    assert durations(opened(made)) == [100, 200, 100]


def test_what_is_transparent_stays_so() -> None:
    disc = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    ImageDraw.Draw(disc).ellipse((0, 0, 200, 300), fill=RED)

    moving = opened(post(encoded(disc, "PNG", save_all=True, append_images=[disc.rotate(180)], duration=100)))

    for index in range(2):
        moving.seek(index)
        alphas = [moving.convert("RGBA").getpixel((x, 150))[3] for x in (20, 280)]
        assert alphas == ([255, 0] if index == 0 else [0, 255])


def test_the_default_image_of_an_apng_is_not_one_of_its_frames() -> None:
    default, *shown = [grained(Image.new("RGB", (300, 200), color)) for color in ("white", RED, GREEN)]

    made = post(encoded(default, "PNG", save_all=True, append_images=shown, default_image=True, duration=100))

    assert opened(made).n_frames == 2
    assert near(opened(made).convert("RGB").resize((1, 1)).getpixel((0, 0)), RED, by=20)
    assert near(tuple(bytes.fromhex(made.color[1:])), RED, by=25)


@pytest.mark.parametrize("purpose", ["avatar", "cover"])
def test_avatars_and_covers_stand_still(purpose: Purpose) -> None:
    made = post(animation(), purpose)

    assert not made.animated
    assert {r.format for r in made.renditions} == {"avif", "webp"}
    assert all(getattr(Image.open(io.BytesIO(r.data)), "n_frames", 1) == 1 for r in made.renditions)
    assert near(opened(made).convert("RGB").resize((1, 1)).getpixel((0, 0)), RED, by=20)


def test_one_frame_is_a_still_picture() -> None:
    made = post(encoded(grained(quarters()), "GIF", save_all=True))

    assert not made.animated
    assert {r.format for r in made.renditions} == {"avif", "webp"}


class TestLimits:
    def test_of_too_many_frames_the_beginning_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "MAX_FRAMES", 4)

        assert opened(post(animation(count=6))).n_frames == 4
        assert opened(post(animation(count=4))).n_frames == 4

    def test_of_too_many_pixels_the_beginning_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "MAX_ANIMATED_PIXELS", WIDTH * HEIGHT * 2 + 1)

        assert opened(post(animation(count=4))).n_frames == 2

    def test_of_too_long_a_time_the_beginning_is_shown(self) -> None:
        made = post(animation(count=4, duration=25_000))

        assert durations(opened(made)) == [25_000] * 3

    def test_what_is_larger_than_a_browser_should_decode_stands_still(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "MAX_SHOWN_PIXELS", WIDTH * HEIGHT - 1)

        assert not post(animation()).animated

    def test_an_animation_in_few_bytes_is_served_as_it_was_sent(self) -> None:
        made = post(squeezed(3))

        assert made.animated
        assert (made.renditions[-1].width, made.renditions[-1].data) == (900, made.original)

    def test_an_animation_over_the_limits_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "MAX_FRAMES", 2)

        made = post(squeezed(3))

        assert all(rendition.data != made.original for rendition in made.renditions)

    def test_ten_thousand_frames_are_settled_in_time(self) -> None:
        pixel = Image.new("P", (200, 200))
        pixel.putpalette([0, 0, 0, 255, 255, 255])
        one = encoded(pixel, "GIF")
        head, frame = one[: one.index(b"\x2c")], one[one.index(b"\x2c") : -1]
        data = head + b"".join(b"\x21\xf9\x04\x04\x02\x00\x00\x00" + frame for _ in range(10_000)) + b"\x3b"
        begun = process_time()

        made = post(data)

        assert process_time() - begun < 10
        assert made.renditions


def test_of_a_damaged_animation_the_part_before_is_shown() -> None:
    data = bytearray(animation("PNG", count=5))
    at = data.rindex(b"fdAT")
    data[at + 8 : at + 200] = bytes(192)

    made = post(bytes(data))

    assert made.animated
    assert opened(made).n_frames == 4


def test_a_frame_larger_than_its_screen_ends_the_animation() -> None:
    first, second = (encoded(image, "GIF") for image in frames(2, (64, 64)))
    block = bytearray(second[second.index(b"\x2c\x00\x00\x00\x00") : -1])
    block[5:9] = b"\xff\xff\xff\xff"

    made = post(first[:-1] + bytes(block) + b"\x3b")

    assert not made.animated
    assert made.renditions


def test_the_first_frame_gives_the_impression() -> None:
    assert near(tuple(bytes.fromhex(post(animation()).color[1:])), RED, by=25)


def test_a_moving_picture_is_upright() -> None:
    first, second = quarters(), quarters()
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = [grained(image.transpose(Image.Transpose.ROTATE_90)) for image in (first, second)]
    data = encoded(
        turned[0], "WEBP", save_all=True, append_images=turned[1:], duration=100, exif=exif.tobytes()[6:], lossless=True
    )

    made = post(data)

    assert made.animated
    assert looks_like(opened(made))
