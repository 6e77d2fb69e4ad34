from dataclasses import replace

import pytest

from mundotango.media.model import Media
from mundotango.realtime.announcement import picture_progress
from tests.factories.media import measures_of, pending_media
from tests.fakes.clock import FakeClock


@pytest.fixture
def pending() -> Media:
    return pending_media()


def ready(media: Media) -> Media:
    return replace(media, status="ready", measures=measures_of(media.media_id))


class TestPictureProgress:
    def test_received_is_told_before_anything_is_known(self, pending: Media, clock: FakeClock) -> None:
        activity = picture_progress(pending, replace(pending, status="received"), clock)

        assert activity is not None
        assert (activity.kind, activity.payload["status"]) == ("media.received", "received")
        assert (activity.payload["width"], activity.payload["variants"]) == (None, [])

    def test_each_step_is_told_once(self, pending: Media, clock: FakeClock) -> None:
        received = replace(pending, status="received")
        steps = [(None, pending), (pending, received), (received, received), (received, ready(received))]
        told = [picture_progress(before, after, clock) for before, after in steps]

        assert [activity and activity.kind for activity in told] == [None, "media.received", None, "media.ready"]

    def test_ready_is_told_to_the_owner_with_what_they_can_show(self, pending: Media, clock: FakeClock) -> None:
        activity = picture_progress(pending, ready(pending), clock)

        assert activity is not None
        assert (activity.kind, activity.channel) == ("media.ready", f"user:{pending.owner_id}")
        assert activity.payload["id"] == str(pending.media_id)
        assert activity.payload["variants"][0]["url"].startswith("/media/")
        assert pending.secret not in str(activity.payload)

    def test_failed_says_why(self, pending: Media, clock: FakeClock) -> None:
        activity = picture_progress(pending, replace(pending, status="failed", reason="This file is empty."), clock)

        assert activity is not None
        assert (activity.kind, activity.payload["reason"]) == ("media.failed", "This file is empty.")

    def test_a_replay_has_the_same_id_and_another_outcome_another(self, pending: Media, clock: FakeClock) -> None:
        received, failed = replace(pending, status="received"), replace(pending, status="failed", reason="")
        activities = [picture_progress(pending, step, clock) for step in (received, ready(pending), failed)]
        again = [picture_progress(pending, step, clock) for step in (received, ready(pending), failed)]

        assert [each and each.id for each in activities] == [each and each.id for each in again]
        assert len({each.id for each in activities if each is not None}) == 3

    def test_nothing_is_told_of_what_settles_nothing(self, pending: Media, clock: FakeClock) -> None:
        assert picture_progress(None, pending, clock) is None
        assert picture_progress(ready(pending), ready(pending), clock) is None
        assert picture_progress(ready(pending), None, clock) is None
