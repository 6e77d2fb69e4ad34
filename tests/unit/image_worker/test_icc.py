import io
import struct

import pytest
from PIL import Image, ImageCms

from functions.image_worker.icc import MAX_BYTES, cleaned
from functions.image_worker.metadata import strip
from tests.factories.hostile import chunk, segment, zeros
from tests.factories.pictures import encoded, grained, quarters

SECRETS = ("Ana's screen.".encode("utf-16-be"), b"Corrientes 348", b"serial 0815")
PLAIN = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")


def profile(version: int = 4) -> bytes:
    """Of a screen that says whose it is in its name, in a tag of its maker, between its tags and after them."""
    named = PLAIN.replace("sRGB built-in".encode("utf-16-be"), SECRETS[0])
    tags = [struct.unpack(">4sII", named[at : at + 12]) for at in range(132, 132 + 12 * named[131], 12)]
    contents = {name: named[start : start + length] for name, start, length in tags}
    contents[b"mmod"] = b"mmod" + bytes(4) + SECRETS[2]
    if version == 2:
        contents[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 15) + SECRETS[1] + b"\0" + bytes(78)
        contents[b"cprt"] = b"text" + bytes(4) + SECRETS[1] + b"\0"
    table, data = struct.pack(">I", len(contents)), b""
    for name, content in contents.items():
        table += name + struct.pack(">II", 132 + 12 * len(contents) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    data += SECRETS[1]
    size = 128 + len(table) + len(data)
    header = struct.pack(">I", size) + named[4:8] + bytes((version,)) + named[9:80] + SECRETS[1].ljust(48)
    return header + table + data + b"after the end: " + SECRETS[1]


def converted(image: Image.Image, by: bytes) -> bytes:
    source, lab = ImageCms.ImageCmsProfile(io.BytesIO(by)), ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(image, source, lab, outputMode="LAB")
    assert made
    return made.tobytes()


@pytest.mark.parametrize("version", [2, 4])
def test_the_colours_stay_and_what_is_told_goes(version: int) -> None:
    told, image = profile(version), grained(quarters())

    kept = cleaned(told)

    assert converted(image, kept) == converted(image, told)
    assert not [secret for secret in SECRETS if secret in kept]
    assert struct.unpack(">I", kept[:4]) == (len(kept),)
    assert len(kept) < len(told)
    assert kept[24:36] == bytes(12)  # when it was made
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(kept))).strip() == ""


def test_what_is_cleaned_stays_as_it_is() -> None:
    assert cleaned(cleaned(profile())) == cleaned(profile())


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_has_the_cleaned_one(format: str) -> None:
    data = encoded(quarters(), format, icc_profile=profile())
    assert SECRETS[1] in data or format == "PNG"

    stripped = strip(data, format, b"")

    assert Image.open(io.BytesIO(stripped)).info["icc_profile"].rstrip(b"\0") == cleaned(profile()).rstrip(b"\0")
    assert not [secret for secret in SECRETS if secret in stripped]
    assert strip(stripped, format, b"") == stripped


def test_a_moving_avif_has_it_too() -> None:
    data = encoded(quarters(), "AVIF", icc_profile=profile(), save_all=True, append_images=[quarters().rotate(180)])

    stripped = strip(data, "AVIF", b"")

    assert data.count(SECRETS[0]) == 2
    assert SECRETS[0] not in stripped
    assert getattr(Image.open(io.BytesIO(stripped)), "n_frames", 0) == 2


def test_a_large_one_is_put_together_and_taken_apart_again() -> None:
    curve = b"curv" + bytes(4) + struct.pack(">I", 50_000) + bytes(100_000)
    large = (
        struct.pack(">I", 144 + len(curve)) + PLAIN[4:128] + struct.pack(">I4sII", 1, b"rTRC", 144, len(curve)) + curve
    )
    data = encoded(quarters(), icc_profile=large)

    stripped = strip(data, "JPEG", b"")

    assert Image.open(io.BytesIO(stripped)).info["icc_profile"] == cleaned(large)
    assert len(cleaned(large)) == len(large)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("told", [b"Corrientes 348", PLAIN[:131], PLAIN[:-9], PLAIN[:36] + b"what" + PLAIN[40:]])
def test_what_is_no_profile_becomes_none(format: str, told: bytes) -> None:
    data = encoded(quarters(), format, icc_profile=told)

    stripped = strip(data, format, b"")
    shown = Image.open(io.BytesIO(stripped))

    assert told not in stripped
    assert not (shown.info.get("icc_profile") or b"").strip(b"\0")
    assert shown.convert("RGB").tobytes() == Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def test_one_that_is_too_large_becomes_none() -> None:
    size = MAX_BYTES + 1
    large = struct.pack(">I", size) + PLAIN[4:]

    assert cleaned(large.ljust(size, b"\0")) == b""
    assert cleaned(struct.pack(">I", MAX_BYTES) + PLAIN[4:].ljust(MAX_BYTES - 4, b"\0"))


def test_tags_that_lie_over_each_other_make_no_more_of_it() -> None:
    names = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
    end = 132 + 12 * len(names)
    table = struct.pack(">I", len(names)) + b"".join(
        name + struct.pack(">II", end + 8 * number, 4000) for number, name in enumerate(names)
    )
    told = (PLAIN[4:128] + table + (b"curv" + bytes(4)) * 600).ljust(8000, b"\0")

    assert cleaned(struct.pack(">I", 4 + len(told)) + told) == b""


def test_a_png_has_one_and_no_more() -> None:
    data = encoded(quarters(), "PNG")
    other = chunk(b"iCCP", b"Ana\0\0" + zeros(1000))
    broken = chunk(b"iCCP", b"Ana\0\0no such thing")

    assert strip(data[:33] + broken + other + data[33:], "PNG", b"") == data


def test_a_jpeg_s_profile_without_a_place_in_its_row_is_none() -> None:
    data = encoded(quarters())

    assert strip(data[:20] + segment(0xE2, b"ICC_PROFILE\0") + data[20:], "JPEG", b"") == data
