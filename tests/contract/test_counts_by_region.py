"""Counts of several regions, each written by its own, in one table as a replica has them once all has arrived."""

from copy import replace
from datetime import UTC, datetime

import pytest

from bench.write_meter import UNIT, size_of
from mundotango import ids, settings
from mundotango.reactions.counters import DynamoCounters
from mundotango.reactions.model import (
    ENDED,
    TOTALS,
    Claim,
    Contents,
    Count,
    CountChange,
    Pass,
    Standing,
    Told,
    Totals,
    bucket_key,
    bucket_keys,
    counted_keys,
    zeros,
)
from mundotango.reactions.repository import changes_from_record
from mundotango.reactions.service import total, totals
from tests.fixtures.aws import REGION, table_name

AT = datetime(2026, 11, 20, 22, 30, 0, 123456, tzinfo=UTC)


def change(adds: Totals, before: str | None, guard: str, *, mark: str | None = None) -> CountChange:
    return CountChange(adds, before, guard, AT, counted_at=AT, mark=mark)


@pytest.mark.usefixtures("aws")
def test_a_region_that_is_not_the_first_counts_in_a_row_of_its_own() -> None:
    """Who reads has the sum of both regions by one call."""
    both = (REGION.name, "eu-west-1")
    first = DynamoCounters(table_name("counters"), REGION)
    other = DynamoCounters(table_name("counters"), settings.Region("eu-west-1", "", REGION.name, both))
    post = ids.new_id()
    one, two = bucket_key(post, 3), bucket_key(post, 12)
    other._row, other._pass = first._row, first._pass
    claim = Claim(Told(), ids.new_id(), AT)

    assert first.apply(post, {one: change({"like": 2}, None, "0009")})
    assert other.apply(post, {one: change({"like": 1, "views": 3}, None, "0004", mark="mark")})
    assert other.apply(post, {two: change({"love": 1}, None, "0005")})
    assert not other.apply(post, {two: change({"love": 1}, None, "0006")})
    assert other.claim(post, claim) is not None

    here, there = Count({"like": 2}, "0009", AT), Count({"like": 1, "views": 3}, "0004", AT, "mark")
    assert first.counts([one, two]) == {one: here}
    assert other.counts([one, two]) == {one: there, two: Count({"love": 1}, "0005", AT)}
    assert other.everywhere([one]) == {one: {REGION.name: here, "eu-west-1": there}}
    both_counts = {one: {REGION.name: here, "eu-west-1": there}, two: {"eu-west-1": Count({"love": 1}, "0005", AT)}}
    owed, told = {REGION.name: Told(owed=True)}, {"eu-west-1": Told(claim.by, AT)}
    assert first.standing([post]) == {post: Standing(REGION.name, {one: {REGION.name: here}}, owed)}
    assert other.standing([post]) == {post: Standing("eu-west-1", both_counts, owed | told)}
    assert first.list_counted(None, None, 100)[0] == {one: here}
    assert other.list_counted(AT, None, 100)[0] == other.counts([one, two])
    assert other.correct(two, Count({"love": 1}, "0005"), Contents(dict.fromkeys(TOTALS, 0) | {"bravo": 1}, "", AT))
    assert other.counts([two]) == {two: Count({"bravo": 1}, "0005", AT)}
    other.keep_pass(Pass(AT))
    assert first.last_pass() is None


def test_totals_are_summed_over_regions_and_end_with_the_first() -> None:
    post = ids.new_id()
    key = bucket_key(post, 3)
    there = Count({"like": 2}, "0001")

    assert total({key: {"us-east-1": Count({"like": -1}, "0007"), "eu-west-1": there}}, post)["like"] == 1
    assert total({key: {"us-east-1": Count(guard=ENDED), "eu-west-1": there}}, post) == zeros()


@pytest.mark.usefixtures("aws")
def test_what_was_written_before_there_were_regions_is_the_firsts() -> None:
    """Rows without a region are counted where the platform began, into the counts that were there, and nowhere else."""
    counters = DynamoCounters(table_name("counters"), replace(REGION, regions=(REGION.name, "eu-west-1")))
    post = ids.new_id()
    key = bucket_key(post, 3)
    row = {"3l": {"N": "4"}, "3g": {"S": "0001"}}
    counters._row._get_connection().put_item(f"post#{post}", attributes=row)
    record = {
        "SequenceNumber": "7",
        "Keys": {"target": {"S": key}, "user_id": {"S": str(post)}},
        "OldImage": {"target": {"S": key}, "user_id": {"S": str(post)}, "kind": {"S": "like"}},
    }

    assert totals(counters, [post])[post]["like"] == 4
    assert counters.apply(post, {key: change({"like": -1}, "0001", "0002")})
    assert totals(counters, [post])[post]["like"] == 3
    elsewhere = replace(REGION, name="eu-west-1", home=REGION.name)
    assert [change.before for change in changes_from_record(record, REGION)] == ["like"]
    assert [change.before for change in changes_from_record(record, elsewhere)] == [None]


@pytest.mark.usefixtures("aws")
def test_a_row_of_all_buckets_stays_within_a_write_unit() -> None:
    """Where each bucket has had two kinds, the usual, and each lane has seen it, with the claim and as long a number as
    streams have."""
    region = replace(REGION, regions=(REGION.name, "eu-central-1"))
    counters = DynamoCounters(table_name("counters"), replace(region, name="eu-central-1", home=REGION.name))
    counters._row = DynamoCounters(table_name("counters"), REGION)._row
    post = ids.new_id()
    changes = {key: change({"like": 12, "love": 3}, None, "8" * 26) for key in bucket_keys(post)}
    seen = set(counted_keys(post)) - changes.keys()
    changes |= {key: replace(change({"views": 250}, None, "8" * 26), through=None) for key in seen}

    assert counters.apply(post, changes, Claim(Told(), ids.new_id(), AT)) is not None

    row = counters._row._get_connection().get_item(f"post#{post}@eu-central-1")["Item"]
    assert size_of(row) < UNIT
