import io
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
