"""What items about events say to whoever reads them."""

from typing import Any, get_args

import pytest

from mundotango.broadcasts.policy import AHEAD
from mundotango.languages import LANGUAGES, Language
from mundotango.notifications.model import DATED, Notification, NotificationKind
from mundotango.notifications.wording import offer_said, sentence_of, words
from mundotango.registrations.model import State
from tests.factories.occasions import make_brief, subject_of
from tests.fakes.stores import FakeStores
from tests.unit.webpush.scene import ME

CHANGES = ("time", "place", "status", "time,place", "time,status", "time,place,status")


def item(kind: NotificationKind, **subject: Any) -> Notification:
    return Notification(
        user_id=ME,
        group=kind,
        kind=kind,
        subject=subject_of(kind, **subject),
        position="1",
        at=FakeStores().clock.now(),
        version=1,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_sentence_for_all_that_can_be_told(language: Language) -> None:
    told = [
        *(item("registration", state=state, by=by) for state in get_args(State) for by in ("me", "partner", "other")),
        *(
            item("event_change", changed=changed, status=status)
            for changed in CHANGES
            for status in ("published", "cancelled", "postponed")
        ),
        *(item("reminder", ahead=ahead) for ahead in AHEAD),
    ]

    for each in told:
        said = sentence_of(each, language)
        assert said is not None
        assert "La Viruta" in said
        assert "22:30" in said
        assert "{" not in said
    assert words(language).keys() == {"moment", *DATED}


def test_what_is_no_events_has_none() -> None:
    like = Notification(
        user_id=ME, group="1", kind="like", subject={}, position="1", at=FakeStores().clock.now(), version=1
    )
    assert sentence_of(like, "es") is None


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("es", "America/Argentina/Buenos_Aires", "Falta un día: La Viruta, el viernes 27 de noviembre a las 22:30, en"),
        ("en", "America/Argentina/Buenos_Aires", "A day from now: La Viruta, on Friday 27 November at 22:30, at"),
        # There it is morning already, and so whoever reads it is told whose clock it is by.
        ("es", "Europe/Berlin", "el sábado 28 de noviembre a las 02:30 (hora de Berlin), en"),
        ("en", "Asia/Ho_Chi_Minh", "on Saturday 28 November at 08:30 (Ho Chi Minh time), at"),
    ],
)
def test_times_are_the_readers(language: Language, zone: str, said: str) -> None:
    assert said in str(sentence_of(item("reminder", local_zone=zone), language))


def test_the_night_the_clocks_go_back_has_two_hours_of_one_name() -> None:
    first, second = (
        sentence_of(item("reminder", starts_at=at, zone="Europe/Berlin", local_zone="Europe/Berlin"), "en")
        for at in ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")
    )
    assert first == second
    assert "at 02:30" in str(first)


def test_an_offer_says_until_when() -> None:
    brief = make_brief() | {"offered_until": "2026-11-26T15:00:00Z"}

    assert "lapses on Thursday 26 November at 12:00" in offer_said(brief, "en")
    assert "venza el jueves 26 de noviembre a las 12:00" in offer_said(brief, "es")


def test_a_title_is_text_and_nothing_else() -> None:
    assert "{when} {0}" in str(sentence_of(item("reminder", title="{when} {0}"), "es"))
    assert "\u2068تانغو\u2069" in str(sentence_of(item("reminder", title="تانغو"), "es"))
