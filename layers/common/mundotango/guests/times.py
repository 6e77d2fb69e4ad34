"""A moment as people say it, by the clocks of the place."""

from datetime import datetime
from zoneinfo import ZoneInfo

from mundotango.languages import Language

_DAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip


def said_at(moment: datetime, zone: str, language: Language) -> str:
    """Such as `Friday, 4 December 2026, 22:30 (UTC-03:00)`; the offset tells two hours of one name apart."""
    there = moment.astimezone(ZoneInfo(zone))
    day, month = _DAYS[language][there.weekday()], _MONTHS[language][there.month - 1]
    date = (
        f"{day} {there.day} de {month} de {there.year}"
        if language == "es"
        else f"{day}, {there.day} {month} {there.year}"
    )
    return f"{date}, {there:%H:%M} ({there:UTC%:z})"
