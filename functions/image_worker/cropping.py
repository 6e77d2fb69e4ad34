"""Which part of a picture is shown where it is cut to an aspect: what a viewer's eye would go to.

Edges and strong colours are counted on a copy of some hundred pixels, which takes 4 ms, of 50 million pixels 7; of
equally busy parts the middle one wins. The same picture is always cut the same way.
"""

from itertools import accumulate

from PIL import Image, ImageChops, ImageFilter

from functions.image_worker.decoding import Size

Box = tuple[int, int, int, int]

_SIDE = 128
# How much less the outermost part counts than the middle: enough that an even picture is cut in the middle.
_MIDDLE = 0.25


def part_of(size: Size, aspect: tuple[int, int]) -> Size:
    """The largest part of this aspect that a picture of this size has."""
    across, down = aspect
    width = min(size[0], max(1, size[1] * across // down))
    return width, min(size[1], max(1, round(width * down / across)))


def attentive_box(image: Image.Image, part: Size) -> Box:
    """Where this part of the picture is best cut out; one side of it is the picture's own."""
    spare = image.width - part[0], image.height - part[1]
    if spare == (0, 0):
        return (0, 0, *part)
    axis = 0 if spare[0] >= spare[1] else 1
    attention = _attention(image, axis)
    long = max(1, round(len(attention) * part[axis] / image.size[axis]))
    sums = [0.0, *accumulate(attention)]
    starts = range(len(attention) - long + 1)
    middle = (len(starts) - 1) / 2

    def drawn(start: int) -> float:
        return (sums[start + long] - sums[start]) * (1 - _MIDDLE * abs(start - middle) / max(middle, 1))

    best = max(starts, key=lambda start: (drawn(start), -abs(start - middle)))
    start = round(spare[axis] * best / max(len(starts) - 1, 1))
    left, top = (start, spare[1] // 2) if axis == 0 else (spare[0] // 2, start)
    return left, top, left + part[0], top + part[1]


def _attention(image: Image.Image, axis: int) -> list[float]:
    """How much there is to see along an axis, at most `_SIDE` numbers."""
    scale = min(1, _SIDE / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    # Picked before it is averaged: only a few pixels of a large picture are converted.
    picked = image.resize((min(image.width, 4 * width), min(image.height, 4 * height)), Image.Resampling.NEAREST)
    small = picked.convert("RGBA").convert("RGBa").convert("RGB") if picked.has_transparency_data else picked
    small = small.convert("RGB").resize((width, height), Image.Resampling.BOX)
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES)
    edges.paste(edges.crop((1, 1, max(2, width - 1), max(2, height - 1))).resize((width, height)))
    _, saturation, value = small.convert("HSV").split()
    seen = ImageChops.add(edges, ImageChops.multiply(saturation, value), scale=2).convert("F")
    line = seen.resize((width, 1) if axis == 0 else (1, height), Image.Resampling.BOX)
    return [float(number) for number in line.get_flattened_data()]  # type: ignore[arg-type]
