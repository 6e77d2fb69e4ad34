"""The pages that a link to end digests shows."""

from markupsafe import Markup

from functions.api.pages import both, page, paragraphs

_TITLE = Markup("<h1>Mundo Tango</h1>\n")

ASKING = page(
    _TITLE
    + paragraphs("¿Quieres dejar de recibir resúmenes por correo?", "Do you want no more digests by e-mail?")
    + Markup("""
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">{}</button>
</form>""").format(both("Darme de baja", "Unsubscribe"))
)

DONE = page(
    _TITLE
    + paragraphs(
        "Listo: no recibirás más resúmenes. Puedes volver a pedirlos en tus ajustes.",
        "Done: you will get no more digests. You can ask for them again in your settings.",
    )
)
