"""`mundo media compress`: what it writes, what it says, and what it leaves alone."""

import io
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, PngImagePlugin
from rich.console import Console
from typer.testing import CliRunner, Result

from devstack.pictures import photograph
from functions.image_worker import images
from mundotango.media import policy
from mundotango.media.model import Compressed
from operations import cli, media
from tests.factories.pictures import encoded, quarters

PHONE = photograph("salon", seed=1, width=640, height=480)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command is given, with a picture in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "milonga.jpg").write_bytes(PHONE)
    return tmp_path


def compress(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["media", "compress", *arguments], terminal_width=200)


def test_the_table_tells_what_is_in_the_folder(folder: Path) -> None:
    shown = compress("milonga.jpg")

    assert shown.exit_code == 0
    written = {path.name: path.stat().st_size for path in (folder / "compressed").iterdir()}
    page, original = written.pop("index.html"), written.pop("milonga-original.jpeg")
    assert page
    assert original
    assert {"milonga-320.webp", "milonga-640.webp"} <= written.keys()
    for name, size in written.items():
        with Image.open(folder / "compressed" / name) as image:
            measures = f"{image.width} × {image.height}"
        (row,) = [line for line in shown.output.splitlines() if name in line]
        for told in (measures, f"{size:,}", f"{100 * size / len(PHONE):.1f} %", name.rpartition(".")[2]):
            assert told in row
    assert "1 picture of" in shown.output


def test_what_was_dropped_is_read_from_what_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "dropped  place (GPS), camera" in compress("milonga.jpg").output

    real = images.compress

    def forgetful(data: bytes, *arguments: Any, **options: Any) -> Compressed:
        return replace(real(data, *arguments, **options), original=data)

    monkeypatch.setattr(images, "compress", forgetful)
    shown = compress("milonga.jpg", "--into", "again").output
    assert "kept     place (GPS), camera" in shown
    assert "dropped  nothing" in shown


def test_what_was_made_and_cannot_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = images.compress

    def careless(data: bytes, *arguments: Any, **options: Any) -> Compressed:
        return replace(real(data, *arguments, **options), original=data[:20])

    monkeypatch.setattr(images, "compress", careless)

    shown = compress("milonga.jpg")

    assert shown.exit_code == 1
    assert shown.stderr.splitlines() == [
        "mundo: milonga.jpg: what it tells besides its picture, or what was made of it does, cannot be read"
    ]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_every_format_that_may_be_uploaded_is_taken(folder: Path, format: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "A phone"
    (folder / "other").write_bytes(encoded(quarters(64, 48), format, exif=exif.tobytes()))

    shown = compress("other")

    assert shown.exit_code == 0, shown.output
    assert ("dropped  camera" in shown.output) is (format != "GIF")


def test_broken_exif_is_said_and_no_reason_to_stop(folder: Path) -> None:
    odd = PngImagePlugin.PngInfo()
    odd.add_text("Raw profile type exif", "\n\n\nno hexadecimal digits")
    (folder / "odd.png").write_bytes(encoded(quarters(64, 48), "PNG", pnginfo=odd))

    shown = compress("odd.png")

    assert (shown.exit_code, "dropped  EXIF that cannot be read" in shown.output) == (0, True)


def test_a_bad_file_is_one_line_and_the_others_are_done(folder: Path) -> None:
    (folder / "page.jpg").write_bytes(b"<html>")
    with (folder / "vast.jpg").open("wb") as vast:
        vast.truncate(policy.MAX_BYTES + 1)

    shown = compress("page.jpg", "none.jpg", "vast.jpg", "milonga.jpg")

    assert shown.exit_code == 1
    assert shown.stderr.splitlines() == [
        f"mundo: page.jpg: {policy.NOT_A_PICTURE}",
        "mundo: none.jpg: No such file or directory",
        "mundo: vast.jpg: 26,214,401 bytes, and 26,214,400 are the most that may be uploaded",
    ]
    assert (folder / "compressed" / "milonga-320.webp").exists()


def test_nothing_is_written_over(folder: Path) -> None:
    assert compress("milonga.jpg").exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in (folder / "compressed").iterdir()}

    refused = compress("milonga.jpg")

    assert str(refused.exception) == "compressed is there already; name another folder by --into, or remove it"
    assert {path: path.stat().st_mtime_ns for path in (folder / "compressed").iterdir()} == before
    assert "milonga.jpg is there already" in str(compress("milonga.jpg", "--into", "milonga.jpg").exception)


def test_a_folder_stands_for_the_pictures_in_it(folder: Path) -> None:
    (folder / "notes.txt").write_text("no picture")
    (folder / "more").mkdir()
    (folder / "more" / "milonga.JPG").write_bytes(PHONE)

    assert compress(".", "more").exit_code == 0

    originals = {path.name for path in (folder / "compressed").glob("*-original.*")}
    assert originals == {"milonga-original.jpeg", "milonga-2-original.jpeg"}
    (folder / "empty").mkdir()
    assert "no picture there" in str(compress("empty", "--into", "elsewhere").exception)


def test_the_page_finds_everything_beside_itself(folder: Path) -> None:
    (folder / "a <b> & 'ñ' 100%.jpg").write_bytes(PHONE)

    assert compress("a <b> & 'ñ' 100%.jpg").exit_code == 0

    (folder / "compressed").rename(folder / "moved")
    page = (folder / "moved" / "index.html").read_text(encoding="utf-8")
    links = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    links |= {one.split()[0] for srcset in re.findall(r'srcset="([^"]+)"', page) for one in srcset.split(", ")}
    named = {re.sub(r"%([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), link) for link in links}
    there = {path.name.encode().decode("latin-1") for path in (folder / "moved").iterdir()}
    assert named == there - {"index.html"}
    assert "<h2>a &lt;b&gt; &amp; &#x27;ñ&#x27; 100%.jpg</h2>" in page
    assert '<picture><source type="image/' in page


def test_purpose_and_attribution_reach_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = images.compress

    def listen(data: bytes, purpose: Any, *, keep_attribution: bool) -> Compressed:
        asked.append((purpose, keep_attribution))
        return real(data, purpose, keep_attribution=keep_attribution)

    monkeypatch.setattr(images, "compress", listen)
    compress("milonga.jpg", "--purpose", "avatar", "--keep-attribution")
    compress("milonga.jpg", "--into", "other")

    assert asked == [("avatar", True), ("post", False)]
    assert compress("milonga.jpg", "--purpose", "poster").exit_code == 2


def test_colours_are_shown_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "▀" not in compress("milonga.jpg").output
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    shown = compress("milonga.jpg", "--into", "coloured").output
    assert shown.count("▀") == 16 * 4


@pytest.mark.parametrize(("after", "shown"), [(0.0, True), (60.0, False)])
def test_progress_is_shown_to_who_has_to_wait(monkeypatch: pytest.MonkeyPatch, after: float, shown: bool) -> None:
    monkeypatch.setattr(media, "SHOWN_AFTER", after)
    terminal = io.StringIO()

    with media._progress(Console(file=terminal, force_terminal=True, force_interactive=True), 3) as progress:
        progress.advance(progress.task_ids[0])
        time.sleep(0.05)

    assert ("1/3" in terminal.getvalue()) is shown
