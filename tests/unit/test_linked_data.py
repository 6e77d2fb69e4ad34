"""Events as search engines read them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango.events.linked_data import linked_data
from mundotango.events.model import Dated, Event, Part, Text
from mundotango.occurrences.model import Occurrence, Own
from mundotango.posts.model import Author
from mundotango.recurrence.model import Recurrence
from mundotango.recurrence.service import at
from mundotango.venues.model import Venue

ONE = UUID("0193a7c6-41e8-7b95-a3c7-9d0b4f6e8a12")
MALENA, CARLOS = UUID(int=1), UUID(int=2)
MADE = datetime(2026, 11, 1, tzinfo=UTC)
FRIDAY = datetime.fromisoformat("2026-11-27T22:00")


def dated(status: Any = "published", **chosen: Any) -> Dated:
    given: dict[str, Any] = {
        "id": ONE,
        "organiser_id": MALENA,
        "kind": "milonga",
        "status": status,
        "texts": (Text("es", "Milonga", "Clase"),),
        "venue_id": ONE,
        "zone": "America/Argentina/Buenos_Aires",
        "starts": FRIDAY,
        "ends": FRIDAY + timedelta(hours=6),
        "recurrence": Recurrence(""),
        "people": (),
        "price": None,
        "currency": "",
        "link": "",
        "tags": (),
        "media": (),
        "parent_id": None,
        "created_at": MADE,
        "changed_at": MADE,
    }
    event = Event(**given | chosen)
    starts_at, ends_at = at(event.starts, event.zone), at(event.ends, event.zone)
    occurrence = Occurrence(
        ONE, ONE, FRIDAY, starts_at, ends_at, FRIDAY.date(), status, "milonga", ONE, Own(), MADE
    )  # fmt: skip
    venue = Venue(ONE, "La Viruta", "Armenia 1366", "Buenos Aires", "AR", -34.5, -58.4, event.zone, None, MADE)
    return Dated(event, occurrence, venue, {MALENA: Author(MALENA, "malena", "Malena", None)})


def test_it_says_when_and_where_and_leaves_out_what_nobody_said() -> None:
    assert linked_data(dated(), None) == {
        "@context": "https://schema.org",
        "@type": "DanceEvent",
        "identifier": str(ONE),
        "name": "Milonga",
        "description": "Clase",
        "inLanguage": "es",
        "startDate": "2026-11-27T22:00:00-03:00",
        "endDate": "2026-11-28T04:00:00-03:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {
            "@type": "Place",
            "name": "La Viruta",
            "address": {
                "@type": "PostalAddress",
                "streetAddress": "Armenia 1366",
                "addressLocality": "Buenos Aires",
                "addressCountry": "AR",
            },
            "geo": {"@type": "GeoCoordinates", "latitude": -34.5, "longitude": -58.4},
        },
    }


@pytest.mark.parametrize(
    ("status", "said"),
    [("published", "EventScheduled"), ("cancelled", "EventCancelled"), ("postponed", "EventPostponed")],
)
def test_it_says_whether_it_takes_place(status: str, said: str) -> None:
    assert linked_data(dated(status), None)["eventStatus"] == f"https://schema.org/{said}"


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [
        (800_050, "ARS", "8000.50"),
        (5, "EUR", "0.05"),
        (1500, "JPY", "1500"),
        (1500, "KWD", "1.500"),
        (0, "EUR", "0.00"),
    ],
)
def test_a_price_is_in_the_currency_itself(price: int, currency: str, amount: str) -> None:
    said = linked_data(dated(price=price, currency=currency, link="https://viruta.example/"), None)

    assert said["offers"] == {
        "@type": "Offer",
        "price": amount,
        "priceCurrency": currency,
        "url": "https://viruta.example/",
    }
    assert said["isAccessibleForFree"] == (price == 0)


def test_it_names_people_of_whom_everybody_may_know() -> None:
    people = (
        Part("organiser", MALENA, ""),
        Part("organiser", CARLOS, ""),
        Part("orchestra", None, "Sexteto"),
        Part("dj", None, "DJ X"),
    )

    said = linked_data(dated(people=people), None)

    assert said["organizer"] == [{"@type": "Person", "name": "Malena"}]
    assert said["performer"] == [{"@type": "MusicGroup", "name": "Sexteto"}, {"@type": "Person", "name": "DJ X"}]


def test_it_shows_the_largest_of_each_picture() -> None:
    picture = {"id": str(ONE), "variants": [{"url": "/media/320"}, {"url": "/media/1600"}]}

    assert linked_data(dated(media=(picture,)), None)["image"] == ["/media/1600"]


def test_a_session_names_its_festival() -> None:
    festival = replace(dated().event, kind="festival", texts=(Text("", "Festival", ""),))

    assert linked_data(dated(parent_id=ONE), festival)["superEvent"] == {
        "@type": "DanceEvent",
        "identifier": str(ONE),
        "name": "Festival",
        "startDate": "2026-11-27T22:00:00-03:00",
        "endDate": "2026-11-28T04:00:00-03:00",
    }


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=WEEKLY;COUNT=9", {"repeatFrequency": "P1W", "byDay": ["https://schema.org/Friday"], "repeatCount": 9}),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SA;UNTIL=20270101T220000",
            {
                "repeatFrequency": "P2W",
                "byDay": ["https://schema.org/Friday", "https://schema.org/Saturday"],
                "endDate": "2027-01-01",
            },
        ),
        ("FREQ=DAILY;COUNT=3", {"repeatFrequency": "P1D", "repeatCount": 3}),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", None),
        ("FREQ=WEEKLY;BYMONTH=1;COUNT=3", None),
    ],
)
def test_a_simple_series_has_a_schedule(rule: str, said: dict[str, Any] | None) -> None:
    found = linked_data(dated(recurrence=Recurrence(rule, (FRIDAY,))), None).get("eventSchedule")

    usual = {
        "@type": "Schedule",
        "startDate": "2026-11-27",
        "startTime": "22:00:00",
        "endTime": "04:00:00",
        "scheduleTimezone": "America/Argentina/Buenos_Aires",
        "exceptDate": ["2026-11-27T22:00:00"],
    }
    assert found == (None if said is None else usual | said)
