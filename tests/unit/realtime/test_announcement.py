from dataclasses import replace

import pytest

from mundotango.media.model import Media
from mundotango.realtime.announcement import picture_outcome
from tests.factories.media import measures_of, pending_media
from tests.fakes.clock import FakeClock


@pytest.fixture
def pending() -> Media:
    return pending_media()


def ready(media: Media) -> Media:
    return replace(media, status="ready", measures=measures_of(media.media_id))


class TestPictureOutcome:
    def test_ready_is_told_to_the_owner_with_what_they_can_show(self, pending: Media, clock: FakeClock) -> None:
        activity = picture_outcome(pending, ready(pending), clock)

        assert activity is not None
        assert (activity.kind, activity.channel) == ("media.ready", f"user:{pending.owner_id}")
        assert activity.payload["id"] == str(pending.media_id)
        assert activity.payload["variants"][0]["url"].startswith("/media/")
        assert pending.secret not in str(activity.payload)

    def test_failed_says_why(self, pending: Media, clock: FakeClock) -> None:
        activity = picture_outcome(pending, replace(pending, status="failed", reason="This file is empty."), clock)

        assert activity is not None
        assert (activity.kind, activity.payload["reason"]) == ("media.failed", "This file is empty.")

    def test_a_replay_has_the_same_id_and_another_outcome_another(self, pending: Media, clock: FakeClock) -> None:
        outcomes = [ready(pending), ready(pending), replace(pending, status="failed", reason="")]
        activities = [picture_outcome(pending, outcome, clock) for outcome in outcomes]
        known = [activity.id for activity in activities if activity is not None]

        assert known[0] == known[1] != known[2]

    def test_nothing_is_told_of_what_settles_nothing(self, pending: Media, clock: FakeClock) -> None:
        assert picture_outcome(None, pending, clock) is None
        assert picture_outcome(ready(pending), ready(pending), clock) is None
        assert picture_outcome(ready(pending), None, clock) is None
