"""Somebody asks for their data: what is in the archive, and what becomes of one that cannot be made."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from functions.jobs import handler as jobs
from mundotango import ids
from mundotango.exports.making import LEAST_SECONDS, run_exports
from mundotango.exports.model import Export, export_key
from mundotango.exports.policy import ATTEMPTS, EXPORT_LIFE, LEASE, ONE_IN, PAUSE, ROW_LIFE
from mundotango.exports.service import ask_export
from mundotango.privacy.registry import STORES
from mundotango.realtime.model import user_channel
from tests.factories.outbox import ample
from tests.factories.traces_of_events import insert
from tests.integration.privacy.conftest import Place, Stage

SECOND = timedelta(seconds=1)


def ask(stage: Stage) -> Export:
    with stage.platform.unit_of_work() as work:
        return ask_export(work, stage.ana.id, stage.clock)


def latest(stage: Stage) -> Export:
    with stage.platform.unit_of_work() as work:
        found = work.exports.find_latest(stage.ana.id)
    assert found is not None
    return found


def archive(stage: Stage, export: Export) -> zipfile.ZipFile:
    data = stage.platform.objects.find("uploads", export_key(export))
    assert data is not None
    return zipfile.ZipFile(io.BytesIO(data))


def told(stage: Stage) -> list[tuple[str, dict[str, Any]]]:
    appended = stage.platform.activities.since(user_channel(stage.ana.id), "0", 99)
    return [(one.activity.kind, one.activity.payload) for one in appended if one.activity.kind.startswith("export.")]


def test_everything_of_theirs_is_in_it_and_their_pictures(place: Place) -> None:
    export = ask(place)

    assert place.run("run_exports") == {"job": "run_exports", "done": True, "made": 1, "failed": 0}

    packed = archive(place, export)
    assert packed.testzip() is None
    files = {name for store in STORES for name, _ in store.files}
    pictures = {name for name in packed.namelist() if name.startswith("pictures/")}
    assert set(packed.namelist()) == files | pictures | {"README.txt"}
    read = {name: json.loads(packed.read(name)) for name in files}
    assert [name for name, rows in read.items() if not rows] == []
    marked = {name for name in files if place.ana.marker in packed.read(name).decode()}
    assert marked == {
        "profile.json", "former_handles.json", "posts.json", "post_versions.json", "post_media.json",
        "post_media_details.json", "drafts.json", "comments.json", "events.json", "event_texts.json",
        "occurrences.json", "event_media.json", "event_versions.json", "registrations.json", "reports.json",
        "messages.json", "message_media.json",
    }  # fmt: skip
    assert {packed.read(name) for name in pictures} == {place.ana.marker.encode()}
    assert f"pictures/{place.ana.media_id}.jpeg" in pictures
    assert read["reactions.json"] == [
        {"post_id": str(place.bruno.post_id), "kind": "like", "at": place.clock.now().isoformat()}
    ]


def test_nothing_of_others_is_in_it(place: Place) -> None:
    export = ask(place)
    place.run("run_exports")
    packed = archive(place, export)

    for name in packed.namelist():
        text = packed.read(name).decode("latin-1")
        # Whom one mentioned is in what one wrote, as one wrote it.
        if name not in {"posts.json", "post_versions.json", "comments.json"}:
            assert place.bruno.marker not in text, name
    # Neither who blocked them, nor which moderator decided, nor what opens an archive.
    blocks = json.loads(packed.read("blocks.json"))
    assert [(row["blocker_id"], row["blocked_id"]) for row in blocks] == [(str(place.ana.id), str(place.bruno.id))]
    assert not {"moderator_id", "report_id"} & json.loads(packed.read("audit.json"))[0].keys()
    assert "token_hash" not in json.loads(packed.read("exports.json"))[0]
    assert all("secret" not in row for row in json.loads(packed.read("media.json")))


def test_without_an_original_the_largest_variant_is_packed(place: Place) -> None:
    export = ask(place)
    place.platform.objects.delete("uploads", f"originals/{place.ana.media_id}")

    place.run("run_exports")

    assert f"pictures/{place.ana.media_id}.webp" in archive(place, export).namelist()


def test_more_rows_than_a_page_come_each_once(stage: Stage) -> None:
    with stage.platform.database.transaction() as connection:
        for _ in range(450):
            insert(
                connection, "drafts", id=ids.new_id(), user_id=stage.ana.id, content="{}", updated_at=stage.clock.now()
            )
    export = ask(stage)

    stage.run("run_exports")

    rows = json.loads(archive(stage, export).read("drafts.json"))
    assert len({row["id"] for row in rows}) == len(rows) == 450


def test_its_owner_is_told_once_and_no_token_is_written_anywhere(stage: Stage) -> None:
    export = ask(stage)

    for _ in range(2):
        stage.run("run_exports")

    assert told(stage) == [("export.ready", {"id": str(export.id), "path": "/api/users/me/export"})]
    assert latest(stage).state == "ready"
    assert latest(stage).expires_at == stage.clock.now() + EXPORT_LIFE


def test_one_that_fails_is_tried_again_and_in_the_end_told_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    export = ask(stage)

    def broken(*_: Any) -> None:
        raise OSError("the picture cannot be read")

    monkeypatch.setattr(stage.platform.objects, "find", broken)
    for attempt in range(1, ATTEMPTS + 1):
        assert latest(stage).state == "waiting"
        with pytest.raises(jobs.JobFailed, match="run_exports"):
            stage.run("run_exports")
        assert latest(stage).attempts == attempt
        assert stage.run("run_exports")["made"] == 0
        stage.clock.advance(PAUSE)

    assert latest(stage).state == "failed"
    assert told(stage) == [("export.failed", {"id": str(export.id), "path": "/api/users/me/export"})]
    assert stage.platform.objects.list_keys("uploads", f"exports/{stage.ana.id}/{export.id}", 9) == []
    ask(stage)


class Killed(BaseException):
    pass


def test_a_run_that_was_killed_is_taken_up_when_its_lease_ends(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(stage)
    for _ in range(ATTEMPTS):
        with monkeypatch.context() as broken:
            broken.setattr(stage.platform.media, "of_owner", killed)
            with pytest.raises(Killed):
                stage.run("run_exports")
        assert stage.run("run_exports")["made"] == 0
        stage.clock.advance(LEASE)

    with pytest.raises(jobs.JobFailed):
        stage.run("run_exports")
    assert [kind for kind, _ in told(stage)] == ["export.failed"]


def killed(*_: Any, **__: Any) -> None:
    raise Killed


def test_one_that_was_killed_once_is_made_by_the_next(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    export = ask(stage)
    with monkeypatch.context() as broken:
        broken.setattr(stage.platform.media, "of_owner", killed)
        with pytest.raises(Killed):
            stage.run("run_exports")
    stage.clock.advance(LEASE)

    assert stage.run("run_exports")["made"] == 1

    assert archive(stage, export).testzip() is None


def test_runs_that_overlap_do_not_make_the_same(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(stage)
    objects = stage.platform.objects
    writing, meanwhile = objects.writing, []

    @contextmanager
    def slow(*where: Any, **how: Any) -> Iterator[Any]:
        meanwhile.append(run_exports(stage.platform, ample))
        with writing(*where, **how) as out:
            yield out

    monkeypatch.setattr(objects, "writing", slow)

    assert stage.run("run_exports")["made"] == 1
    assert meanwhile == [{"done": True, "made": 0, "failed": 0}]


def test_one_that_takes_too_long_ends_in_order(stage: Stage) -> None:
    ask(stage)
    left = iter([300.0, 300.0, 5.0])

    outcome = run_exports(stage.platform, lambda: next(left, LEAST_SECONDS))

    assert outcome == {"done": False, "made": 0, "failed": 1}
    assert latest(stage).state == "waiting"
    stage.clock.advance(PAUSE)
    assert stage.run("run_exports")["made"] == 1


def test_who_left_meanwhile_leaves_no_archive(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(stage)
    find = stage.platform.objects.find

    def leaving(*where: Any) -> bytes | None:
        with stage.platform.database.transaction() as connection:
            connection.execute("DELETE FROM exports WHERE user_id = %s", (stage.ana.id,))
        return find(*where)

    monkeypatch.setattr(stage.platform.objects, "find", leaving)

    stage.run("run_exports")

    assert stage.platform.objects.list_keys("uploads", f"exports/{stage.ana.id}/", 9) == []


def test_an_archive_ends_after_a_week_and_its_row_after_a_month(stage: Stage) -> None:
    ask(stage)
    stage.run("run_exports")
    stage.clock.advance(EXPORT_LIFE)

    stage.run("run_exports")
    assert latest(stage).state == "expired"

    stage.clock.advance(ROW_LIFE - EXPORT_LIFE + SECOND)
    stage.run("run_exports")
    with stage.platform.unit_of_work() as work:
        found = work.exports.find_latest(stage.ana.id)
    assert found is None


def test_a_run_with_little_time_begins_none(stage: Stage) -> None:
    assert run_exports(stage.platform, lambda: LEAST_SECONDS) == {"done": False, "made": 0, "failed": 0}


def test_another_may_be_asked_for_a_day_after_the_last(stage: Stage) -> None:
    ask(stage)
    stage.run("run_exports")
    stage.clock.advance(ONE_IN)

    assert ask(stage).state == "waiting"
