import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from mundotango.errors import Conflict, PreconditionFailed, Said
from mundotango.events.model import Event, EventKind, EventStatus, Part, Role, Text, content_payload
from mundotango.posts.policy import language
from mundotango.text import clean, key, refused
from mundotango.users.policy import link as address_of_page

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 10_000
LONGEST_NAME = 200
# A festival or a long tango cruise. Lists rely on it: what ends after a moment has not begun long before it.
LONGEST_EVENT = timedelta(days=31)
MOST_LANGUAGES = 10
MOST_PEOPLE = 50
MOST_TAGS = 10
LONGEST_TAG = 50
MOST_PICTURES = 10
MOST_SESSIONS = 200
# By edits, of the event or of one of its occurrences: a weekly milonga has as many in five years.
MOST_VERSIONS = 500
# A trip around the world, in the smallest unit of the smallest currency.
LARGEST_PRICE = 10_000_000_000

# In UTF-8, with the words of its pictures: a page of 50 of these, each a text of quotation marks, is less than Lambda
# answers.
LARGEST_EVENT = 50_000

HOLDING_SESSIONS: frozenset[EventKind] = frozenset({"course", "encuentro", "festival", "festivalito", "marathon"})

# ISO 4217, what is paid with.
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - as a list it would fill a page
)

# ISO 4217 again: of all others it is two.
_DECIMALS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(),  # noqa: SIM905
    0,
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)  # noqa: SIM905

_YEARS = range(2000, 2200)
# What an event may become from what it is: what was announced is not taken back in silence.
_BECOMES: dict[EventStatus, frozenset[EventStatus]] = {
    "draft": frozenset({"draft", "published"}),
    "published": frozenset({"published", "cancelled", "postponed"}),
    "cancelled": frozenset({"published", "cancelled", "postponed"}),
    "postponed": frozenset({"published", "cancelled", "postponed"}),
}


def title(value: str, field: str = "title") -> str:
    return clean(field, value, longest=LONGEST_TITLE)


def description(value: str, field: str = "description") -> str:
    return clean(field, value, longest=LONGEST_DESCRIPTION, required=False, lines=True)


def texts(original: Text, translations: Sequence[Text]) -> tuple[Text, ...]:
    """The original and what says it again, each in another language."""
    if len(translations) >= MOST_LANGUAGES:
        raise refused("translations", Said("must be at most {most}", most=MOST_LANGUAGES - 1))
    found = [Text(language(original.language), title(original.title), description(original.description))]
    for index, text in enumerate(translations):
        place = f"translations.{index}"
        tongue = language(text.language, f"{place}.language")
        if not tongue:
            raise refused(f"{place}.language", "must not be empty")
        if tongue in {each.language for each in found}:
            raise refused(f"{place}.language", "is named twice")
        said = description(text.description, f"{place}.description")
        found.append(Text(tongue, title(text.title, f"{place}.title"), said))
    return tuple(found)


def kind(value: str) -> EventKind:
    if value not in get_args(EventKind):
        raise refused("kind", Said("must be one of {choices}", choices=", ".join(get_args(EventKind))))
    return cast(EventKind, value)


def first_status(value: str) -> EventStatus:
    """Of an event that is new."""
    return next_status("draft", value)


def next_status(before: EventStatus, value: str) -> EventStatus:
    allowed = _BECOMES[before]
    for status in allowed:
        if value == status:
            return status
    raise refused("status", Said("must be one of {choices}", choices=", ".join(sorted(allowed))))


def times(starts_at: datetime, ends_at: datetime) -> None:
    moment("starts_at", starts_at)
    moment("ends_at", ends_at)
    if ends_at <= starts_at:
        raise refused("ends_at", "must be after starts_at")
    if ends_at - starts_at > LONGEST_EVENT:
        raise refused("ends_at", Said("must be at most {days} days after starts_at", days=LONGEST_EVENT.days))


