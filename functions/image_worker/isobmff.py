"""The boxes of ISO base media files: a length, four letters, and what they say is inside (ISO 14496-12, 4.2)."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

Range = tuple[int, int]


class Box(NamedTuple):
    """Where one stands in its file: `start` is that of its length, `content` that of what is inside."""

    name: bytes
    start: int
    content: int
    end: int


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """One after the other; ValueError where one does not fit into what it stands in."""
    while start < end:
        box = find_box(data, start, end)
        if box is None:
            raise ValueError("a box ends too early")
        yield box
        start = box.end


def outermost(data: bytes) -> Iterator[Box]:
    """Up to what is no box: that stands after the file's end, or is cut off, which its offsets tell."""
    at = 0
    while at < len(data) and (box := find_box(data, at, len(data))):
        yield box
        at = box.end


def find_box(data: bytes, start: int, end: int) -> Box | None:
    """The box that begins here; None when none does that fits."""
    length, content = int.from_bytes(data[start : start + 4]), start + 8
    if length == 1:
        length, content = int.from_bytes(data[start + 8 : start + 16]), start + 16
    elif length == 0:
        length = end - start
    box = Box(data[start + 4 : start + 8], start, content, start + length)
    return box if content <= box.end <= end else None


class Reader:
    """The numbers in a box; ValueError where they go on after its end."""

    def __init__(self, data: bytes, box: Box) -> None:
        self._data = data
        self.at = box.content
        self._end = box.end

    def number(self, size: int) -> int:
        self.at += size
        if self.at > self._end:
            raise ValueError("a box ends too early")
        return int.from_bytes(self._data[self.at - size : self.at])

    def version(self) -> int:
        """What a full box begins with; the flags after it are passed over."""
        return self.number(4) >> 24


class Blanked:
    """A file in which parts are overwritten with zeros; everything else stays where it is."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def blank(self, start: int, end: int) -> None:
        self.data[start:end] = bytes(max(0, end - start))

    def free(self, box: Box) -> None:
        """Readers pass over a box of this name."""
        self.data[box.start + 4 : box.start + 8] = b"free"
        self.blank(box.content, box.end)

    def blank_but(self, region: Range, kept: list[Range]) -> None:
        """`kept` is sorted, and each that begins in the region ends in it."""
        at = region[0]
        for index in range(bisect_left(kept, (region[0], 0)), len(kept)):
            start, end = kept[index]
            if start >= region[1]:
                break
            if start > at:
                self.blank(at, start)
            at = max(at, end)
        self.blank(at, region[1])
