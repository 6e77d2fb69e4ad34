"""A person's archive: a ZIP of JSON files, as the registry of stores has them, and of their pictures.

It is written as it is read, piece by piece, to where it cannot be read back: how large it may grow is a matter of time
and not of memory, which holds a page of rows, a picture and a part of the upload.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import UUID

from mundotango.media.model import Media
from mundotango.media.policy import original_key
from mundotango.ports import Writer
from mundotango.privacy.model import Rows
from mundotango.privacy.registry import STORES

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

PAGE = 50
README = "README.txt"

Check = Callable[[], None]


def write_archive(platform: Platform, user_id: UUID, out: Writer, check: Check) -> None:
    """`check` is called now and then, and raises when the writing shall end."""
    # What zipfile asks of a file that it cannot seek in is to write and to flush.
    with zipfile.ZipFile(cast(IO[bytes], out), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(README, _readme())
        for store in STORES:
            for name, rows in store.files:
                _write_rows(archive, name, rows, platform, user_id, check)
        for name, data in _pictures(platform, user_id):
            check()
            archive.writestr(name, data, zipfile.ZIP_STORED)


def _readme() -> str:
    lines = ["What Mundo Tango holds of you.", ""]
    for store in STORES:
        names = [name for name, _ in store.files]
        lines.append(f"{store.name}: {store.what}. Exported: {', '.join(names) or store.exported}.")
    return "\n".join([*lines, ""])


def _write_rows(
    archive: zipfile.ZipFile, name: str, rows: Rows, platform: Platform, user_id: UUID, check: Check
) -> None:
    """One row a line, so that a large file can be read line by line too."""
    with archive.open(name, "w") as file:
        between = b"[\n"
        for row in rows(platform, user_id):
            check()
            file.write(between + _encoded(row))
            between = b",\n"
        file.write(b"[]\n" if between == b"[\n" else b"\n]\n")


def _encoded(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _pictures(platform: Platform, user_id: UUID) -> Iterator[tuple[str, bytes]]:
    after: UUID | None = None
    while page := platform.media.of_owner(user_id, after, PAGE):
        for media in platform.media.find_many(page).values():
            found = _picture(platform, media)
            if found is not None:
                yield found
        after = page[-1]


def _picture(platform: Platform, media: Media) -> tuple[str, bytes] | None:
    """The original where it is kept, else the largest of its variants; None while there is neither."""
    data = platform.objects.find("uploads", original_key(media.media_id))
    if data is not None:
        return f"pictures/{media.media_id}.{media.content_type.removeprefix('image/')}", data
    variants = media.measures.variants if media.measures else ()
    for variant in sorted(variants, key=lambda each: each.width, reverse=True):
        data = platform.objects.find("media", variant.key)
        if data is not None:
            return f"pictures/{media.media_id}.{variant.format}", data
    return None
