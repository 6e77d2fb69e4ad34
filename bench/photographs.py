"""The photographs of bench.images, and how like them its outputs are: run by the environment that has scikit-image.

`photographs.py make FOLDER` writes six photographs of 12 megapixels. `photographs.py score FOLDER` reads one path of an
output and one of its photograph a line, and answers each with the SSIM of the output to the photograph scaled to its
size by Lanczos, over the three channels.
"""

import sys
from pathlib import Path

import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image
from skimage.metrics import structural_similarity

LONG, SHORT = 4000, 3000
FROM_SKIMAGE = ("astronaut", "chelsea", "coffee", "rocket")
FROM_SKLEARN = ("china", "flower")


def make(folder: Path) -> None:
    """Each is scaled to cover 12 megapixels and cut to them in its middle; JPEG as phones write it."""
    taken = {name: getattr(skimage.data, name)() for name in FROM_SKIMAGE}
    taken |= {name: sklearn.datasets.load_sample_image(f"{name}.jpg") for name in FROM_SKLEARN}
    for name, pixels in taken.items():
        image = Image.fromarray(pixels)
        scale = max(LONG / image.width, SHORT / image.height)
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
        left, top = (image.width - LONG) // 2, (image.height - SHORT) // 2
        image.crop((left, top, left + LONG, top + SHORT)).save(folder / f"{name}.jpg", quality=90)


def score(output: str, source: str) -> float:
    with Image.open(output) as opened, Image.open(source) as photograph:
        shown = opened.convert("RGB")
        true = photograph.convert("RGB").resize(shown.size, Image.Resampling.LANCZOS)
    return float(structural_similarity(np.asarray(true), np.asarray(shown), channel_axis=2))


def main() -> None:
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
        return
    for line in sys.stdin:
        print(score(*line.rstrip("\n").split("\t")), flush=True)


if __name__ == "__main__":
    main()
