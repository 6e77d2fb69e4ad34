import io
import struct
from typing import Any

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from functions.image_worker.attribution import Attribution, exif_block
from functions.image_worker.heif import strip
from functions.image_worker.isobmff import Blanked
from tests.factories.pictures import encoded, grained, quarters

SECRET, ARTIST = b"Corrientes 348", b"Ana Pugliese"  # longer than what noise comes to now and then
XMP = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"


def telling(format: str, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x013B] = ARTIST.decode()
    return encoded(grained(quarters(200, 140)), format, exif=exif.tobytes(), xmp=XMP, **options)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def frames(data: bytes) -> list[bytes]:
    image: Any = Image.open(io.BytesIO(data))
    found = []
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        found.append(image.tobytes())
    return found


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_metadata_is_gone_and_the_pixels_are_the_same(format: str) -> None:
    data = telling(format)
    assert data.count(SECRET) == 2

    stripped = strip(data, b"")

    assert SECRET not in stripped
    assert ARTIST not in stripped
    assert frames(stripped) == frames(data)
    assert not dict(Image.open(io.BytesIO(stripped)).getexif())
    assert strip(stripped, b"") == stripped


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_what_is_asked_for_stands_where_the_old_exif_stood(format: str) -> None:
    data = telling(format)

    kept = Image.open(io.BytesIO(strip(data, exif_block(Attribution("Ana")))))

    assert dict(kept.getexif()) == {0x013B: "Ana"}


def test_without_the_room_there_is_no_exif() -> None:
    data = telling("AVIF")

    assert strip(data, exif_block(Attribution("Ana" * 60))) == strip(data, b"")


def items(*found: tuple[int, bytes, bytes]) -> bytes:
    """A file of these: a number, a kind and the data of each; the first one is the picture."""

    def full(name: bytes, content: bytes, version: int = 0) -> bytes:
        return box(name, bytes((version, 0, 0, 0)) + content)

    def meta(base: int) -> bytes:
        places, infes = b"", b""
        for number, kind, content in found:
            places += struct.pack(">HHHII", number, 0, 1, base, len(content))
            infes += full(b"infe", struct.pack(">HH4s", number, 0, kind) + b"name\0", 2)
            base += len(content)
        count = struct.pack(">H", len(found))
        iloc = full(b"iloc", b"\x44\x00" + count + places)
        return full(b"meta", full(b"pitm", struct.pack(">H", found[0][0])) + iloc + full(b"iinf", count + infes))

    ftyp = box(b"ftyp", b"avif\0\0\0\0mif1avif")
    return ftyp + meta(len(ftyp) + len(meta(0)) + 8) + box(b"mdat", b"".join(content for _, _, content in found))


def test_only_where_the_first_exif_stood_is_looked_for_room() -> None:
    """To look takes a pass over all that is kept, and a file may have thousands."""
    told = items((1, b"av01", b"picture"), (2, b"Exif", b"short"), (3, b"Exif", bytes(100)))
    first = items((1, b"av01", b"picture"), (2, b"Exif", bytes(100)), (3, b"Exif", bytes(100)))

    assert strip(told, b"new exif") == strip(told, b"")
    assert strip(first, b"new exif").count(b"new exif") == 1


def test_two_items_of_one_number_are_refused_for_one_of_them_would_be_kept() -> None:
    with pytest.raises(ValueError, match="one number"):
        strip(items((1, b"av01", b"picture"), (2, b"Exif", b"Ana"), (2, b"Exif", b"Bea")), b"")


class Counted(list[tuple[int, int]]):
    """How often one of it was taken."""

    taken = 0

    def __getitem__(self, index: Any) -> Any:
        self.taken += 1
        return super().__getitem__(index)

    def __iter__(self) -> Any:
        return (self[index] for index in range(len(self)))


def test_what_is_kept_of_each_region_is_found_without_going_through_all_of_it() -> None:
    kept = Counted((10 * number, 10 * number + 5) for number in range(1000))
    blanked = Blanked(b"x" * 10_000)

    for number in range(1000):
        blanked.blank_but((10 * number, 10 * number + 10), kept)

    assert bytes(blanked.data) == (b"xxxxx" + bytes(5)) * 1000
    assert kept.taken < 20_000  # of a million


def test_a_moving_avif_keeps_its_frames_and_not_its_times() -> None:
    data = telling("AVIF", save_all=True, append_images=[grained(quarters(200, 140))], duration=100)
    at = data.index(b"mvhd") + 8
    size = 8 if data[at - 4] else 4
    data = data[:at] + b"\x66" * (2 * size) + data[at + 2 * size :]

    stripped = strip(data, b"")

    assert len(frames(data)) == 2
    assert frames(stripped) == frames(data)
    assert b"\x66" * size not in stripped
    assert SECRET not in stripped


