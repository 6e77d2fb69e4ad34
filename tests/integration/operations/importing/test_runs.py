"""What a run makes, once however often it is cut off, repeated or done twice at a time, and what it leaves alone."""

import json
import threading
from typing import Any

import pytest

from functions.jobs import handler
from mundotango import cache_keys, settings
from mundotango.adapters.postgres import Database
from mundotango.bootstrap import Platform
from mundotango.events import service as making
from mundotango.imports import batches, service
from mundotango.imports.packing import packed
from mundotango.users.model import User
from operations import importing
from operations.refusal import Refusal
from tests.factories.imports import Functions, milongas
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities
from tests.integration.operations.importing.desk import NOTHING, Desk, counted, own


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


def test_batches_are_bounded_by_their_size(desk: Desk, functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGEST_BATCH", 2000)
    desk.bring({}, {"title": "Otra", "description": "x" * 1000}, {"title": "Tercera", "description": "x" * 3000})

    shown = desk.run("--apply").output

    assert [len(call["candidates"]) for call in functions.calls] == [2]
    assert len(json.dumps(functions.calls[0]["candidates"])) > 1400
    assert "2 created, 0 there already, 1 refused\n" in shown
    assert "it says more than can be sent at once" in shown


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


def test_what_fails_is_refused_by_itself_and_logged(
    desk: Desk, platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.bring({}, {"title": "Breaks"}, {"title": "Tercera"})
    said_of = service.said_of

    def breaks(work: Any, candidate: Any, *arguments: Any) -> Any:
        if candidate.title == "Breaks":
            raise ZeroDivisionError
        return said_of(work, candidate, *arguments)

    monkeypatch.setattr(service, "said_of", breaks)
    shown = desk.run("--apply")

    assert "2 created, 0 there already, 1 refused\n" in shown.output
    assert "the log of JobsFunction says why" in shown.output
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["not imported"]


def test_the_log_has_no_words_of_the_file(desk: Desk, functions: Functions, caplog: pytest.LogCaptureFixture) -> None:
    desk.bring({"zone": "Secret/Zone"}, {"title": "Otra"})
    desk.run("--apply")
    logged = json.dumps([vars(record) for record in caplog.records], default=str)
    assert '"job": "import_events"' in logged
    assert "Secret" not in logged
    assert "refused" not in logged
