"""The page on which a guest registers, and sees what became of it."""

from collections.abc import Mapping

from markupsafe import Markup

from functions.api.pages import both, page, paragraphs
from mundotango import languages
from mundotango.errors import MundoTangoError
from mundotango.guests import policy
from mundotango.guests.model import Act, Form, Visit
from mundotango.guests.times import said_at
from mundotango.registrations.model import Entry, Role, State
from mundotango.registrations.policy import LONGEST_ANSWER

type Both = tuple[str, str]

_ROLES: dict[Role, Both] = {
    "leader": ("Llevo", "I lead"),
    "follower": ("Sigo", "I follow"),
    "both": ("Bailo ambos roles", "I dance both roles"),
}
_STATES: Mapping[State, Both] = {
    "pending": (
        "La organización todavía tiene que aprobar tu inscripción. Te escribiremos.",
        "The organisers have yet to approve your registration. We will write to you.",
    ),
    "waiting": (
        "Estás en la lista de espera. Te escribiremos cuando haya un lugar para ti.",
        "You are on the waiting list. We will write to you when there is a place for you.",
    ),
    "offered": ("Hay un lugar para ti. Lo guardamos hasta el {}.", "There is a place for you. It is held until {}."),
    "accepted": ("Tienes un lugar.", "You have a place."),
    "attended": ("Ya estás dentro. ¡Buen baile!", "You are checked in. Enjoy the dance!"),
    "refused": ("La organización no aceptó tu inscripción.", "The organisers did not accept your registration."),
    "declined": ("Rechazaste el lugar.", "You declined the place."),
    "expired": ("Pasó el plazo para aceptar el lugar.", "The time to accept the place is over."),
    "cancelled": ("La inscripción está cancelada.", "The registration is cancelled."),
}
_ACTS: dict[State, tuple[Act, ...]] = {
    "pending": ("give_up",),
    "waiting": ("give_up",),
    "offered": ("accept", "decline"),
    "accepted": ("give_up",),
}
_BUTTONS: dict[Act, Both] = {
    "accept": ("Aceptar el lugar", "Accept the place"),
    "decline": ("Rechazar el lugar", "Decline the place"),
    "give_up": ("Cancelar mi inscripción", "Cancel my registration"),
    "register": ("Inscribirme", "Register"),
    "forget": ("Borrar mis datos", "Delete my data"),
}
_STATUSES: Mapping[str, Both] = {
    "cancelled": ("El evento está cancelado.", "The event is cancelled."),
    "postponed": ("El evento está postergado.", "The event is postponed."),
}

UNKNOWN = page(
    Markup("<h1>Mundo Tango</h1>\n")
    + paragraphs(
        "Este enlace no existe o ya no vale. Puedes pedir otro en la página del evento.",
        "This link is unknown or expired. You can ask for another one on the page of the event.",
    )
)
FORGOTTEN = page(
    Markup("<h1>Mundo Tango</h1>\n")
    + paragraphs(
        "Listo: tu inscripción se canceló y tus datos se borraron.",
        "Done: your registration is cancelled and your data is deleted.",
    )
)


def registration_page(visit: Visit, form: Form | None = None, refusal: MundoTangoError | None = None) -> str:
    """`form` is what was filled in, where it was refused."""
    title = visit.dated.event.title
    parts = [_event(visit)]
    if refusal is not None:
        parts.append(_refusal(refusal))
    if visit.entry is not None:
        parts.append(_state(visit, visit.entry))
    if visit.chosen is not None and policy.may_register(visit.entry) and visit.dated.occurrence.status == "published":
        parts.append(_form(visit, form or Form(name=visit.guest.name)))
    parts.append(_forgetting())
    return page(Markup("\n").join(parts), title=f"{title} · Mundo Tango", top="2rem")


