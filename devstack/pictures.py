"""Pictures drawn on the spot: dancers before an evening, noisy enough to weigh what a photograph weighs.

None is a photograph of anybody, so none needs a licence. Each is a JPEG as a phone would send it: turned by an EXIF
tag, with a place in it, which the platform is expected to take out.
"""

import io
import math
import random

from PIL import ExifTags, Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Colour = tuple[int, int, int]

SCENES: dict[str, tuple[Colour, Colour, Colour]] = {  # above, at the horizon, the floor
    "courtyard": ((16, 18, 44), (92, 52, 74), (64, 40, 30)),
    "riverside": ((52, 42, 92), (244, 150, 84), (60, 62, 92)),
    "salon": ((58, 26, 22), (150, 84, 46), (112, 66, 34)),
    "skyline": ((18, 30, 66), (150, 102, 140), (28, 34, 60)),
}
TURNED = 6  # EXIF: the camera was held upright, and the first row is the right side
QUALITY = 90


def photograph(scene: str, *, seed: int, width: int = 1920, height: int = 1280) -> bytes:
    """A JPEG of `width` by `height` as it is to be seen; the same bytes for the same arguments."""
    chance = random.Random(f"{scene} {seed}")  # noqa: S311 - a picture, not a secret
    picture = _evening(SCENES[scene], width, height)
    draw = ImageDraw.Draw(picture)
    horizon = int(height * 0.62)
    if scene == "skyline":
        _towers(draw, chance, width, horizon)
    if scene in {"courtyard", "salon"}:
        _lamps(picture, chance, width, horizon)
    nearest, farthest = height * 0.96, horizon + height * 0.06
    dancers = sorted(chance.uniform(farthest, nearest) for _ in range(chance.randint(3, 6)))
    for feet, place in zip(dancers, chance.sample(range(8), len(dancers)), strict=True):  # the nearest is drawn last
        _couple(ImageDraw.Draw(picture), chance, width * (0.08 + 0.12 * place), feet, horizon)
    return _as_from_a_phone(_with_grain(picture.filter(ImageFilter.GaussianBlur(1.2)), chance))


def _evening(colours: tuple[Colour, Colour, Colour], width: int, height: int) -> Image.Image:
    above, horizon, floor = colours
    sky = ImageOps.colorize(Image.linear_gradient("L").resize((width, int(height * 0.62))), above, horizon)
    ground = ImageOps.colorize(Image.linear_gradient("L").resize((width, height - sky.height)), horizon, floor)
    picture = Image.new("RGB", (width, height))
    picture.paste(sky, (0, 0))
    picture.paste(ImageEnhance.Brightness(ground).enhance(0.8), (0, sky.height))
    return picture


def _towers(draw: ImageDraw.ImageDraw, chance: random.Random, width: int, horizon: int) -> None:
    left = 0
    while left < width:
        wide, tall = chance.randint(width // 40, width // 14), chance.randint(horizon // 6, horizon // 2)
        draw.rectangle((left, horizon - tall, left + wide, horizon), fill=(22, 22, 40))
        for row in range(horizon - tall + 12, horizon - 10, 22):
            for column in range(left + 8, left + wide - 8, 18):
                if chance.random() < 0.35:
                    draw.rectangle((column, row, column + 6, row + 9), fill=(250, 214, 140))
        left += wide + chance.randint(0, 8)


def _lamps(picture: Image.Image, chance: random.Random, width: int, horizon: int) -> None:
    glow = Image.new("RGB", picture.size)
    draw = ImageDraw.Draw(glow)
    for number in range(11):
        x = width * number / 10
        y = horizon * (0.18 + 0.16 * math.sin(math.pi * number / 10)) + chance.uniform(-12, 12)
        size = chance.uniform(0.009, 0.014) * width
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 206, 120))
    halo = glow.filter(ImageFilter.GaussianBlur(width / 45))
    picture.paste(Image.blend(picture, ImageEnhance.Brightness(halo).enhance(4), 0.45))
    picture.paste(glow, mask=glow.convert("L").point(lambda value: 255 if value else 0))


def _couple(draw: ImageDraw.ImageDraw, chance: random.Random, x: float, feet: float, horizon: int) -> None:
    """Two who lean into each other, a shadow below them."""
    tall = feet - horizon * 0.62
    dark, dress = (14, 10, 18), chance.choice([(122, 20, 32), (24, 60, 74), (88, 30, 84), (150, 110, 60)])
    draw.ellipse((x - tall * 0.3, feet - tall * 0.03, x + tall * 0.34, feet + tall * 0.05), fill=(20, 14, 20))
    for side, colour, hem in ((-1, dark, 0.05), (1, dress, 0.15)):
        lean, stand, head = x + side * tall * 0.05, x + side * tall * 0.13, tall * 0.065
        shoulders, waist = feet - tall * 0.8, feet - tall * 0.5
        draw.polygon(
            [
                (lean - head, shoulders), (lean + head, shoulders), (lean + head * 0.8 + side * tall * 0.03, waist),
                (stand + hem * tall, feet), (stand - hem * tall, feet), (lean - head * 0.8 + side * tall * 0.03, waist),
            ],
            fill=colour,
        )  # fmt: skip
        draw.ellipse((lean - head, shoulders - head * 2.1, lean + head, shoulders), fill=(96, 62, 48))
    arm = [(x - tall * 0.06, feet - tall * 0.72), (x + tall * 0.14, feet - tall * 0.7)]
    draw.line(arm, fill=dark, width=int(tall * 0.035) + 1)


def _with_grain(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Film grain: what makes a drawn picture as heavy for an encoder as a photographed one."""
    size = (picture.width // 2, picture.height // 2)
    noise = Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).resize(
        picture.size, Image.Resampling.BILINEAR
    )
    return Image.blend(picture, Image.merge("RGB", (noise, noise, noise)), 0.07)


def _as_from_a_phone(picture: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED
    exif[ExifTags.Base.Make] = "Mundo Tango"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "S",
            ExifTags.GPS.GPSLatitude: (34.0, 36.0, 13.3),
            ExifTags.GPS.GPSLongitudeRef: "W",
            ExifTags.GPS.GPSLongitude: (58.0, 22.0, 53.8),
        }
    )
    file = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=QUALITY, exif=exif)
    return file.getvalue()
