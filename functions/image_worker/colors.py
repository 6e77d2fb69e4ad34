"""To upright sRGB of 8 bits, whatever a picture was stored as."""

from PIL import Image, ImageOps

from functions.image_worker.decoding import SIDEWAYS, Picture, Size
from functions.image_worker.profiles import Profile
from functions.image_worker.scaling import resized


def upright_srgb(picture: Picture, size: Size) -> Image.Image:
    """The first variant's pixels: resized before anything else is done to them, because they get fewer by that."""
    stored = size[::-1] if picture.orientation in SIDEWAYS else size
    image = resized(picture.image, stored)
    image.info = {}
    image.getexif()[0x0112] = picture.orientation
    return _srgb(ImageOps.exif_transpose(image), picture.profile)


def _srgb(image: Image.Image, profile: Profile | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colors = image.convert("RGB") if alpha else image
    colors = (profile.to_srgb(colors) if profile else colors).convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        colors.putalpha(alpha)
    colors.info = {}
    return colors