def _event(visit: Visit) -> Markup:
    dated = visit.dated
    venue, starts_at, zone = dated.venue, dated.occurrence.starts_at, dated.event.zone
    shown = Markup("""<h1 dir="auto">{title}</h1>
<dl>
<dt>{when}</dt>
<dd><time datetime="{moment}">{spanish}</time></dd>
<dd lang="en">{english}</dd>
<dt>{where}</dt>
<dd dir="auto">{place}</dd>
</dl>""").format(
        title=dated.event.title,
        when=both("Cuándo", "When"),
        moment=starts_at.isoformat(),
        spanish=said_at(starts_at, zone, "es"),
        english=said_at(starts_at, zone, "en"),
        where=both("Dónde", "Where"),
        place=", ".join(part for part in (venue.name, venue.address, venue.city) if part),
    )
    status = _STATUSES.get(dated.occurrence.status)
    return shown if status is None else shown + paragraphs(*status)


def _refusal(refusal: MundoTangoError) -> Markup:
    detail = refusal.detail
    said = paragraphs(languages.text(detail, "es"), languages.text(detail, "en"))
    return Markup('<div role="alert">\n{}\n</div>').format(said)


def _state(visit: Visit, entry: Entry) -> Markup:
    spanish, english = _STATES[entry.state]
    until = entry.registration.offered_until
    if until is not None:
        zone = visit.dated.event.zone
        spanish, english = spanish.format(said_at(until, zone, "es")), english.format(said_at(until, zone, "en"))
    shown = [Markup('<div role="status">\n{}\n</div>').format(paragraphs(spanish, english))]
    if visit.code is not None:
        label = both("Código para la entrada", "Code to show at the door")
        shown.append(Markup("<p>{}:<br><code>{}</code></p>").format(label, visit.code))
    if acts := _ACTS.get(entry.state):
        buttons = Markup("\n").join(_button(act) for act in acts)
        shown.append(Markup('<form method="post">\n{}\n</form>').format(buttons))
    return Markup("\n").join(shown)


def _form(visit: Visit, form: Form) -> Markup:
    chosen = visit.chosen
    questions = () if chosen is None else chosen.questions
    given = (*form.answers, *("" for _ in questions))
    fields = [_name(form.name), _roles(form.role)]
    fields += [_question(number, *asked) for number, asked in enumerate(zip(questions, given, strict=False))]
    fields.append(_button("register"))
    return Markup('<form method="post">\n{}\n</form>').format(Markup("\n").join(fields))


def _name(name: str) -> Markup:
    label = both("Tu nombre", "Your name")
    return Markup(
        '<p><label for="name">{}</label>\n'
        '<input type="text" id="name" name="name" required maxlength="{}" autocomplete="name" value="{}"></p>'
    ).format(label, policy.LONGEST_NAME, name)


def _roles(chosen: Role | None) -> Markup:
    choices = [
        Markup('<label><input type="radio" name="role" value="{}" required{}> {}</label>').format(
            role, Markup(" checked") if role == chosen else "", both(*said)
        )
        for role, said in _ROLES.items()
    ]
    return Markup("<fieldset>\n<legend>{}</legend>\n{}\n</fieldset>").format(
        both("Rol", "Role"), Markup("\n").join(choices)
    )


def _question(number: int, question: str, answer: str) -> Markup:
    return Markup(
        '<p><label for="answer{number}" dir="auto">{question}</label>\n'
        '<textarea id="answer{number}" name="answer" rows="2" required maxlength="{longest}">{answer}</textarea></p>'
    ).format(number=number, question=question, longest=LONGEST_ANSWER, answer=answer)


def _button(act: Act) -> Markup:
    quiet = Markup(' class="quiet"') if act in ("decline", "give_up", "forget") else ""
    return Markup('<button type="submit" name="act" value="{}"{}>{}</button>').format(act, quiet, both(*_BUTTONS[act]))


def _forgetting() -> Markup:
    said = paragraphs(
        "Tu inscripción se cancela y tu nombre, tu dirección y tus respuestas se borran ahora. No se puede deshacer. "
        "De todos modos se borran 30 días después del evento.",
        "Your registration is cancelled, and your name, your address and your answers are deleted now. It cannot be "
        "undone. In any case they are deleted 30 days after the event.",
    )
    return Markup('<details>\n<summary>{}</summary>\n{}\n<form method="post">\n{}\n</form>\n</details>').format(
        both("Borrar mis datos", "Delete my data"), said, _button("forget")
    )
