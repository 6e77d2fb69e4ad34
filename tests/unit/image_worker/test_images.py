import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, ImageOps

from functions.image_worker import images
from functions.image_worker.encoding import avif
from functions.image_worker.formats import sniff
from functions.image_worker.images import compress
from mundotango.errors import BadImage
from mundotango.media.model import Compressed, Rendition
from mundotango.media.policy import DAMAGED, NOT_A_PICTURE
from tests.factories import profiles
from tests.factories.pictures import (
    FORMATS,
    HEIGHT,
    QUARTERS,
    RED,
    WIDTH,
    corners,
    encoded,
    grained,
    looks_like,
    near,
    photograph,
    quarters,
)


def post(data: bytes) -> Compressed:
    return compress(data, "post", keep_attribution=False)


def opened(compressed: Compressed) -> Image.Image:
    """The widest variant, as a browser without AVIF sees it."""
    return shown(compressed.renditions[-1])


def shown(rendition: Rendition) -> Image.Image:
    """As a browser shows it: an original that is served as it is may lie on its side."""
    image = Image.open(io.BytesIO(rendition.data), formats=[rendition.format.upper()])
    return ImageOps.exif_transpose(image) if rendition.format in ("jpeg", "avif") else image


def widths(compressed: Compressed, format: str) -> list[int]:
    return [rendition.width for rendition in compressed.renditions if rendition.format == format]


@pytest.mark.parametrize("format", FORMATS)
def test_every_allowed_format_becomes_variants_of_the_same_picture(format: str) -> None:
    made = post(encoded(grained(quarters()), format, quality=95))

    assert {rendition.format for rendition in made.renditions} == {"avif", "webp"}
    for rendition in made.renditions:
        assert looks_like(shown(rendition))
        assert shown(rendition).size == (rendition.width, rendition.height)
    assert (made.width, made.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_picture_is_upright_however_the_camera_was_held(format: str, orientation: int) -> None:
    made = post(photograph(orientation=orientation, format=format, grain=True))

    for rendition in made.renditions:
        assert looks_like(shown(rendition))
        assert shown(rendition).size == (rendition.width, rendition.height)
    assert {(r.width, r.height) for r in made.renditions} == {(320, 213), (WIDTH, HEIGHT)}
    assert (made.width, made.height) == (WIDTH, HEIGHT)
    assert looks_like(ImageOps.exif_transpose(Image.open(io.BytesIO(made.original))))


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (4000, [320, 800, 1600]),
        (1600, [320, 800, 1600]),
        (1601, [320, 800, 1600]),
        (1000, [320, 800, 1000]),
        (90, [90]),
    ],
)
def test_variants_are_never_wider_than_the_picture(width: int, expected: list[int]) -> None:
    made = post(encoded(quarters(width, 60)))

    assert [rendition.format for rendition in made.renditions] == ["avif"] * len(expected) + ["webp"] * len(expected)
    assert widths(made, "avif") == widths(made, "webp") == expected
    assert [shown(r).size for r in made.renditions] == [(r.width, r.height) for r in made.renditions]


def test_a_picture_too_high_for_webp_is_served_narrower() -> None:
    made = post(encoded(Image.new("RGB", (40, 40_000), RED)))

    assert {(r.width, r.height) for r in made.renditions} == {(16, 16383)}


def test_a_size_that_two_widths_come_to_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def spy(image: Image.Image, exif: bytes) -> bytes:
        made.append(image.size)
        return avif(image, exif)

    monkeypatch.setattr(images, "avif", spy)
    post(encoded(Image.new("RGB", (1200, 12_000), RED)))

    assert made == [(775, 7746), (320, 3200)]


def test_a_jpeg_is_decoded_at_a_smaller_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    load = ImageFile.ImageFile.load

    def spy(image: ImageFile.ImageFile) -> object:
        sizes.append(image.size)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", spy)
    made = post(photograph(4000, 3000, orientation=6))

    assert sizes[0] == (1500, 2000)
    assert (made.width, made.height) == (4000, 3000)
    assert looks_like(opened(made))


def test_a_camera_file_with_several_pictures_shows_the_first() -> None:
    first = quarters()
    data = encoded(first, "MPO", save_all=True, append_images=[Image.new("RGB", first.size, "white")])

    made = post(data)

    assert looks_like(opened(made))
    assert len(made.original) < len(data)


