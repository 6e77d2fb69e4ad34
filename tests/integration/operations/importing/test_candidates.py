"""Which events a file means, whose they are, and by what they are known to be there already."""

import pytest

from mundotango.bootstrap import Platform
from mundotango.events.service import edit_event, get_own_event
from mundotango.moderation.service import suspend
from mundotango.users.model import User
from operations.house_rules import ROOT
from operations.refusal import Refusal
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities
from tests.integration.operations.importing.desk import Desk, counted, own

SERIES = """\
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1@viruta.example
SUMMARY:Milonga de los viernes
LOCATION:Salón Canning\\, Buenos Aires
DTSTART;TZID=America/Argentina/Buenos_Aires:20261204T220000
DTEND;TZID=America/Argentina/Buenos_Aires:20261205T040000
RRULE:FREQ=WEEKLY;COUNT=5
END:VEVENT
BEGIN:VEVENT
UID:1@viruta.example
RECURRENCE-ID;TZID=America/Argentina/Buenos_Aires:20261225T220000
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""


def test_the_example_of_the_documents_is_one(desk: Desk, platform: Platform) -> None:
    desk.file = ROOT / "docs" / "milongas.csv"
    assert "3 would be created, 0 there already, 0 refused\n" in desk.run().output
    assert "3 created, 0 there already, 0 refused\n" in desk.run("--apply").output
    assert counted(platform)["venues"] == 2


def test_drafts_are_their_organisers_to_publish(
    desk: Desk, platform: Platform, clock: FakeClock, organiser: User
) -> None:
    desk.bring({})
    assert "1 created" in desk.run("--apply", "--drafts").output
    (dated,) = own(platform, clock, organiser)
    assert dated.event.status == "draft"


def test_a_calendar_is_known_by_its_uids(
    desk: Desk, platform: Platform, clock: FakeClock, organiser: User, activities: FakeActivities
) -> None:
    desk.file = desk.file.with_name("calendar.txt")
    desk.file.write_text(SERIES, encoding="utf-8")
    assert "LOCATION is no venue that is known here" in desk.run().output

    with platform.unit_of_work() as work:
        venue = make_event(work, clock, organiser.id, venue_name="Salón Canning").venue
    activities.appended.clear()
    assert "1 created, 0 there already, 0 refused\n" in desk.run("--apply").output
    dated = next(each for each in own(platform, clock, organiser) if each.event.repeats)
    assert dated.venue == venue
    with platform.database.transaction() as connection:
        found = connection.execute(
            "SELECT status FROM occurrences WHERE event_id = %s ORDER BY starts_at", (dated.event.id,)
        ).fetchall()
    assert [status for (status,) in found] == ["published"] * 3 + ["cancelled", "published"]
    assert activities.appended == []

    desk.file.write_text(SERIES.replace("T220000", "T213000"), encoding="utf-8")
    assert "0 created, 1 there already, 0 refused\n" in desk.run("--apply").output


def test_what_its_organiser_changed_since_stays_and_is_there_already(
    desk: Desk, platform: Platform, clock: FakeClock, organiser: User
) -> None:
    desk.bring({})
    desk.run("--apply")
    (dated,) = own(platform, clock, organiser)
    with platform.unit_of_work() as work:
        edit_event(
            work,
            event_id=dated.event.id,
            editor_id=organiser.id,
            version=dated.event.version,
            changes={"title": "Malena, la nueva"},
            measures={},
            clock=clock,
        )

    assert "0 created, 1 there already, 0 refused\n" in desk.run("--apply").output

    with platform.unit_of_work() as work:
        kept = get_own_event(work, dated.event.id, organiser.id, clock)
    assert kept.event.texts[0].title == "Malena, la nueva"


def test_what_was_announced_by_hand_is_there_already_but_not_elsewhere(
    desk: Desk, platform: Platform, clock: FakeClock, organiser: User
) -> None:
    desk.bring({})
    desk.run("--apply")
    (dated,) = own(platform, clock, organiser)
    with platform.unit_of_work() as work:
        make_event(
            work,
            clock,
            organiser.id,
            title="A mano",
            venue_id=dated.venue.id,
            starts_at=dated.occurrence.starts_at,
            ends_at=dated.occurrence.ends_at,
        )
    desk.bring({"title": "A mano"}, {"title": "A mano", "venue_name": "La Viruta"})
    assert "1 created, 1 there already, 0 refused\n" in desk.run("--apply").output


def test_what_the_file_does_not_say_the_operator_does(desk: Desk, platform: Platform) -> None:
    desk.file.write_text("title,starts_at,ends_at,venue_name\nNoche,2026-12-04 22:00,2026-12-05 04:00,Canning\n")
    assert "kind must be given" in desk.run().output
    desk.bring({})
    desk.run("--apply")
    with platform.unit_of_work() as work:
        (venue,) = work.venues.list_named("Salón Canning")
    desk.file.write_text("title,starts_at,ends_at,venue_name\nNoche,2026-12-04 22:00,2026-12-05 04:00,Canning\n")
    shown = desk.run("--apply", "--kind", "class", "--zone", venue.zone, "--venue", str(venue.id))
    assert "1 created, 0 there already, 0 refused\n" in shown.output


@pytest.mark.parametrize("handle", ["nobody", "Señora", "", "gone"])
def test_whoever_may_not_announce_events_has_none_imported(
    desk: Desk, platform: Platform, clock: FakeClock, handle: str
) -> None:
    with platform.unit_of_work() as work:
        moderator = make_user(work, clock)
        make_user(work, clock, handle="gone")
        suspend(work, moderator.id, "gone", "spam", clock)
    before = counted(platform)
    desk.bring({})

    ended = desk.run("--apply", "--organiser", handle)

    assert isinstance(ended.exception, Refusal)
    assert "nobody has this handle who may announce events" in str(ended.exception)
    assert counted(platform) == before
