"""`mundo media`: pictures as the platform would serve them, before anybody uploads one."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import blurhash
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from mundotango.errors import BadImage
from mundotango.media.model import Purpose
from operations import contact_sheet, pictures
from operations.contact_sheet import share
from operations.options import examples
from operations.pictures import Judged
from operations.refusal import Refusal

app = typer.Typer(
    no_args_is_help=True,
    help="What the platform makes of pictures.",
    epilog=examples("mundo media compress milonga.jpg"),
)

SHOWN_AFTER = 2.0  # seconds
IMPRESSION = (16, 8)  # pixels; two of them, one above the other, are a character


@app.command(
    epilog=examples(
        "mundo media compress milonga.jpg",
        "mundo media compress photos/ --into judged",
        "mundo media compress portrait.heic --purpose avatar --keep-attribution",
    )
)
def compress(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Pictures, and folders of pictures.")],
    purpose: Annotated[Purpose, typer.Option("--purpose", help="What the picture is for.")] = "post",
    keep_attribution: Annotated[
        bool, typer.Option("--keep-attribution", help="Keep who made it, as an uploader may choose to.")
    ] = False,
    into: Annotated[Path, typer.Option("--into", help="A new folder for the variants and the page.")] = Path(
        "compressed"
    ),
) -> None:
    """Compress local pictures by the code of the worker, and show what comes of it.

    Writes the variants, the stripped original and index.html, a page to judge them by eye.

    A file that cannot be compressed is said with its reason, and the others are done; the exit code is 1 then.
    """
    pictures.check_empty(into)
    console = Console(highlight=False)
    done: list[Judged] = []
    named = list(pictures.found(files))
    with _progress(console, len(named)) as progress:
        for path in named:
            try:
                judged = pictures.judge(path, purpose, into, keep_attribution=keep_attribution)
            except (BadImage, OSError) as error:
                said = error.detail if isinstance(error, BadImage) else error.strerror
                print(f"mundo: {path}: {said}", file=sys.stderr)
            else:
                _show(console, judged)
                done.append(judged)
            progress.advance(progress.task_ids[0])
    if done:
        (into / "index.html").write_text(contact_sheet.page(done), encoding="utf-8")
        _show_sum(console, done, into)
    if not named:
        raise Refusal("no picture there", cure=f"name files, or a folder with {', '.join(sorted(pictures.SUFFIXES))}")
    if len(done) < len(named):
        raise typer.Exit(1)


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Progress]:
    """Shown once it takes longer than somebody waits without asking."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_interactive)
    progress.add_task("compressing", total=total)
    timer = threading.Timer(SHOWN_AFTER, progress.start)
    timer.start()
    try:
        yield progress
    finally:
        timer.cancel()
        timer.join()
        progress.stop()


def _show(console: Console, judged: Judged) -> None:
    compressed = judged.compressed
    measures = f"{compressed.width}×{compressed.height}, {judged.bytes:,} bytes, {judged.seconds:.2f} s"
    console.print(f"[bold]{escape(str(judged.path))}[/]: {measures}", soft_wrap=True)
    shown = Table()
    shown.add_column("file", overflow="fold")
    shown.add_column("format")
    for column in ("width × height", "bytes", "of the original"):
        shown.add_column(column, justify="right")
    for one, file in zip(compressed.renditions, judged.files, strict=True):
        size = f"{one.width} × {one.height}"
        shown.add_row(escape(file), one.format, size, f"{len(one.data):,}", share(len(one.data), judged.bytes))
    console.print(shown)
    about = Table.grid(padding=(0, 2))
    impression = [_impression(compressed.blurhash)] if console.is_terminal and console.color_system else []
    about.add_row(*impression, _told(judged))
    console.print(about)
    console.print()


def _told(judged: Judged) -> Text:
    compressed = judged.compressed
    told = Text(f"saved    {share(judged.bytes - judged.widest, judged.bytes)} at the widest")
    told.append(f"\ndropped  {', '.join(judged.dropped) or 'nothing, as nothing was in it'}")
    if judged.kept:
        told.append(f"\nkept     {', '.join(judged.kept)}")
    told.append(f"\nblurhash {compressed.blurhash}\ncolour   ")
    return told.append("  ", style=f"on {compressed.color}").append(f" {compressed.color}")


def _impression(hashed: str) -> Text:
    """What clients show until the picture is there."""
    width, height = IMPRESSION
    rows = blurhash.decode(hashed, width, height)
    lines = []
    for above, below in zip(rows[::2], rows[1::2], strict=True):
        pairs = zip(above, below, strict=True)
        lines.append(Text.assemble(*(("▀", f"{_rgb(top)} on {_rgb(bottom)}") for top, bottom in pairs)))
    return Text("\n").join(lines)


def _rgb(pixel: list[int]) -> str:
    return f"rgb({','.join(map(str, pixel))})"


def _show_sum(console: Console, done: list[Judged], into: Path) -> None:
    sent, widest = sum(one.bytes for one in done), sum(one.widest for one in done)
    pictures_done = "1 picture" if len(done) == 1 else f"{len(done)} pictures"
    said = f"{pictures_done} of {sent:,} bytes, at the widest {widest:,} ({share(widest, sent)}); look at them in "
    console.print(f"{said}{escape(str(into / 'index.html'))}", soft_wrap=True)