# Of H.273: the primaries of Display P3 and BT.709, and curves.
P3, BT709, SRGB, PQ = 12, 1, 13, 16


def seen_red(format: str, profile: bytes) -> tuple[int, ...]:
    """What becomes of red with this profile."""
    return corners(opened(post(encoded(Image.new("RGB", (64, 64), (255, 0, 0)), format, icc_profile=profile))))[0]


class TestColours:
    def test_cmyk(self) -> None:
        assert looks_like(opened(post(encoded(quarters().convert("CMYK"), "JPEG"))))

    def test_palette(self) -> None:
        assert looks_like(opened(post(encoded(quarters().quantize(16), "PNG"))))

    def test_palette_with_a_transparent_colour(self) -> None:
        picture = Image.new("P", (480, 320), 1)
        picture.putpalette([0, 0, 0, 220, 30, 30])
        picture.paste(0, (0, 0, 240, 320))

        seen = opened(post(encoded(picture, "PNG", transparency=0)))

        assert seen.getpixel((60, 160)) == (0, 0, 0, 0)
        opaque = seen.getpixel((420, 160))
        assert isinstance(opaque, tuple)
        assert near(tuple(map(int, opaque)), (*RED, 255))

    def test_grey_with_alpha(self) -> None:
        picture = Image.new("LA", (400, 400), (200, 255))
        picture.paste((200, 0), (0, 0, 200, 400))

        seen = opened(post(encoded(picture, "PNG")))

        alpha = seen.getchannel("A")
        assert (alpha.getpixel((50, 200)), alpha.getpixel((350, 200))) == (0, 255)
        assert near(corners(seen)[1], (200, 200, 200))

    def test_an_alpha_that_hides_nothing_is_dropped(self) -> None:
        assert opened(post(encoded(quarters().convert("RGBA"), "PNG"))).mode == "RGB"

    def test_one_bit(self) -> None:
        picture = Image.new("1", (400, 400), 1)
        picture.paste(0, (0, 0, 400, 200))

        seen = corners(opened(post(encoded(picture, "PNG"))))

        assert near(seen[0], (0, 0, 0))
        assert near(seen[2], (255, 255, 255))

    def test_sixteen_bits_of_grey(self) -> None:
        half = Image.frombytes("I;16", (64, 64), struct.pack("<H", 0x8000) * 64 * 64)

        assert near(corners(opened(post(encoded(half, "PNG"))))[0], (128, 128, 128), by=2)

    def test_sixteen_bits_of_colour(self) -> None:
        rows = (b"\x00" + struct.pack(">HHH", 0xDCDC, 0x1E1E, 0x1E1E) * 64) * 64

        seen = opened(post(png(64, 64, rows, bits=16)))

        assert near(corners(seen)[0], RED)

    def test_a_colour_profile_is_applied(self) -> None:
        assert near(seen_red("PNG", profiles.exchanged()), (0, 255, 0), by=20)
        assert near(seen_red("JPEG", profiles.enlarged(profiles.exchanged(), 3_000_000)), (0, 255, 0), by=20)

    @pytest.mark.parametrize("profile", [b"nonsense", b"\x00" * 200])
    def test_a_broken_colour_profile_is_ignored(self, profile: bytes) -> None:
        assert looks_like(opened(post(encoded(quarters(), icc_profile=profile))))

    def test_a_colour_profile_that_may_cost_much_is_ignored(self) -> None:
        too_large = profiles.enlarged(profiles.exchanged(), 5_000_000)
        with_elements = profiles.exchanged() + b"mpet"

        assert near(seen_red("JPEG", too_large), (255, 0, 0), by=20)
        assert near(seen_red("PNG", with_elements), (255, 0, 0), by=20)

    def test_a_colour_profile_is_worked_through_once_for_all_frames(self, monkeypatch: pytest.MonkeyPatch) -> None:
        built = []
        build = ImageCms.buildTransform

        def spy(*arguments: Any) -> ImageCms.ImageCmsTransform:
            built.append(arguments)
            return build(*arguments)

        monkeypatch.setattr(ImageCms, "buildTransform", spy)
        first, *rest = (grained(quarters()) for _ in range(3))
        options = {"save_all": True, "append_images": rest, "icc_profile": profiles.exchanged()}

        made = post(encoded(first, "WEBP", lossless=True, **options))

        assert made.animated
        assert len(built) == 1
        assert looks_like(opened(made), tuple((green, red, blue) for red, green, blue in QUARTERS))

    @pytest.mark.parametrize("format", ["AVIF", "HEIF"])
    @pytest.mark.parametrize(
        ("primaries", "curve", "seen"),
        [
            (P3, SRGB, (255, 0, 0)),
            (P3, BT709, (255, 0, 0)),
            (BT709, SRGB, (234, 51, 35)),
            (P3, PQ, (234, 51, 35)),
        ],
    )
    def test_display_p3_that_is_told_by_numbers(
        self, format: str, primaries: int, curve: int, seen: tuple[int, ...]
    ) -> None:
        """CSS Color 4, 10.3: red in sRGB is `color(display-p3 0.9175 0.2003 0.1386)`."""
        data = encoded(Image.new("RGB", (64, 64), (234, 51, 35)), format, quality=100)
        at = data.index(b"nclx") + 4
        numbered = data[:at] + struct.pack(">HH", primaries, curve) + data[at + 4 :]

        assert near(corners(opened(post(numbered)))[0], seen, by=6)

    def test_what_an_avif_tells_by_numbers_yields_to_its_profile(self) -> None:
        data = encoded(Image.new("RGB", (64, 64), (255, 0, 0)), "AVIF", icc_profile=profiles.exchanged())
        at = data.index(b"nclx") + 4

        made = post(data[:at] + struct.pack(">HH", P3, SRGB) + data[at + 4 :])

        assert near(corners(opened(made))[0], (0, 255, 0), by=20)

    def test_the_impression_is_of_the_commonest_colour(self) -> None:
        picture = Image.new("RGB", (400, 400), RED)
        picture.paste("white", (0, 0, 400, 100))

        made = post(encoded(picture, "PNG"))

        assert near(tuple(bytes.fromhex(made.color[1:])), RED)
        assert len(made.blurhash) == 4 + 2 * 4 * 3


