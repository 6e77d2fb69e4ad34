import io

import pytest
from PIL import ExifTags, Image, ImageOps

from devstack import inspection
from devstack.pictures import photograph
from tests.factories.pictures import encoded, quarters

SENT = photograph("riverside", seed=1, width=300, height=200)
WAYS = [None, *Image.Transpose]


def upright() -> Image.Image:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(SENT)))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "upright" if way is None else way.name)
@pytest.mark.parametrize("format", ["WEBP", "AVIF"])
def test_every_way_of_lying_is_told_from_the_others(way: Image.Transpose | None, format: str) -> None:
    variant = upright().resize((96, 64))
    laid = variant if way is None else variant.transpose(way)
    with Image.open(io.BytesIO(encoded(laid, format, quality=60))) as image:
        assert inspection.lies(image, SENT) == ("upright" if way is None else way.name)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "PNG"])
def test_what_comes_with_the_pixels_is_found(format: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A phone"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "S"
    for told, options in ((False, {}), (True, {"exif": exif.tobytes()})):
        body = encoded(quarters(64, 48), format, **options)
        with Image.open(io.BytesIO(body)) as image:
            assert bool(inspection.said(image)) is told
        assert inspection.has_place(body) is told
