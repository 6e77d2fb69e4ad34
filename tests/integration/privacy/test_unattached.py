"""Pictures that nothing shows a week after they became ready are deleted by night."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from functions.jobs.handler import JobFailed
from mundotango.attachments.sweep import DAYS_LOOKED_AT, STEP_SECONDS, sweep_media
from mundotango.drafts.service import delete_draft, keep_draft
from mundotango.media.model import Media, Purpose
from mundotango.media.policy import review_day
from mundotango.media.service import finish_upload
from mundotango.posts.service import delete_post
from mundotango.users.service import update_profile
from tests.factories.media import compressed_from, measures_of, pending_media
from tests.factories.outbox import fail
from tests.factories.people import make_event, make_post
from tests.factories.uploads import World
from tests.fakes.commands import FakeCommands
from tests.fakes.media import FakeMedia
from tests.integration.privacy.conftest import Stage

DAY = timedelta(days=1)
NOTHING = {"removed": 0, "kept": 0, "drafted": 0, "failed": 0, "forgotten": 0}


def uploaded(stage: Stage, purpose: Purpose = "post") -> UUID:
    row = pending_media(owner_id=stage.ana.id, purpose=purpose, created_at=stage.clock.now())
    stage.platform.media.add(row)
    becomes_ready(stage, row)
    return row.media_id


def becomes_ready(stage: Stage, row: Media) -> None:
    stage.platform.media.mark_ready(row.media_id, measures_of(row.media_id), review_day(stage.clock.now()))


def drafted(stage: Stage, media_id: UUID) -> UUID:
    with stage.platform.unit_of_work() as work:
        return keep_draft(work, stage.ana.id, {"media": [{"id": str(media_id), "alt": ""}]}, stage.clock).id


def posted(stage: Stage, media_id: UUID) -> UUID:
    platform = stage.platform
    with platform.unit_of_work() as work:
        return make_post(work, stage.clock, stage.ana.id, media=[(media_id, "")], media_repo=platform.media).id


def announced(stage: Stage, media_id: UUID) -> None:
    platform = stage.platform
    with platform.unit_of_work() as work:
        make_event(work, stage.clock, stage.ana.id, media=[(media_id, "")], media_repo=platform.media)


def sweep(stage: Stage) -> dict[str, object]:
    outcome = stage.run("sweep_media")
    assert outcome.pop("job") == "sweep_media"
    assert outcome.pop("done") is True
    return outcome


def deletions(stage: Stage) -> dict[UUID, bool]:
    assert isinstance(stage.platform.commands, FakeCommands)
    return {
        UUID(one.payload["media_id"]): one.payload["seen"]
        for one in stage.platform.commands.rows.values()
        if one.kind == "media_delete"
    }


def test_what_is_in_no_use_goes_after_a_whole_week(stage: Stage) -> None:
    media_id = uploaded(stage)
    for _ in range(8):  # the day of review has to be over
        assert sweep(stage) == NOTHING
        stage.clock.advance(DAY)

    assert sweep(stage) == NOTHING | {"removed": 1}

    assert stage.platform.media.find(media_id) is None
    assert deletions(stage) == {media_id: True}  # its owner may have looked at it
    stage.clock.advance(2 * DAY)
    assert sweep(stage) == NOTHING | {"forgotten": 1}


def test_what_is_shown_stays_and_is_not_looked_at_again(stage: Stage) -> None:
    avatar, cover, pictured = uploaded(stage, "avatar"), uploaded(stage, "cover"), uploaded(stage)
    of_event = uploaded(stage, "event")
    with stage.platform.unit_of_work() as work:
        chosen = {"avatar_id": avatar, "cover_id": cover}
        update_profile(work, stage.platform.media, stage.ana.id, chosen, expected_version=None, clock=stage.clock)
    posted(stage, pictured)
    announced(stage, of_event)
    stage.clock.advance(8 * DAY)

    assert sweep(stage) == NOTHING | {"kept": 4}

    assert sweep(stage) == NOTHING
    assert all(stage.platform.media.find(media_id) for media_id in (avatar, cover, pictured, of_event))
    assert deletions(stage) == {}


def test_what_only_a_draft_names_is_looked_at_each_week(stage: Stage) -> None:
    media_id = uploaded(stage)
    draft_id = drafted(stage, media_id)
    for _ in range(3):
        stage.clock.advance(8 * DAY)
        assert sweep(stage) == NOTHING | {"drafted": 1}
        assert sweep(stage) == NOTHING

    with stage.platform.unit_of_work() as work:
        delete_draft(work, draft_id, stage.ana.id)
    stage.clock.advance(8 * DAY)

    assert sweep(stage) == NOTHING | {"removed": 1}
    assert deletions(stage) == {media_id: True}


def test_what_a_post_leaves_to_a_draft_is_found_once_the_draft_is_gone(stage: Stage) -> None:
    media_id = uploaded(stage)
    post_id, draft_id = posted(stage, media_id), drafted(stage, media_id)
    stage.clock.advance(8 * DAY)
    assert sweep(stage) == NOTHING | {"kept": 1}
    with stage.platform.unit_of_work() as work:
        delete_post(work, post_id, stage.ana.id, stage.clock)
        delete_draft(work, draft_id, stage.ana.id)
    stage.clock.advance(8 * DAY)

    assert sweep(stage) == NOTHING | {"removed": 1}
    assert deletions(stage) == {media_id: True}


def test_the_edge_is_told_of_what_was_shown_for_a_part_of_its_first_day(stage: Stage) -> None:
    media_id = uploaded(stage)
    post_id, draft_id = posted(stage, media_id), drafted(stage, media_id)
    with stage.platform.unit_of_work() as work:
        delete_post(work, post_id, stage.ana.id, stage.clock)
        delete_draft(work, draft_id, stage.ana.id)
    stage.clock.advance(8 * DAY)

    assert sweep(stage) == NOTHING | {"removed": 1}
    assert deletions(stage) == {media_id: True}


def test_one_that_fails_holds_up_no_other_and_is_met_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [uploaded(stage) for _ in range(3)]
    shown = sorted(pictures)[1]
    posted(stage, shown)
    stage.clock.advance(8 * DAY)
    with monkeypatch.context() as broken:
        fail(stage.platform.media, "keep", broken)
        with pytest.raises(JobFailed, match="sweep_media: 1 failed"):
            stage.run("sweep_media")
    assert deletions(stage).keys() == set(pictures) - {shown}
    stage.clock.advance((DAYS_LOOKED_AT - 9) * DAY)

    assert sweep(stage)["kept"] == 1


def test_a_run_whose_time_is_up_says_so_and_the_next_goes_on(stage: Stage) -> None:
    pictures = {uploaded(stage) for _ in range(4)}
    stage.clock.advance(8 * DAY)
    left = iter([300.0, 300.0, STEP_SECONDS - 1])

    outcome = sweep_media(stage.platform, lambda: next(left))

    assert outcome == {"done": False, "removed": 2, "kept": 0, "drafted": 0, "failed": 0}
    assert sweep(stage) == NOTHING | {"removed": 2}
    assert deletions(stage).keys() == pictures


def test_more_than_a_page_is_swept_in_one_run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mundotango.attachments.sweep.PAGE", 2)
    pictures = {uploaded(stage) for _ in range(5)}
    stage.clock.advance(8 * DAY)

    assert sweep(stage) == NOTHING | {"removed": 5}
    assert deletions(stage).keys() == pictures


def test_an_entry_of_the_index_whose_row_is_gone_is_passed_by(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    media_id = uploaded(stage)
    stage.clock.advance(8 * DAY)

    def lagging(*_: Any) -> dict[UUID, object]:
        return {}

    monkeypatch.setattr(stage.platform.media, "find_many", lagging)

    assert sweep(stage) == NOTHING
    assert stage.platform.media.find(media_id) is not None


def test_pictures_of_somebody_without_a_profile_are_swept_too(stage: Stage) -> None:
    row = pending_media()
    stage.platform.media.add(row)
    becomes_ready(stage, row)
    stage.clock.advance(8 * DAY)

    assert sweep(stage) == NOTHING | {"removed": 1}


def test_one_that_becomes_ready_late_has_a_week_from_then(stage: Stage) -> None:
    """Its upload waited in the dead letters, and was sent to the worker again two weeks later."""
    world = World(owner_id=stage.ana.id, created_at=stage.clock.now())
    world.media = cast(FakeMedia, stage.platform.media)
    world.media.add(world.row)
    for _ in range(2):
        stage.clock.advance(7 * DAY)
        assert sweep(stage) == NOTHING

    finish_upload(world.media, world.objects, compressed_from, world.row.media_id, stage.clock)

    stage.clock.advance(7 * DAY)
    assert sweep(stage) == NOTHING
    assert world.now.status == "ready"
    stage.clock.advance(DAY)
    assert sweep(stage) == NOTHING | {"removed": 1}
