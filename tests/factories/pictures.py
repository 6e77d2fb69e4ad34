"""Pictures made on the spot; four quarters of known colours tell which way up one is."""

import io
import random
from statistics import NormalDist
from typing import Any

import pillow_heif
from PIL import Image, ImageChops

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 40), (30, 40, 210), (235, 220, 40)
# Top left, top right, bottom left, bottom right of a picture the right way up.
QUARTERS = (RED, GREEN, BLUE, YELLOW)
# Of two widths, as most variants have, and no larger: a picture costs what it has of pixels.
WIDTH, HEIGHT = 360, 240
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")

ORIENTATION = 0x0112
# What a camera does to a picture before it writes this orientation beside it (TIFF 6.0, "Orientation").
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

# A test wants a file of the format, not the best one: what these two would take by themselves is a second a picture.
_QUICK: dict[str, dict[str, Any]] = {"AVIF": {"speed": 9}, "HEIF": {"enc_params": {"preset": "ultrafast"}}}
# What each random byte becomes, so that together they are noise as a sensor has it.
_BELL = [round(NormalDist(128, 16).inv_cdf((byte + 0.5) / 256)) for byte in range(256)]


def quarters(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    image = Image.new("RGB", (width, height))
    middle_x, middle_y = width // 2, height // 2
    for color, box in zip(
        QUARTERS,
        (
            (0, 0, middle_x, middle_y),
            (middle_x, 0, width, middle_y),
            (0, middle_y, middle_x, height),
            (middle_x, middle_y, width, height),
        ),
        strict=True,
    ):
        image.paste(color, box)
    return image


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    if format == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, format, **_QUICK.get(format, {}) | options)
    return buffer.getvalue()


def photograph(
    width: int = WIDTH, height: int = HEIGHT, *, orientation: int = 1, format: str = "JPEG", grain: bool = False
) -> bytes:
    """A picture as a camera held that way writes it: turned, and the way to turn it back beside it."""
    image = grained(quarters(width, height)) if grain else quarters(width, height)
    turned = STORED_AS[orientation]
    if turned is not None:
        image = image.transpose(turned)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(image, format, exif=exif.tobytes())


def grained(image: Image.Image) -> Image.Image:
    """With noise, so that its file has as many bytes as a photograph's and not as a drawing's."""
    noise = Image.frombytes("L", image.size, random.randbytes(image.width * image.height)).point(_BELL)
    return ImageChops.add(image, noise.convert("RGB"), offset=-128)


def corners(image: Image.Image) -> tuple[tuple[int, ...], ...]:
    """The colours around the middle of the four quarters, as QUARTERS has them: one point may be the noise's."""
    rgb = image.convert("RGB")
    quarter_x, quarter_y = rgb.width // 4, rgb.height // 4
    reach = min(quarter_x, quarter_y) // 2
    found = []
    for y in (quarter_y, rgb.height - quarter_y):
        for x in (quarter_x, rgb.width - quarter_x):
            around = (x - reach, y - reach, x + reach + 1, y + reach + 1)
            pixel = rgb.resize((1, 1), Image.Resampling.BOX, box=around).getpixel((0, 0))
            assert isinstance(pixel, tuple)
            found.append(tuple(int(band) for band in pixel))
    return tuple(found)


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


def looks_like(image: Image.Image, expected: tuple[tuple[int, ...], ...] = QUARTERS, by: int = 12) -> bool:
    return all(near(one, other, by) for one, other in zip(corners(image), expected, strict=True))
