"""To upright sRGB of 8 bits, whatever a picture was stored as."""

import io

from PIL import Image, ImageOps

from functions.image_worker.decoding import SIDEWAYS, Picture, Size
from functions.image_worker.scaling import resized


def upright_srgb(picture: Picture, size: Size) -> Image.Image:
    """The first variant's pixels: resized before anything else is done to them, because they get fewer by that."""
    stored = size[::-1] if picture.orientation in SIDEWAYS else size
    image = resized(picture.image, stored)
    image.info = {}
    image.getexif()[0x0112] = picture.orientation
    return _srgb(ImageOps.exif_transpose(image), picture.profile)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colors = image.convert("RGB") if alpha else image
    if profile:
        from PIL import ImageCms

        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(colors, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            colors = converted or colors
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that is broken or of another kind of colours is ignored, as browsers do.
            pass
    colors = colors.convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        colors.putalpha(alpha)
    colors.info = {}
    return colors
