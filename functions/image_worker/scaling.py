"""To another size, whatever a picture was stored as, in little memory."""

from collections.abc import Iterator

from PIL import Image

_RESIZABLE = ("L", "RGB", "CMYK")
_SIXTEEN_BIT_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_ROWS = 256


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """By Lanczos. What a resize would spoil is converted and narrowed a strip at a time, never whole: of 50 million
    pixels with alpha that would be three copies at once."""
    if image.mode not in _RESIZABLE or image.has_transparency_data:
        image = _narrowed(image, size[0])
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _narrowed(image: Image.Image, width: int) -> Image.Image:
    narrow: Image.Image | None = None
    for top, strip in _strips(image):
        converted = _resizable(strip)
        narrow = narrow or Image.new(converted.mode, (width, image.height))
        narrow.paste(converted.resize((width, strip.height), Image.Resampling.LANCZOS, reducing_gap=2.0), (0, top))
    return narrow or image


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    for top in range(0, image.height, _ROWS):
        yield top, image.crop((0, top, image.width, min(top + _ROWS, image.height)))


def _resizable(image: Image.Image) -> Image.Image:
    """Without a palette, a colour that means transparent, or more than 8 bits: none of these survives a resize."""
    if image.mode in _SIXTEEN_BIT_MODES:
        return image.point(lambda value: value * (1 / 257)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
