"""Pages for people, below /api/link/. They come before a language is known, so they speak both.

Nothing is loaded from anywhere, and the address, which is a capability, is told to nobody. What people wrote is escaped
by itself wherever it meets `Markup`.
"""

from markupsafe import Markup

from functions.api.caching import NO_STORE

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": NO_STORE,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}

_PAGE = Markup("""<!doctype html>
<html lang="es" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: {top} auto 4rem; padding: 0 1rem; }}
  h1, p, dd, label {{ overflow-wrap: anywhere; }}
  button {{ font: inherit; padding: .75rem 1.5rem; border: 0; border-radius: .5rem; background: #9c1f3d; color: #fff; }}
  button.quiet {{ background: #6b5f57; }}
  input[type=text], textarea {{ font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; }}
  fieldset {{ margin: 1rem 0; }}
  fieldset label {{ display: block; padding: .5rem 0; }}
  dt {{ font-weight: bold; }}
  dd {{ margin: 0 0 .5rem; }}
  [role=alert] {{ border: 2px solid #9c1f3d; border-radius: .5rem; padding: .5rem 1rem; }}
  code {{ font-size: 1.1rem; overflow-wrap: anywhere; }}
</style>
</head>
<body>
{body}
</body>
</html>
""")


def page(body: Markup, *, title: str = "Mundo Tango", top: str = "15vh") -> str:
    return str(_PAGE.format(title=title, body=body, top=top))


def both(spanish: str, english: str) -> Markup:
    """In one line, such as a label."""
    return Markup('{} · <span lang="en">{}</span>').format(spanish, english)


def paragraphs(spanish: str, english: str) -> Markup:
    return Markup('<p>{}</p>\n<p lang="en">{}</p>').format(spanish, english)
