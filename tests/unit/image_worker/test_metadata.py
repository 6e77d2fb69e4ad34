import io
import struct
from time import process_time

import pytest
from PIL import Image, ImageOps, PngImagePlugin

from functions.image_worker.images import compress
from functions.image_worker.metadata import strip
from mundotango.errors import BadImage
from mundotango.media.model import Compressed
from tests.factories.hostile import chunk, riff, segment
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


def test_bytes_between_two_segments_are_dropped() -> None:
    data = encoded(quarters())
    first = 4 + int.from_bytes(data[4:6])

    assert strip(data[:first] + b"hidden" + data[first:], "JPEG", b"") == data


@pytest.mark.parametrize("length", [30, -2])
def test_a_file_that_ends_too_early_is_refused(length: int) -> None:
    for format in ("JPEG", "PNG", "WEBP", "GIF"):
        with pytest.raises(ValueError, match="too early"):
            strip(encoded(quarters(), format)[:length], format, b"")


def test_a_jpeg_without_an_end_is_refused_for_what_follows_would_be_kept_as_coded() -> None:
    data = encoded(quarters())[:-2] + SECRETS[0]
    Image.open(io.BytesIO(data)).load()  # the decoder takes it for a picture

    with pytest.raises(BadImage, match="damaged"):
        post(data)


def test_a_jpeg_that_breaks_off_where_it_tells_its_size_is_refused() -> None:
    data = encoded(quarters())

    with pytest.raises(BadImage, match="damaged"):
        post(data[: data.index(b"\xff\xc0") + 10] + b"\xff\xd9")


def test_the_preview_in_a_jpeg_s_head_goes() -> None:
    data = encoded(quarters())
    content = data[6:18] + b"\x04\x04" + b"preview!" * 6
    told = data[:2] + segment(0xE0, content) + data[20:]

    assert strip(told, "JPEG", b"") == data


@pytest.mark.parametrize("marker", [0xDC, 0xDE, 0xF5, 0x02, 0xC8])
def test_segments_of_a_jpeg_that_no_decoder_needs_go(marker: int) -> None:
    data = encoded(quarters())

    assert strip(data[:-2] + segment(marker, SECRETS[0]) + data[-2:], "JPEG", b"") == data
    assert strip(data[:2] + segment(marker, SECRETS[0]) + data[2:], "JPEG", b"") == data


@pytest.mark.parametrize("noise", [b"\xff\x00", b"\xff\x01", b"\xff\xd3", b"\xff\xff"])
def test_what_has_no_length_between_two_segments_hides_none_of_them(noise: bytes) -> None:
    """Taken for a segment, it would have the length that its neighbour's first bytes make."""
    data = encoded(quarters())

    assert strip(data[:20] + noise + data[20:], "JPEG", b"") == data


def test_what_adobe_says_of_a_jpeg_is_cut_to_its_length() -> None:
    data = encoded(quarters().convert("CMYK"))
    at = data.index(b"Adobe")
    told = data[: at - 2] + struct.pack(">H", 14 + len(SECRETS[0])) + data[at : at + 12] + SECRETS[0] + data[at + 12 :]

    assert strip(told, "JPEG", b"") == data


def test_chunks_of_a_png_are_cut_to_their_length() -> None:
    data = encoded(quarters(), "PNG", dpi=(72, 72))
    at = data.index(b"pHYs") - 4
    told = data[:at] + chunk(b"pHYs", data[at + 8 : at + 17] + SECRETS[0]) + data[at + 21 :]

    assert strip(told, "PNG", b"") == data


def test_a_png_that_does_not_say_its_end_gets_one() -> None:
    data = encoded(quarters(), "PNG")

    assert strip(data[:-12], "PNG", b"") == data


def moving(format: str) -> bytes:
    frames = [quarters(), quarters().rotate(180)]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=100, loop=3)


def test_what_the_frames_of_a_webp_have_besides_their_pixels_goes() -> None:
    data = moving("WEBP")
    at = data.index(b"ANMF")
    end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
    secret = riff(b"EXIF", b"Corrientes 348") + riff(b"VP8L", b"another picture")
    frame = riff(b"ANMF", data[at + 8 : end] + secret)

    stripped = strip(riff(b"RIFF", data[8:at] + frame + data[end:]), "WEBP", b"")

    assert stripped == strip(data, "WEBP", b"")
    assert getattr(Image.open(io.BytesIO(stripped)), "n_frames", 0) == 2


@pytest.mark.parametrize(("name", "length"), [(b"NETSCAPE2.0", 15), (b"\x21\xf9\x04", 7)])
def test_what_comes_after_how_often_and_how_long_a_gif_is_shown_goes(name: bytes, length: int) -> None:
    data = moving("GIF")
    at = data.index(name) + length
    told = data[:at] + bytes((len(SECRETS[0]),)) + SECRETS[0] + data[at:]

    assert strip(told, "GIF", b"") == strip(data, "GIF", b"")
    assert strip(data, "GIF", b"") == data


def test_what_a_gif_s_looping_block_says_but_the_loops_goes() -> None:
    data = moving("GIF")
    at = data.index(b"NETSCAPE2.0") + 11
    told = data[:at] + b"\x05\x02here" + data[at + 4 :]

    assert b"here" not in strip(told, "GIF", b"")


def test_a_scan_of_fill_bytes_costs_no_more_than_another() -> None:
    """Backtracking over each run anew, this took a minute of the processor; once over it, some milliseconds."""
    data = encoded(quarters())[:-2] + b"\xff" * 500_000 + b"\x00" + b"\xff\xd9"
    begun = process_time()

    assert strip(data, "JPEG", b"") == data
    assert process_time() - begun < 5
