"""Pictures that move, as animated WebP: frame by frame, each width from the one before, one frame in memory at a time.

Of what is longer than the limits the beginning is shown, and of what is damaged the part before. Ten thousand frames
cost no more than the limit, because nothing counts them.
"""

import math
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from functions.image_worker.colors import upright_srgb
from functions.image_worker.decoding import Picture, Size
from mundotango.media import policy

# An animation of 640 × 480 in 120 frames: method 2 takes 3.9 s for 3.4 MB, method 0 3.1 s for 4.5 MB; key frames would
# take 0.7 s more and save nothing; trying each frame lossless besides, 8 s. Noise is worked at 7 to 8
# million pixels a second, so policy.MAX_ANIMATED_PIXELS takes 6 s.
_QUALITY, _ALPHA_QUALITY, _METHOD = 75, 100, 2
_NO_KEY_FRAMES = 0
_MINIMIZED = _MIXED = _VERBOSE = _LOSSLESS = False
_CLEAR = 0
# Browsers play frames this short, and those without a duration, a tenth of a second.
_TOO_SHORT, _INSTEAD = 10, 100
# WebP has 16 bits for it.
_MAX_PLAYS = 65_535
# A HEIF file of several pictures is an album, and a JPEG of several is one picture in several sizes.
_MOVING = ("GIF", "WEBP", "PNG", "AVIF")


class Animation(NamedTuple):
    """The encoded widths, as their sizes were asked for, and the first frame; `whole` when nothing was left out."""

    encoded: list[bytes]
    first: Image.Image
    whole: bool


def moves(picture: Picture) -> bool:
    """Whether it has frames, of a size that can be worked on one after the other."""
    animated = picture.format in _MOVING and getattr(picture.image, "is_animated", False)
    return animated and math.prod(picture.size) <= policy.MAX_SHOWN_PIXELS


def animate(picture: Picture, sizes: list[Size], exif: bytes) -> Animation | None:
    """In these sizes, the widest first; None when fewer than two frames can be shown."""
    # Pillow's `save_all` wants all frames in a list, counted before, and once more for each size.
    from PIL import _webp

    encoders = [
        _webp.WebPAnimEncoder(
            size, _CLEAR, _plays(picture), _MINIMIZED, _NO_KEY_FRAMES, _NO_KEY_FRAMES, _MIXED, _VERBOSE
        )
        for size in sizes
    ]
    frames = _Frames(picture)
    first: Image.Image | None = None
    count = time = 0
    for frame, duration in frames.shown(sizes[0]):
        first = first or frame
        image = frame
        for size, encoder in zip(sizes, encoders, strict=True):
            image = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
            encoder.add(image.getim(), time, _LOSSLESS, _QUALITY, _ALPHA_QUALITY, _METHOD)
        count, time = count + 1, time + duration
    if first is None or count < 2:
        return None
    for encoder in encoders:
        encoder.add(None, time, _LOSSLESS, _QUALITY, _ALPHA_QUALITY, _METHOD)
    return Animation([encoder.assemble(b"", exif, b"") for encoder in encoders], first, frames.ended)


class _Frames:
    """The frames of a picture from its first; `ended` is True once they were all there and within the limits."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._most = min(policy.MAX_FRAMES, policy.MAX_ANIMATED_PIXELS // math.prod(picture.size))
        self.ended = False

    def shown(self, size: Size) -> Iterator[tuple[Image.Image, int]]:
        """Each frame with how long it lasts, in milliseconds."""
        image = self._picture.image
        # An APNG's default image, for those who cannot animate, is no frame.
        first = 1 if image.info.get("default_image") else 0
        stored, left = image.size, policy.MAX_PLAY_TIME.total_seconds() * 1000
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            for index in range(first, first + self._most + 1):
                try:
                    image.seek(index)
                    if index == first + self._most or left <= 0 or image.size != stored:
                        return
                    frame = upright_srgb(self._picture, size)
                except EOFError:
                    self.ended = True
                    return
                except Exception:  # noqa: BLE001 (decoders raise nearly all of them on a damaged frame)
                    return
                duration = _duration(image)
                left -= duration
                yield frame, duration


def _duration(image: Image.Image) -> int:
    duration = round(image.info.get("duration", 0))
    return duration if duration > _TOO_SHORT else _INSTEAD


def _plays(picture: Picture) -> int:
    """How often all frames are played, 0 for without end; a GIF says how often they are repeated, or nothing."""
    loop = picture.image.info.get("loop")
    plays = int(loop or 0)
    if picture.format == "GIF":
        plays = 1 if loop is None else plays + 1 if plays else 0
    return plays if plays <= _MAX_PLAYS else 0