def moment(field: str, value: datetime) -> None:
    if value.utcoffset() is None:
        raise refused(field, "must say its offset from UTC")
    if value.year not in _YEARS:
        raise refused(field, Said("must be in the years {first} to {last}", first=_YEARS.start, last=_YEARS.stop - 1))


def local(moment: datetime, zone: str) -> datetime:
    """What clocks of the zone show then. In an hour that they show twice the second time becomes the first."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0, fold=0)


def people(values: Sequence[Part]) -> tuple[Part, ...]:
    if len(values) > MOST_PEOPLE:
        raise refused("people", Said("must be at most {most}", most=MOST_PEOPLE))
    found: list[Part] = []
    for index, part in enumerate(values):
        place = f"people.{index}"
        if part.role not in get_args(Role):
            raise refused(f"{place}.role", Said("must be one of {choices}", choices=", ".join(get_args(Role))))
        if (part.user_id is None) == (part.name == ""):
            raise refused(f"{place}.name", "must be given, or user_id in its place")
        name = "" if part.user_id else clean(f"{place}.name", part.name, longest=LONGEST_NAME)
        found.append(Part(part.role, part.user_id, name))
    if len(set(found)) < len(found):
        raise refused("people", "names somebody twice")
    return tuple(found)


def price(amount: int | None, currency: str) -> tuple[int | None, str]:
    """Nothing said, or free, or so much of a currency."""
    if amount is None:
        return None, ""
    if not 0 <= amount <= LARGEST_PRICE:
        raise refused("price", Said("must be from {least} to {largest}", least=0, largest=LARGEST_PRICE))
    if (amount > 0 or currency) and currency not in CURRENCIES:
        raise refused("currency", "must be a currency of ISO 4217, such as ARS")
    return amount, currency


def decimals(currency: str) -> int:
    """Of how many digits behind the dot its smallest unit is the last."""
    return _DECIMALS.get(currency, 2)


def link(value: str) -> str:
    return address_of_page("link", value) if value else ""


def tags(values: Sequence[str]) -> tuple[str, ...]:
    """As they are found: without accents and capitals."""
    found = dict.fromkeys(
        key(clean(f"tags.{index}", value, longest=LONGEST_TAG)).lstrip("#") for index, value in enumerate(values)
    )
    if len(found) > MOST_TAGS:
        raise refused("tags", Said("must be at most {most}", most=MOST_TAGS))
    if not all(any(character.isalnum() for character in tag) for tag in found):
        raise refused("tags", "must contain a letter or a digit")
    return tuple(found)


def bounded(event: Event) -> Event:
    said = [content_payload(event), [picture["alt"] for picture in event.media]]
    if len(json.dumps(said, ensure_ascii=False).encode()) > LARGEST_EVENT:
        most = LARGEST_EVENT // 1000
        raise refused("description", Said("must be at most {most} kB with all else that the event says", most=most))
    return event


def may_edit(event: Event, user_id: UUID) -> bool:
    return user_id in event.editors


def may_hold_sessions(parent: Event, sessions: int) -> None:
    if parent.kind not in HOLDING_SESSIONS or parent.parent_id is not None:
        raise refused("parent_id", "is no event that holds sessions")
    if sessions >= MOST_SESSIONS:
        raise Conflict(Said("an event has at most {most} sessions", most=MOST_SESSIONS))


def holds_sessions(kind: EventKind) -> None:
    """Of an event that has some."""
    if kind not in HOLDING_SESSIONS:
        raise refused("kind", "must be one that holds sessions, as this event has some")


def unchanged(version: int, expected: int, *, calls_off: bool) -> None:
    """An edit that only `calls_off` what was not yet called off is one too many for nobody."""
    if version != expected:
        raise PreconditionFailed("it was changed since; read it again")
    if version >= MOST_VERSIONS and not calls_off:
        raise Conflict("this event was edited too often; announce a new one")
