import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageOps

from devstack.failure import DevstackFailed
from devstack.pictures import SCENES, photograph
from devstack.tell import photograph_of


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_the_readers_own_goes_as_what_it_is(tmp_path: Path, format: str) -> None:
    path = tmp_path / "picture.bin"  # what it is called says nothing
    Image.new("RGB", (8, 8)).save(path, format)
    picture = photograph_of(path)
    assert (picture.body, picture.content_type) == (path.read_bytes(), f"image/{format.lower()}")


def test_a_phones_jpeg_with_more_than_one_picture_goes_as_a_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    Image.new("RGB", (8, 8)).save(path, "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))])
    assert photograph_of(path).content_type == "image/jpeg"


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.new("RGB", (8, 8)).save(tmp_path / "me.jpg")
    assert photograph_of(Path("~/me.jpg")).body == (tmp_path / "me.jpg").read_bytes()


@pytest.mark.parametrize("side", [7_100, 10_000, 14_200])  # Pillow says nothing, warns, and refuses
def test_a_picture_of_too_many_pixels_is_refused_with_the_cure(tmp_path: Path, side: int) -> None:
    path = tmp_path / "vast.png"
    small = io.BytesIO()
    Image.new("L", (1, 1)).save(small, "PNG")
    header = b"IHDR" + struct.pack(">II", side, side) + small.getvalue()[24:29]
    path.write_bytes(small.getvalue()[:12] + header + struct.pack(">I", zlib.crc32(header)) + small.getvalue()[33:])
    with pytest.raises(DevstackFailed, match=r"has more than 50 million pixels. Cure: name another by PHOTO="):
        photograph_of(path)


@pytest.mark.parametrize(("content", "said"), [(None, "there is no file"), (b"GIF89a", "is no JPEG, PNG or WebP")])
def test_anything_else_is_refused_with_the_cure(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "picture.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DevstackFailed, match=rf"{said}.*Cure: name another by PHOTO="):
        photograph_of(path)


@pytest.mark.parametrize("scene", SCENES)
def test_a_drawn_picture_comes_as_from_a_phone(scene: str) -> None:
    drawn = photograph(scene, seed=1, width=240, height=160)
    assert drawn == photograph(scene, seed=1, width=240, height=160)
    assert drawn != photograph(scene, seed=2, width=240, height=160)
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.size == (160, 240)
        assert ExifTags.GPS.GPSLatitude in image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert ImageOps.exif_transpose(image).size == (240, 160)
