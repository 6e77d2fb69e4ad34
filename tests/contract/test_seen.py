"""What somebody saw in a day, in pages, as DynamoDB has it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bench.write_meter import UNIT, size_of
from mundotango import ids, settings
from mundotango.adapters.dynamodb import bind
from mundotango.errors import Unavailable
from mundotango.reactions.model import bucket_key, bucket_of
from mundotango.reactions.policy import FULL, MOST_VIEWS
from mundotango.reactions.repository import DynamoEngagements, ReactionRow, changes_from_record
from tests.fixtures.aws import REGION, rows, stream_records, table_name

AT = datetime(2026, 11, 20, 22, 30, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.usefixtures("aws")
class TestPages:
    engagements: DynamoEngagements

    @pytest.fixture(autouse=True)
    def _of_dynamodb(self, aws: settings.Region) -> None:
        self.engagements = DynamoEngagements(table_name("reactions"), aws)

    def test_reports_of_a_page_of_the_feed_are_a_write_unit_each(self) -> None:
        viewer = ids.new_id()
        for _ in range(3):
            for posts in (FULL - 1, 20):
                self.engagements.view([ids.new_id() for _ in range(posts)], viewer, AT)

        assert [len(row["posts"]["SS"]) for row in rows("reactions")] == [FULL + 19] * 3
        assert max(size_of(row) for row in rows("reactions")) <= UNIT

    def test_the_largest_reports_stay_below_two(self) -> None:
        viewer = ids.new_id()
        for posts in (FULL - 1, MOST_VIEWS):
            self.engagements.view([ids.new_id() for _ in range(posts)], viewer, AT)

        (row,) = rows("reactions")
        assert size_of(row) < 2 * UNIT

    def test_what_is_known_writes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        post_ids, viewer = [ids.new_id() for _ in range(FULL + 2)], ids.new_id()
        self.engagements.view(post_ids, viewer, AT)
        monkeypatch.setattr(DynamoEngagements, "_add", None)

        self.engagements.view(post_ids[1:], viewer, AT + MINUTE)

    def test_a_report_that_waited_while_its_page_became_full_looks_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another of the same posts was late too, and stands on the next page."""
        viewer, seen = ids.new_id(), [ids.new_id() for _ in range(3)]
        look, looked = DynamoEngagements._pages, list[bool]()

        def slow(engagements: DynamoEngagements, lane: str, day: str, *, as_of_now: bool) -> dict[int, set[UUID]]:
            found = look(engagements, lane, day, as_of_now=as_of_now)
            looked.append(as_of_now)
            if len(looked) == 1:
                engagements.view([ids.new_id() for _ in range(FULL)], viewer, AT)
                engagements.view(seen, viewer, AT)
            return found

        monkeypatch.setattr(DynamoEngagements, "_pages", slow)
        self.engagements.view(seen, viewer, AT)

        assert [len(row["posts"]["SS"]) for row in rows("reactions")] == [FULL, len(seen)]
        assert looked == [False, False, False, True]

    def test_who_is_refused_again_and_again_is_told_to_try_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DynamoEngagements, "_add", lambda *_: False)

        with pytest.raises(Unavailable):
            self.engagements.view([ids.new_id()], ids.new_id(), AT)


@pytest.mark.usefixtures("aws")
def test_a_view_that_the_version_before_wrote_counts_as_ever() -> None:
    """A row of its own for each, which old code still writes beside new."""
    row = bind(ReactionRow, table_name("reactions"), REGION)
    post_id, viewer = ids.new_id(), ids.new_id()
    key = bucket_key(post_id, bucket_of(viewer))
    row(key, f"view#2026-11-20#{viewer}", kind="view", expires_at=AT).save()
    row(key, f"view#2026-11-20#{viewer}").delete()

    first, second = (changes_from_record(record["dynamodb"], REGION)[0] for record in stream_records("reactions"))
    assert (first.bucket, first.before, first.after) == (key, None, "views")
    assert (second.before, second.after) == (None, None)
