"""Which format bytes are of, and the one decoder for it."""

from PIL import Image

from mundotango.media import policy

_BEGINNINGS = {"JPEG": (b"\xff\xd8\xff",), "PNG": (b"\x89PNG\r\n\x1a\n",), "GIF": (b"GIF87a", b"GIF89a")}
# Characters of a PNG's text once it is unpacked, of which each may take four bytes.
_MAX_TEXT = 4_000_000
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def sniff(data: bytes) -> str | None:
    """Pillow's name of the format these bytes begin like; None when it is none of those allowed."""
    for format, beginnings in _BEGINNINGS.items():
        if data.startswith(beginnings):
            return format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        head = data[8 : min(int.from_bytes(data[:4]), 256)]
        brands = {head[at : at + 4] for at in range(0, len(head), 4)}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    return None


def load_codec(format: str) -> None:
    """Register the one decoder and WebP's encoder; Pillow, asked for what it does not know, would load all it has.

    One thread each: the function has one processor, and every thread keeps frames or tiles of its own.
    """
    from PIL import WebPImagePlugin  # noqa: F401

    if format == "AVIF":
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    elif format == "PNG":
        from PIL import PngImagePlugin

        PngImagePlugin.MAX_TEXT_MEMORY = _MAX_TEXT
    elif format == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False, decode_threads=1)
    Image.MAX_IMAGE_PIXELS = policy.MAX_PIXELS
