"""Our side of bench.images: what the worker does, in one warm process that answers a line for each picture.

Told `four` it makes the outputs that sharp makes, told `post` all that a post gets; both by the worker's own code. The
four are without what sharp is not asked for either: the original without its metadata, blurhash and colour.
"""

import json
import sys
import time
from functools import partial
from pathlib import Path

from PIL import Image

from functions.image_worker.colors import upright_srgb
from functions.image_worker.decoding import Size, decode
from functions.image_worker.encoding import avif, webp
from functions.image_worker.images import compress

WEBP_WIDTHS = (1600, 800, 320)


def four(data: bytes) -> dict[str, bytes]:
    picture = decode(data, partial(at_width, width=WEBP_WIDTHS[0]))
    made: dict[str, bytes] = {}
    image = None
    for width in WEBP_WIDTHS:
        size = at_width(picture.size, width)
        image = image.resize(size, Image.Resampling.LANCZOS) if image else upright_srgb(picture, size)
        if not made:
            made[f"{width}.avif"] = avif(image, b"")
        made[f"{width}.webp"] = webp(image, b"")
    return made


def at_width(size: Size, width: int) -> Size:
    return width, round(size[1] * width / size[0])


def post(data: bytes) -> dict[str, bytes]:
    made = compress(data, "post", keep_attribution=False)
    return {f"{each.width}.{each.format}": each.data for each in made.renditions}


def main() -> None:
    make = {"four": four, "post": post}[sys.argv[1]]
    for line in sys.stdin:
        told = json.loads(line)
        started = time.process_time()
        made = make(Path(told["source"]).read_bytes())
        seconds = time.process_time() - started
        for name, data in made.items():
            (Path(told["folder"]) / name).write_bytes(data)
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
