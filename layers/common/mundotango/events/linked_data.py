"""An event as search engines read it: schema.org's DanceEvent, in JSON-LD."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mundotango.events.model import Dated, Event, EventStatus, Role
from mundotango.events.policy import decimals
from mundotango.recurrence import policy as recurrence
from mundotango.recurrence.model import Rule

_CONTEXT = "https://schema.org"
_STATUS: dict[EventStatus, str] = {
    "published": "EventScheduled",
    "cancelled": "EventCancelled",
    "postponed": "EventPostponed",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PERIOD = {"DAILY": "D", "WEEKLY": "W"}
_PERFORMING: dict[Role, str] = {"teacher": "Person", "dj": "Person", "orchestra": "MusicGroup"}


def linked_data(dated: Dated, parent: Event | None) -> dict[str, Any]:
    """At the time and the place of this occurrence; `parent` is the festival or the course that it is a session of.

    Addresses of pictures begin at the root of this site.
    """
    event, occurrence, original = dated.event, dated.occurrence, dated.event.texts[0]
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "DanceEvent",
        "identifier": str(event.id),
        "name": original.title,
        "description": original.description,
        "inLanguage": original.language,
        "startDate": _moment(occurrence.starts_at, event.zone),
        "endDate": _moment(occurrence.ends_at, event.zone),
        "eventStatus": f"{_CONTEXT}/{_STATUS.get(occurrence.status, 'EventScheduled')}",
        "eventAttendanceMode": f"{_CONTEXT}/OfflineEventAttendanceMode",
        "location": _place(dated),
        "image": [each["variants"][-1]["url"] for each in event.media if each.get("variants")],
        "organizer": _people(dated, {"organiser": "Person"}),
        "performer": _people(dated, _PERFORMING),
        "keywords": list(event.tags),
        "url": event.link,
        "eventSchedule": _schedule(event),
        "superEvent": None if parent is None else _parent(parent),
        **_price(event),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _moment(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat()


def _place(dated: Dated) -> dict[str, Any]:
    venue = dated.venue
    address = {
        "@type": "PostalAddress",
        "addressLocality": venue.city,
        "addressCountry": venue.country,
    }
    if venue.address:
        address["streetAddress"] = venue.address
    return {
        "@type": "Place",
        "name": venue.name,
        "address": address,
        "geo": {"@type": "GeoCoordinates", "latitude": venue.latitude, "longitude": venue.longitude},
    }


def _people(dated: Dated, kinds: dict[Role, str]) -> list[dict[str, str]]:
    """Those with a profile whom not everybody may know are left out."""
    found = []
    for part in dated.event.people:
        profile = None if part.user_id is None else dated.profiles.get(part.user_id)
        name = part.name if profile is None else profile.display_name
        if part.role in kinds and name:
            found.append({"@type": kinds[part.role], "name": name})
    return found


def _price(event: Event) -> dict[str, Any]:
    if event.price is None:
        return {}
    offer = {"@type": "Offer", "price": _amount(event.price, event.currency)}
    if event.currency:
        offer["priceCurrency"] = event.currency
    if event.link:
        offer["url"] = event.link
    return {"offers": offer, "isAccessibleForFree": event.price == 0}


def _amount(smallest: int, currency: str) -> str:
    """In the currency itself, with a dot."""
    places = decimals(currency)
    whole, rest = divmod(smallest, 10**places)
    return f"{whole}.{rest:0{places}}" if places else str(whole)


def _schedule(event: Event) -> dict[str, Any] | None:
    """Of a series that schema.org has words for: each so many days, or weeks on some of their days."""
    if not event.recurrence.rule or event.recurrence.added:
        return None
    rule = recurrence.parsed(event.recurrence.rule)
    if rule.frequency not in _PERIOD or rule.by or any(day.nth is not None for day in rule.days):
        return None
    found: dict[str, Any] = {
        "@type": "Schedule",
        "startDate": event.starts.date().isoformat(),
        "startTime": event.starts.time().isoformat(),
        "endTime": event.ends.time().isoformat(),
        "scheduleTimezone": event.zone,
        "repeatFrequency": f"P{rule.interval}{_PERIOD[rule.frequency]}",
    }
    if rule.frequency == "WEEKLY":
        found["byDay"] = [f"{_CONTEXT}/{_DAYS[day]}" for day in _weekdays(rule, event)]
    if rule.until is not None:
        found["endDate"] = rule.until.date().isoformat()
    if rule.count is not None:
        found["repeatCount"] = rule.count
    if event.recurrence.excluded:
        found["exceptDate"] = [start.isoformat() for start in event.recurrence.excluded]
    return found


def _weekdays(rule: Rule, event: Event) -> list[int]:
    return sorted({day.weekday for day in rule.days}) or [event.starts.weekday()]


def _parent(parent: Event) -> dict[str, Any]:
    zone = ZoneInfo(parent.zone)
    return {
        "@type": "DanceEvent",
        "identifier": str(parent.id),
        "name": parent.title,
        "startDate": parent.starts.replace(tzinfo=zone).isoformat(),
        "endDate": parent.ends.replace(tzinfo=zone).isoformat(),
    }