class TestRefused:
    @pytest.mark.parametrize(
        "data",
        [
            b"<html><body>not a jpeg</body></html>",
            b'<svg xmlns="http://www.w3.org/2000/svg"/>',
            b"%PDF-1.7\n",
            b"BM" + b"\x00" * 100,
            b"II*\x00" + b"\x00" * 100,
            b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
        ],
    )
    def test_what_is_no_picture(self, data: bytes) -> None:
        with pytest.raises(BadImage, match=NOT_A_PICTURE[:20]):
            post(data)

    def test_an_empty_file(self) -> None:
        with pytest.raises(BadImage, match="empty"):
            post(b"")

    @pytest.mark.parametrize("format", FORMATS)
    def test_a_truncated_picture(self, format: str) -> None:
        data = encoded(Image.effect_noise((160, 120), 80).convert("RGB"), format)

        with pytest.raises(BadImage, match=DAMAGED):
            post(data[: len(data) // 2])

    @pytest.mark.parametrize("format", FORMATS)
    def test_a_beginning_without_a_picture(self, format: str) -> None:
        with pytest.raises(BadImage, match=DAMAGED):
            post(encoded(quarters(), format)[:24])

    @pytest.mark.parametrize("side", [7072, 12_000, 30_000])
    def test_a_bomb_before_it_is_decoded(self, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
        def load(image: ImageFile.ImageFile) -> None:
            raise AssertionError("decoded")

        monkeypatch.setattr(ImageFile.ImageFile, "load", load)
        beginning = b"\x00" * (side // 8 + 1) * 100  # of its rows: what is never decoded need not be there
        with pytest.raises(BadImage, match="more than 50 million pixels"):
            post(png(side, side, beginning, bits=1, color=0))

    def test_a_gif_whose_frame_is_a_bomb_though_its_screen_is_small(self) -> None:
        data = bytearray(encoded(Image.new("P", (8, 8)), "GIF"))
        at = data.index(b"\x2c\x00\x00\x00\x00\x08\x00\x08\x00")
        data[at + 5 : at + 9] = struct.pack("<HH", 65535, 65535)

        with pytest.raises(BadImage):
            post(bytes(data))


@given(st.data())
def test_a_damaged_file_is_refused_or_shown_and_never_anything_else(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    with contextlib.suppress(BadImage):
        made = post(bytes(damaged))
        assert made.renditions
        assert sniff(made.original)


SMALL = [encoded(quarters(24, 16), format) for format in FORMATS]


def png(width: int, height: int, rows: bytes, *, bits: int, color: int = 2) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
