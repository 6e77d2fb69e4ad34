"""A page that shows what became of pictures beside the pictures, so that anyone can judge by eye."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from string import Template
from urllib.parse import quote

from mundotango.media.model import Rendition
from operations.pictures import Judged

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What became of the pictures</title>
<style>
  body { margin: 2rem; font: 16px/1.5 system-ui, sans-serif; color: #222; background: #f6f4f1 }
  h1, h2 { font-weight: 600 }
  section { margin-bottom: 4rem }
  div { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)) }
  figure { margin: 0 }
  figure a { display: block; position: relative; background: var(--colour) }
  img { display: block; width: 100%; height: auto }
  /* Held over a variant, the pointer shows the original in its place: what differs jumps. */
  a .original { position: absolute; inset: 0; height: 100%; object-fit: cover; opacity: 0 }
  a:hover .original { opacity: 1 }
  b { font-weight: 600 }
</style>
<h1>What became of the pictures</h1>
<p>First each original, without its metadata, and what a page that embeds it shows on this screen; then every variant.
Hold the pointer over a variant to see the original in its place; follow it to see it pixel by pixel.</p>
$sections
</html>
""")
SECTION = Template("""<section style="--colour: $colour">
<h2>$name</h2>
<p>$width × $height, $bytes bytes. Dropped: $dropped.</p>
<div>
<figure><img src="$original" alt="The original, in a format this browser may not show">
<figcaption><b>original</b>, $bytes bytes</figcaption></figure>
<figure>$picture
<figcaption><b>as embedded</b>: the format and the width that suit this browser</figcaption></figure>
</div>
<div>
$variants
</div>
</section>""")
VARIANT = Template("""<figure><a href="$file" style="max-width: ${width}px"><img src="$file" alt="" loading="lazy">
<img class="original" src="$original" alt="" loading="lazy"></a>
<figcaption><b>$format $width × $height</b>, $bytes bytes, $share</figcaption></figure>""")
SIZES = "(min-width: 62rem) 50vw, 100vw"


def page(pictures: Iterable[Judged]) -> str:
    """HTML that stands in the folder of the variants and finds them beside itself."""
    return PAGE.substitute(sections="\n".join(map(_section, pictures)))


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _section(judged: Judged) -> str:
    compressed = judged.compressed
    return SECTION.substitute(
        name=escape(judged.path.name),
        colour=compressed.color,
        width=compressed.width,
        height=compressed.height,
        bytes=f"{judged.bytes:,}",
        dropped=", ".join(judged.dropped) or "nothing, as nothing was in it",
        original=quote(judged.original),
        picture=_picture(judged),
        variants="\n".join(
            VARIANT.substitute(
                file=quote(file),
                original=quote(judged.original),
                format=one.format,
                width=one.width,
                height=one.height,
                bytes=f"{len(one.data):,}",
                share=share(len(one.data), judged.bytes),
            )
            for one, file in _variants(judged)
        ),
    )


def _picture(judged: Judged) -> str:
    """As a client of the API writes it: a source a format, and for the oldest browsers the widest of the last one."""
    sources = []
    for format, group in groupby(_variants(judged), key=lambda variant: variant[0].format):
        widths = ", ".join(f"{quote(file)} {one.width}w" for one, file in group)
        sources.append(f'<source type="image/{format}" srcset="{widths}" sizes="{SIZES}">')
    widest, fallback = judged.compressed.renditions[-1].width, quote(judged.files[-1])
    return f'<picture>{"".join(sources)}<img src="{fallback}" alt="" style="max-width: {widest}px"></picture>'


def _variants(judged: Judged) -> list[tuple[Rendition, str]]:
    return list(zip(judged.compressed.renditions, judged.files, strict=True))
