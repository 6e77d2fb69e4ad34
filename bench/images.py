"""The image worker against npm sharp, from six photographs of 12 megapixels to four outputs: WebP 320, 800 and 1600
pixels wide, AVIF 1600.

The photographs are scikit-image's and scikit-learn's, enlarged. Each side is one warm process on the same one core:
ours runs the worker's own code, sharp (bench/sharp/side.mjs) its defaults, with shrink-on-load, its cache and its own
choice of threads. They take turns at each photograph, in an order that turns round each time. Times are the
processor's, which is what a process on a core of its own waits for: a busy machine changes them least.

`throughput_vs_sharp` is of the medians of five rounds, `memory_vs_sharp` of the most resident memory that each process
had, its interpreter included, `bytes_vs_sharp` of all outputs. `ssim_delta` is ours less sharp's, the mean over the
outputs, each compared to its photograph scaled to its size by Lanczos. `p95_s` is of all that a post gets, AVIF and
WebP at three widths, which a third process makes.

Run it by `python -m bench.images`; its last line is JSON. It needs Linux, and Node on PATH or as the local cloud has
it.
"""

import json
import os
import shutil
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.sides import ROOT, Program, Side, install_sharp, node, one_core, run

WORK = ROOT / ".local" / "bench" / "images"
# The environment that has scikit-image; make knows how it is made.
PHOTOGRAPHS = ".local/env/photographs"
SCORER = [f"{PHOTOGRAPHS}/bin/python", "bench/photographs.py"]
ROUNDS = 5
AIMS = {
    "throughput_vs_sharp": "at least 3",
    "memory_vs_sharp": "at most 0.5",
    "bytes_vs_sharp": "at most 1.25",
    "ssim_delta": "at least -0.005",
    "p95_s": "below 1",
}


@dataclass(slots=True)
class Measured:
    """Of one photograph and side: processor seconds of each round, bytes and SSIM by output."""

    times: list[float] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)
    ssim: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.times)


Found = Mapping[tuple[str, str], Measured]  # by photograph and side


def photographs() -> list[Path]:
    folder = WORK / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    run(["make", f"{PHOTOGRAPHS}/.synced"])
    run([*SCORER, "make", str(folder)])
    return sorted(folder.glob("*.jpg"))


def compare(ours: Side, sharp: Side, sources: list[Path], console: Console) -> Found:
    found: dict[tuple[str, str], Measured] = defaultdict(Measured)
    for side in (ours, sharp):
        side.seconds(sources[0])
    turns = [source for _ in range(ROUNDS) for source in sources]
    for turn, source in enumerate(track(turns, f"{ROUNDS} rounds of {len(sources)} photographs", console=console)):
        for side in (ours, sharp) if turn % 2 == 0 else (sharp, ours):
            found[source.stem, side.name].times.append(side.seconds(source))
    return found


def score(found: Found, sides: list[Side], sources: list[Path], console: Console) -> None:
    """Fills in what the outputs of the last round are like."""
    with Program("likeness", [*SCORER, "score"]) as scorer:
        for source in track(sources, "likeness of the outputs", console=console):
            for side in sides:
                measured = found[source.stem, side.name]
                for output in side.outputs(source):
                    measured.ssim[output.name] = float(scorer.ask(f"{output}\t{source}"))
                    measured.bytes[output.name] = output.stat().st_size


def show(found: Found, names: list[str], console: Console) -> None:
    table = Table(title=f"Photographs of 12 megapixels, median of {ROUNDS} rounds on one core", title_justify="left")
    for heading in ("photo", "s ours", "sharp", "output", "KB ours", "sharp", "SSIM ours", "sharp"):
        left = heading in {"photo", "output"}
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for name in names:
        ours, sharp = found[name, "ours"], found[name, "sharp"]
        told = [name, f"{ours.median:.2f}", f"{sharp.median:.2f}"]
        for output in sorted(sharp.bytes, key=lambda each: (len(each), each)):
            sizes = [f"{side.bytes[output] / 1000:.0f}" for side in (ours, sharp)]
            table.add_row(*told, output, *sizes, *(f"{side.ssim[output]:.4f}" for side in (ours, sharp)))
            told = ["", "", ""]
        table.add_section()
    console.print(table)


def figures(found: Found, names: list[str], peaks: tuple[float, float], post: list[float]) -> dict[str, float]:
    ours, sharp = ([found[name, side] for name in names] for side in ("ours", "sharp"))
    times = [sum(each.median for each in side) for side in (ours, sharp)]
    sizes = [sum(sum(each.bytes.values()) for each in side) for side in (ours, sharp)]
    likeness = [statistics.mean(ssim for each in side for ssim in each.ssim.values()) for side in (ours, sharp)]
    return {
        "throughput_vs_sharp": round(times[1] / times[0], 2),
        "memory_vs_sharp": round(peaks[0] / peaks[1], 3),
        "bytes_vs_sharp": round(sizes[0] / sizes[1], 3),
        "ssim_delta": round(likeness[0] - likeness[1], 4),
        "p95_s": round(statistics.quantiles(post, n=20)[-1], 3),
    }


def main() -> None:
    console, progress = Console(), Console(stderr=True)
    if not hasattr(os, "sched_setaffinity"):
        raise SystemExit("bench: images needs Linux, which can hold a process to one core")
    runtime, npm = node()
    shutil.rmtree(WORK, ignore_errors=True)
    with progress.status("installing sharp, and making the photographs"):
        program, sources = install_sharp(npm), photographs()
    our_side = [sys.executable, "-m", "bench.images_side"]
    with one_core(), ExitStack() as stack:
        ours = stack.enter_context(Side("ours", [*our_side, "four"], WORK))
        sharp = stack.enter_context(Side("sharp", [*runtime, str(program)], WORK))
        found = compare(ours, sharp, sources, progress)
        peaks = ours.peak, sharp.peak
    with one_core(), Side("post", [*our_side, "post"], WORK) as side:
        side.seconds(sources[0])
        turns = track(sources * ROUNDS, "all variants of a post", console=progress)
        post = [side.seconds(source) for source in turns]
    names = [source.stem for source in sources]
    score(found, [ours, sharp], sources, progress)
    show(found, names, console)
    console.print(f"peak of memory: ours {peaks[0]:.0f} MB, sharp {peaks[1]:.0f} MB", highlight=False)
    measured = figures(found, names, peaks, post)
    for name, aim in AIMS.items():
        console.print(f"{name:<20} {measured[name]} (aim {aim})", highlight=False)
    print(json.dumps({"bench": "images", **measured}))


if __name__ == "__main__":
    main()
