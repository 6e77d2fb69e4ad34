import io
from time import process_time

import pytest
from PIL import Image, ImageOps, PngImagePlugin

from functions.image_worker.images import compress
from functions.image_worker.metadata import strip
from mundotango.media.model import Compressed
from tests.factories.pictures import ORIENTATION, encoded, looks_like, quarters

SECRETS = (b"Corrientes 348", b"ACME Camera", b"a comment on somebody", b"GPSLatitude", b"after the end")
GPS = 0x8825
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>34,36.2S</exif:GPSLatitude>Corrientes 348</x:xmpmeta>'


def post(data: bytes) -> Compressed:
    return compress(data, "post", keep_attribution=False)


def telling(format: str, orientation: int = 6) -> bytes:
    """A picture that tells where, by whom and with what it was taken, in every way its format has."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "ACME Camera"
    exif[0x010E] = "Corrientes 348"
    exif.get_ifd(GPS).update({1: "S", 2: (34.0, 36.0, 13.0), 3: "W", 4: (58.0, 22.0, 53.0)})
    options: dict[str, object] = {"exif": exif.tobytes()}
    if format in ("JPEG", "WEBP"):
        options["xmp"] = XMP
    if format in ("JPEG", "GIF"):
        options["comment"] = b"a comment on somebody"
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", "a comment on somebody")
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options["pnginfo"] = text
    image = quarters().transpose(Image.Transpose.ROTATE_90) if orientation == 6 else quarters()
    return encoded(image, format, **options) + b"after the end"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_nothing_that_is_served_or_kept_tells_of_people(format: str) -> None:
    data = telling(format, orientation=1 if format == "GIF" else 6)
    assert any(secret in data for secret in SECRETS)

    made = post(data)

    for kept in (made.original, *(rendition.data for rendition in made.renditions)):
        assert not [secret for secret in SECRETS if secret in kept]
        shown = Image.open(io.BytesIO(kept))
        assert set(shown.getexif()) <= {ORIENTATION}
        assert not shown.getexif().get_ifd(GPS)
        assert looks_like(ImageOps.exif_transpose(shown))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_pixels_are_kept_as_they_were_sent(format: str) -> None:
    data = telling(format)
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(strip(data, format, b"")))

    assert after.tobytes() == before.tobytes()
    assert after.mode == before.mode


def test_a_progressive_jpeg_keeps_all_its_scans() -> None:
    data = encoded(quarters(), progressive=True)

    assert strip(data, "JPEG", b"") == data


def test_restart_markers_belong_to_the_scan() -> None:
    data = encoded(quarters(), restart_marker_blocks=1)

    assert strip(data, "JPEG", b"") == data


def test_the_colour_profile_is_kept() -> None:
    data = encoded(quarters(), icc_profile=b"profile of this screen")

    assert b"profile of this screen" in strip(data, "JPEG", b"")


def test_bytes_between_two_segments_are_dropped() -> None:
    data = encoded(quarters())
    first = 4 + int.from_bytes(data[4:6])

    assert strip(data[:first] + b"hidden" + data[first:], "JPEG", b"") == data


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF"])
def test_a_file_that_ends_too_early_is_refused(format: str) -> None:
    data = encoded(quarters(), format)

    with pytest.raises(ValueError, match=r"too early|no block"):
        strip(data[:30], format, b"")


def test_a_scan_of_fill_bytes_costs_no_more_than_another() -> None:
    """Backtracking over each run anew, this took a minute of the processor; once over it, some milliseconds."""
    data = encoded(quarters())[:-2] + b"\xff" * 500_000 + b"\x00" + b"\xff\xd9"
    begun = process_time()

    assert strip(data, "JPEG", b"") == data
    assert process_time() - begun < 5
