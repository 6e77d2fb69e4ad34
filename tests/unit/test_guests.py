"""What is counted as one, what time it is there, and what the edge is believed."""

from datetime import UTC, datetime, timedelta

import pytest

from mundotango.errors import Conflict
from mundotango.guests import policy
from mundotango.guests.times import said_at

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "spelling",
    ["ana.ruiz@example.org", "ANA.RUIZ@EXAMPLE.ORG", "anaruiz@example.org", "a.n.a.ruiz+tango+2@example.org"],
)
def test_spellings_of_one_mailbox_are_counted_as_one(spelling: str) -> None:
    assert policy.mailbox(spelling) == "anaruiz@example.org"


def test_other_mailboxes_are_others() -> None:
    assert len({policy.mailbox(email) for email in ("a@x.org", "b@x.org", "a@y.org", "a@x.y.org")}) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("unknown", "unknown", True),
        ("", "unknown", False),
    ],
)
def test_a_viewer_is_an_address_or_the_network_of_a_household(one: str, other: str, same: bool) -> None:
    assert (policy.viewer(one) == policy.viewer(other)) is same


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        ("America/Argentina/Buenos_Aires", "es", "lunes 23 de noviembre de 2026, 17:00 (UTC-03:00)"),
        ("America/Argentina/Buenos_Aires", "en", "Monday, 23 November 2026, 17:00 (UTC-03:00)"),
        ("Asia/Kolkata", "es", "martes 24 de noviembre de 2026, 01:30 (UTC+05:30)"),
        ("UTC", "en", "Monday, 23 November 2026, 20:00 (UTC+00:00)"),
    ],
)
def test_a_moment_is_said_by_the_clocks_of_the_place(zone: str, language: str, said: str) -> None:
    assert said_at(NOW, zone, language) == said  # type: ignore[arg-type]


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [said_at(first + more, "Europe/Berlin", "en")[-18:] for more in (timedelta(), HOUR)] == [
        " 02:30 (UTC+02:00)", " 02:30 (UTC+01:00)",
    ]  # fmt: skip


class TestWhatTakesGuests:
    @pytest.mark.parametrize("status", ["published", "postponed"])
    def test_until_it_is_over(self, status: str) -> None:
        policy.takes_guests(status, None, NOW + HOUR, NOW)  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            policy.takes_guests(status, None, NOW, NOW)  # type: ignore[arg-type]

    def test_from_when_it_opens(self) -> None:
        policy.takes_guests("published", NOW, NOW + HOUR, NOW)
        with pytest.raises(Conflict):
            policy.takes_guests("published", NOW + HOUR, NOW + 2 * HOUR, NOW)
