import blurhash
from PIL import Image

BLUR_SIDE = 32


def impression(image: Image.Image) -> tuple[str, str]:
    """What stands in the place of a picture until it is there: its blurhash, and the colour most of it has."""
    small = image.copy()
    small.thumbnail((BLUR_SIDE, BLUR_SIDE))
    page = Image.new("RGB", small.size, "white")
    page.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
    across, down = (4, 3) if page.width >= page.height else (3, 4)
    rows = [[page.getpixel((x, y)) for x in range(page.width)] for y in range(page.height)]
    counted = page.quantize(8).convert("RGB").getcolors(BLUR_SIDE**2) or []
    _, color = max(counted)
    red, green, blue = color if isinstance(color, tuple) else (color,) * 3
    return blurhash.encode(rows, across, down), f"#{red:02x}{green:02x}{blue:02x}"
