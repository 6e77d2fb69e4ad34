"""The pages that a link to end digests shows. They come before a language is known, so they speak both.

Nothing is loaded from anywhere, and the address, which is a capability, is told to nobody.
"""

from functions.api.caching import NO_STORE

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": NO_STORE,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}

_PAGE = """<!doctype html>
<html lang="es" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mundo Tango</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem; }}
  button {{ font: inherit; padding: .75rem 1.5rem; border: 0; border-radius: .5rem; background: #9c1f3d; color: #fff; }}
</style>
</head>
<body>
<h1>Mundo Tango</h1>
{body}
</body>
</html>
"""

ASKING = _PAGE.format(
    body="""<p>¿Quieres dejar de recibir resúmenes por correo?</p>
<p lang="en">Do you want no more digests by e-mail?</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Darme de baja · <span lang="en">Unsubscribe</span></button>
</form>"""
)

DONE = _PAGE.format(
    body="""<p>Listo: no recibirás más resúmenes. Puedes volver a pedirlos en tus ajustes.</p>
<p lang="en">Done: you will get no more digests. You can ask for them again in your settings.</p>"""
)