def test_what_comes_after_the_picture_is_cut() -> None:
    data = telling("AVIF")

    assert strip(data + box(b"uuid", SECRET) + b"after the end", b"") == strip(data, b"")


def test_boxes_that_are_not_known_are_blanked_where_they_stand() -> None:
    data = telling("AVIF")

    stripped = strip(data + box(b"uuid", SECRET) + box(b"mdat", SECRET), b"")

    assert stripped == strip(data, b"") + box(b"free", bytes(len(SECRET))) + box(b"mdat", bytes(len(SECRET)))


def test_picture_data_outside_of_the_data_is_refused() -> None:
    data = telling("AVIF")
    at = data.rindex(b"mdat")

    with pytest.raises(ValueError, match="where it is said"):
        strip(data[:at] + b"skip" + data[at + 4 :], b"")


def test_bytes_in_the_data_that_belong_to_no_picture_are_blanked() -> None:
    data = telling("AVIF")
    at = data.rindex(b"mdat")
    longer = data[: at - 4] + struct.pack(">I", len(data) - at + 4 + len(SECRET)) + data[at:] + SECRET

    stripped = strip(longer, b"")

    assert SECRET not in stripped
    assert frames(stripped) == frames(data)


def test_the_alpha_is_kept() -> None:
    image = grained(quarters(200, 140))
    image.putalpha(Image.effect_noise((200, 140), 80))
    data = encoded(image, "AVIF")

    assert frames(strip(data, b"")) == frames(data)


def test_the_tiles_of_a_phone_s_picture_are_kept_and_what_no_picture_is_made_of_is_not() -> None:
    """A grid, described in the meta box itself, of two tiles; then a third that nothing shows."""

    def full(name: bytes, content: bytes, version: int = 0) -> bytes:
        return box(name, bytes((version, 0, 0, 0)) + content)

    kinds = {1: b"grid", 2: b"hvc1", 3: b"hvc1", 4: b"hvc1", 5: b"Exif"}
    infes = [full(b"infe", struct.pack(">HH4s", item, 0, kind) + b"name\0", 2) for item, kind in kinds.items()]

    def meta(base: int) -> bytes:
        places = [(1, 1, 0, 8), *((item, 0, base + 8 * (item - 2), 8) for item in (2, 3, 4, 5))]
        iloc = struct.pack(">BBH", 0x44, 0x00, len(places)) + b"".join(
            struct.pack(">HHHHII", item, method, 0, 1, offset, length) for item, method, offset, length in places
        )
        return full(
            b"meta",
            full(b"hdlr", b"\0\0\0\0pict" + bytes(12) + b"made by Ana\0")
            + full(b"pitm", struct.pack(">H", 1))
            + full(b"iloc", iloc, 1)
            + full(b"iinf", struct.pack(">H", len(infes)) + b"".join(infes))
            + full(b"iref", box(b"dimg", struct.pack(">HHHH", 1, 2, 2, 3)))
            + box(b"idat", b"tilesxy!hidden!!"),
        )

    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    head = ftyp + meta(len(ftyp) + len(meta(0)) + 8)

    stripped = strip(head + box(b"mdat", b"tile-onetile-twounshown!Exif-Ana"), b"")

    assert stripped[len(head) :] == box(b"mdat", b"tile-onetile-two" + bytes(16))
    assert b"tilesxy!" + bytes(8) in stripped
    assert not [told for told in (b"Ana", b"name", b"Exif", b"hidden") if told in stripped]


def test_the_preview_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_heif.options, "THUMBNAILS", True)
    data = encoded(grained(quarters(200, 140)), "HEIF", thumbnails=[64])

    stripped = strip(data, b"")

    assert frames(stripped) == frames(data)
    assert Image.open(io.BytesIO(data)).info["thumbnails"]
    assert not Image.open(io.BytesIO(stripped)).info["thumbnails"]


@pytest.mark.parametrize("cut", [4, 30, 100, 250, 400])
@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_a_file_that_ends_too_early_is_refused(format: str, cut: int) -> None:
    data = telling(format)
    with pytest.raises(ValueError, match=r"too early|where it is said|no picture"):
        strip(data[: len(data) - 1 if cut == 4 else cut], b"")


@given(st.data())
def test_damage_is_refused_or_stripped_and_never_anything_else(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, min(len(damaged), 900) - 1))] = data.draw(st.integers(0, 255))
    try:
        stripped = strip(bytes(damaged), b"")
    except ValueError:
        return
    assert len(stripped) <= len(damaged)


SAMPLES = [
    telling("AVIF"),
    telling("HEIF"),
    telling("AVIF", save_all=True, append_images=[grained(quarters(200, 140))], duration=100),
]
