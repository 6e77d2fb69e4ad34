"""`make story`: tells the story to a stack, a line a step, and ends at the first that goes otherwise."""

from __future__ import annotations

import math
import time
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from devstack.failure import DevstackFailed
from devstack.people import Picture
from devstack.pictures import photograph
from devstack.progress import Progress
from devstack.stack import Stack
from devstack.story import FAILURES, STEPS, Story
from mundotango.media.policy import MAX_PIXELS

DECODERS = ("JPEG", "PNG", "WEBP")
# An MPO, as many phones write it, is a JPEG with further pictures behind the first, and the JPEG decoder's find.
FORMATS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# What a step is to stay below on a machine that does nothing else, but for the first call of a function.
STEP_SECONDS = 2.0


def photograph_of(path: Path | None) -> Picture:
    """The reader's own picture, or a drawn one of the size a phone takes.

    Raises:
        DevstackFailed: there is no such file, or it is no picture that may be uploaded.
    """
    if path is None:
        return Picture(photograph("riverside", seed=1, width=3000, height=2000), as_from_a_phone=True)
    try:
        path = path.expanduser()  # sh leaves the ~ in PHOTO=~/me.jpg
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            image = Image.open(path, formats=DECODERS)
        with image:
            fits, content_type = math.prod(image.size) <= MAX_PIXELS, FORMATS[image.format or ""]
    except (FileNotFoundError, RuntimeError):
        raise DevstackFailed(f"there is no file {path}", cure="name another by PHOTO=") from None
    except (OSError, UnidentifiedImageError):
        raise DevstackFailed(f"{path} is no JPEG, PNG or WebP", cure="name another by PHOTO=") from None
    except Image.DecompressionBombError:
        fits, content_type = False, ""
    if not fits:
        raise DevstackFailed(
            f"{path} has more than {MAX_PIXELS // 1_000_000} million pixels", cure="name another by PHOTO="
        )
    return Picture(path.read_bytes(), content_type)


def tell(stack: Stack, picture: Picture, progress: Progress) -> None:
    """Raises DevstackFailed at the first step that fails, with what was expected and what came."""
    story = Story(stack, picture)
    progress.say(f"\nThe story, told to {stack.site_url}")
    started = time.perf_counter()
    try:
        for step in STEPS:
            began = time.perf_counter()
            with progress.step(step.title) as line:
                try:
                    seen = step.act(story)
                except FAILURES as failure:
                    raise DevstackFailed(f"the story ends at “{step.title}”: {failure}") from failure
                notes = [seen] if seen else []
                if time.perf_counter() - began > STEP_SECONDS:
                    notes.append(
                        "with a function's first call" if step.first_call else f"took longer than {STEP_SECONDS:.0f} s"
                    )
                line.note(", ".join(notes))
    finally:
        story.end()
    progress.say(f"The story is told: {len(STEPS)} steps in {time.perf_counter() - started:.1f} s", style="green")
