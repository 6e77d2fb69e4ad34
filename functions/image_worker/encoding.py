import io

from PIL import Image

# At 1600 px method 2 takes 0.43 of method 4's time for 1.04 of its bytes and the same SSIM to three digits.
WEBP = {"quality": 80, "method": 2}
WEBP_MAX_SIDE = 16383


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()
