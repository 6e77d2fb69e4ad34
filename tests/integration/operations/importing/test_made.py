"""What `mundo events import` makes, once however often, over a real database."""

import json
import threading
from typing import Any

import pytest

from functions.jobs import handler
from mundotango import cache_keys, settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.events import service as making
from mundotango.events.service import edit_event, get_own_event
from mundotango.imports import batches, service
from mundotango.imports.packing import packed
from mundotango.users.model import User
from operations import importing
from operations.refusal import Refusal
from tests.factories.imports import Functions, milongas
from tests.factories.people import make_event
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities
from tests.integration.operations.importing.desk import NOTHING, Desk, counted, own

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


def test_a_dry_run_says_what_would_be_and_changes_nothing(desk: Desk, platform: Platform) -> None:
    desk.bring({}, {"title": "Otra", "ends_at": "2026-12-04T21:00"}, {"title": "Tercera"})

    looked = desk.run()

    assert looked.exit_code == 1
    assert "2 would be created, 0 there already, 1 refused\nnothing was changed" in looked.output
    assert counted(platform) == NOTHING


def test_events_are_made_once_however_often(
    desk: Desk, platform: Platform, clock: FakeClock, organiser: User, activities: FakeActivities
) -> None:
    desk.bring({"tags": "vals;noche", "price": "0"}, {"title": "Otra", "rule": "FREQ=WEEKLY;COUNT=3"})
    assert "2 would be created, 0 there already, 0 refused" in desk.run().output

    made = desk.run("--apply")

    assert made.exit_code == 0
    assert "2 created, 0 there already, 0 refused\n" in made.output
    assert counted(platform) == {"events": 2, "occurrences": 4, "venues": 1, "outbox": 0}
    assert activities.appended == []
    first = {dated.event.texts[0].title: dated for dated in own(platform, clock, organiser)}["Milonga Malena"]
    assert (first.event.status, first.event.kind, first.event.tags) == ("published", "milonga", ("vals", "noche"))
    assert (first.venue.name, first.venue.city) == ("Salón Canning", "Buenos Aires")
    assert first.event.starts.isoformat() == "2026-12-04T22:00:00"

    again = desk.run("--apply")
    assert again.exit_code == 0
    assert "0 created, 2 there already, 0 refused\n" in again.output
    assert "0 would be created, 2 there already, 0 refused\n" in desk.run().output
    assert counted(platform)["events"] == 2


def test_hundreds_go_in_batches_and_are_there_again(desk: Desk, platform: Platform, functions: Functions) -> None:
    desk.bring(*milongas(250))

    assert "250 created, 0 there already, 0 refused\n" in desk.run("--apply").output

    assert [len(call["candidates"]) for call in functions.calls] == [100, 100, 50]
    assert counted(platform) == {"events": 250, "occurrences": 225 + 25 * 40, "venues": 20, "outbox": 0}
    assert "0 created, 250 there already, 0 refused\n" in desk.run("--apply").output


def test_a_run_that_was_killed_goes_on_where_it_was(desk: Desk, platform: Platform, functions: Functions) -> None:
    desk.bring(*milongas(250, weekly_each=0))

    def killed(_sent: dict[str, Any]) -> None:
        if len(functions.calls) == 2:
            raise KeyboardInterrupt

    functions.before = killed
    ended = desk.run("--apply")
    assert isinstance(ended.exception, Refusal)
    assert "stopped after 100 of 250 events; run this again" in str(ended.exception)
    assert counted(platform)["events"] == 100

    functions.before = lambda _sent: None
    assert "150 created, 100 there already, 0 refused\n" in desk.run("--apply").output


def test_a_function_that_is_killed_within_a_batch_has_made_whole_events(
    desk: Desk, platform: Platform, clock: FakeClock, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bring(*milongas(30))
    platform.cache.set(cache_keys.events_key("buenos aires"), "old", 60)
    add, calls = making.create_event, []

    def dies(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 12:
            raise SystemExit
        return add(*arguments, **named)

    candidates = [packed(each) for each in importing.read(desk.file).candidates]
    sent = {"job": "import_events", "organiser": "la_viruta", "apply": True, "candidates": candidates}
    with monkeypatch.context() as patched:
        patched.setattr(making, "create_event", dies)
        with pytest.raises(SystemExit):
            handler.lambda_handler(sent, Functions())
    assert counted(platform)["events"] == 11
    assert platform.cache.get(cache_keys.events_key("buenos aires")) is None

    assert "19 created, 11 there already, 0 refused\n" in desk.run("--apply").output


def test_a_batch_that_has_no_time_goes_on_in_the_next_call(desk: Desk, functions: Functions) -> None:
    desk.bring({}, {"title": "Otra"}, {"title": "Tercera"})
    functions.seconds_left = handler.MARGIN_SECONDS + batches.STEP_SECONDS - 1

    assert "3 created, 0 there already, 0 refused\n" in desk.run("--apply").output

    assert [call.get("after") for call in functions.calls] == [None, 1, 2]


def test_two_at_once_make_each_event_once(
    desk: Desk,
    platform: Platform,
    clock: FakeClock,
    organiser: User,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second begins each event before the first has committed it."""
    desk.bring({}, {"title": "Otra"}, {"title": "Otra", "venue_name": "La Viruta"})
    other = Platform()
    other.database = Database(database_settings, "eu-west-1", password=lambda: "trusted")
    other.clock, other.cache, other.media = clock, platform.cache, platform.media
    batch = batches.Batch("la_viruta", importing.read(desk.file).candidates, service.Usual(), "published", apply=True)
    both = threading.Barrier(2, timeout=20)
    fates: list[list[str]] = []
    alike = service._alike

    def alike_to_both(*arguments: Any, **named: Any) -> Any:
        found = alike(*arguments, **named)
        both.wait()
        return found

    monkeypatch.setattr(service, "_alike", alike_to_both)

    def run(at: Platform) -> None:
        answer: Any = batches.import_batch(at, batch, lambda: 300.0, 0)
        fates.append([each["fate"] for each in answer["outcomes"]])

    threads = [threading.Thread(target=run, args=(each,)) for each in (platform, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.database.close()

    assert sorted(sorted(pair) for pair in zip(*fates, strict=True)) == [["created", "there"]] * 3
    assert counted(platform) == {"events": 3, "occurrences": 3, "venues": 2, "outbox": 0}


def test_the_lists_of_their_cities_are_outdated_and_no_others(desk: Desk, platform: Platform) -> None:
    keys = [cache_keys.events_key(city) for city in ("buenos aires", "rosario", None)]
    for key in keys:
        platform.cache.set(key, "old", 60)
    desk.bring({})

    desk.run()
    desk.run("--apply", "--drafts")
    assert [platform.cache.get(key) for key in keys] == ["old"] * 3

    desk.bring({"title": "Otra"})
    desk.run("--apply")
    assert [platform.cache.get(key) for key in keys] == [None, "old", None]


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


def test_batches_are_bounded_by_their_size(desk: Desk, functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGEST_BATCH", 2000)
    desk.bring({}, {"title": "Otra", "description": "x" * 1000}, {"title": "Tercera", "description": "x" * 3000})

    shown = desk.run("--apply").output

    assert [len(call["candidates"]) for call in functions.calls] == [2]
    assert len(json.dumps(functions.calls[0]["candidates"])) > 1400
    assert "2 created, 0 there already, 1 refused\n" in shown
    assert "it says more than can be sent at once" in shown
