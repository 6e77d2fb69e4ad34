"""What operators do to a deployed stack, over moto's."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

from mundotango import settings
from mundotango.ids import new_id
from mundotango.reactions.model import CountChange, Reaction, bucket_key, bucket_of
from mundotango.reactions.repository import DynamoCounters, DynamoReactions
from operations import erasures, moderators, rebuild
from operations.deployed import Deployed
from operations.refusal import Refusal

REGION = settings.Region("us-east-1", "")
STACK = "mundo-tango"
EMAIL = "ana@example.org"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def key(name: str, kind: str) -> dict[str, str]:
    return {"AttributeName": name, "KeyType": kind}


def table(*keys: str) -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
            "KeySchema": [key(name, kind) for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        },
    }


TEMPLATE = {
    "Resources": {
        "ReactionsTable": table("target", "user_id"),
        "CountersTable": table("target"),
    }
}


@dataclass(frozen=True)
class WithPool(Deployed):
    """moto's CloudFormation makes no user pools: this one was made beside the stack."""

    pool: str = ""

    def physical_id(self, logical_id: str) -> str:
        return self.pool if logical_id == "UserPool" else super().physical_id(logical_id)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        session = boto3.Session(region_name=REGION.name)
        session.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
        cognito = session.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
        cognito.create_group(UserPoolId=pool, GroupName=moderators.GROUP)
        yield WithPool(session, STACK, pool=pool)


def sign_up(deployed: Deployed, *, confirmed: bool = True) -> str:
    pool = deployed.physical_id("UserPool")
    attributes = [AttributeTypeTypeDef(Name="email", Value=EMAIL)]
    user = deployed.cognito.admin_create_user(UserPoolId=pool, Username="ana", UserAttributes=attributes)
    if confirmed:
        deployed.cognito.admin_set_user_password(
            UserPoolId=pool, Username="ana", Password="Abrazo-1926", Permanent=True
        )
    return user["User"]["Username"]


def test_grant_makes_a_moderator_and_again_says_so(deployed: Deployed) -> None:
    username = sign_up(deployed)

    assert moderators.grant(deployed, EMAIL) == moderators.Granted(username, already=False)
    assert moderators.grant(deployed, EMAIL) == moderators.Granted(username, already=True)

    members = deployed.cognito.list_users_in_group(
        UserPoolId=deployed.physical_id("UserPool"), GroupName=moderators.GROUP
    )["Users"]
    assert [member["Username"] for member in members] == [username]


def test_grant_refuses_who_has_not_confirmed_the_address(deployed: Deployed) -> None:
    with pytest.raises(Refusal, match=f"nobody has signed up as {EMAIL}"):
        moderators.grant(deployed, EMAIL)
    sign_up(deployed, confirmed=False)
    with pytest.raises(Refusal, match="has not confirmed"):
        moderators.grant(deployed, EMAIL)


def test_a_stack_or_part_that_is_not_there_is_said(deployed: Deployed) -> None:
    with pytest.raises(Refusal, match="has no JobsFunction; deploy this version"):
        deployed.physical_id("JobsFunction")
    with pytest.raises(Refusal, match="looking for CountersTable in the stack nowhere"):
        Deployed(deployed.session, "nowhere").physical_id("CountersTable")


class Likes:
    """Likes of one post, with the function that counts them under the test's control."""

    def __init__(self, deployed: Deployed) -> None:
        self.reactions = DynamoReactions(deployed.physical_id("ReactionsTable"), REGION)
        self.counters = DynamoCounters(deployed.physical_id("CountersTable"), REGION)
        self.post = new_id()

    def like(self, moment: datetime = NOON) -> UUID:
        person = new_id()
        self.reactions.put(self.post, Reaction(person, "like", moment))
        return person

    def bucket(self, person: UUID) -> str:
        return bucket_key(self.post, bucket_of(person))

    def count(self, bucket: str, likes: int, before: str | None, guard: str) -> bool:
        return self.counters.apply(bucket, CountChange(likes, before, guard, NOON))


@pytest.fixture
def likes(deployed: Deployed) -> Likes:
    return Likes(deployed)


def recount(deployed: Deployed, sleep: Any = lambda _seconds: None) -> int:
    return rebuild.counters(deployed, settling=1, sleep=sleep)


def test_recount_corrects_what_was_lost_and_what_was_counted_twice(deployed: Deployed, likes: Likes) -> None:
    lost, twice = likes.bucket(likes.like(NOON + timedelta(hours=1))), likes.bucket(new_id())
    while twice == lost:
        twice = likes.bucket(new_id())
    likes.count(twice, 2, None, "7")

    assert recount(deployed) == 2

    counts = likes.counters.counts([lost, twice], fresh=True)
    assert counts[lost].likes == 1
    assert counts[lost].through == NOON + timedelta(hours=1)
    assert (counts[twice].likes, counts[twice].guard, counts[twice].through) == (0, "7", NOON)
    assert recount(deployed) == 0


def test_recount_leaves_a_bucket_from_which_counting_can_go_on(deployed: Deployed, likes: Likes) -> None:
    bucket = likes.bucket(likes.like())
    recount(deployed)

    assert likes.count(bucket, 1, likes.counters.counts([bucket], fresh=True)[bucket].guard, "8")
    assert likes.counters.counts([bucket], fresh=True)[bucket].likes == 2


def test_recount_waits_for_what_is_still_on_its_way(deployed: Deployed, likes: Likes) -> None:
    bucket = likes.bucket(likes.like())

    def arrive(_seconds: float) -> None:
        likes.count(bucket, 1, None, "9")

    assert recount(deployed, sleep=arrive) == 0
    assert likes.counters.counts([bucket], fresh=True)[bucket].likes == 1


def test_recount_does_not_write_over_what_was_counted_meanwhile(
    deployed: Deployed, likes: Likes, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = likes.bucket(likes.like())
    drifts = iter([{rebuild.Drift(bucket, 0, 1, None, None)}] * 2)
    real = rebuild.find_drift

    def stale(*arguments: Any) -> set[rebuild.Drift]:
        return next(drifts, None) or real(*arguments)

    monkeypatch.setattr(rebuild, "find_drift", stale)
    likes.count(bucket, 1, None, "9")

    assert recount(deployed) == 0
    assert likes.counters.counts([bucket], fresh=True)[bucket].likes == 1


def test_recount_looks_twice_because_the_two_tables_are_not_read_in_one_instant(
    deployed: Deployed, likes: Likes, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = likes.bucket(likes.like())
    likes.count(bucket, 1, None, "9")
    # The reactions were read before the like, the totals after it was counted.
    torn = iter([{rebuild.Drift(bucket, 1, 0, "9", None)}])
    real = rebuild.find_drift
    monkeypatch.setattr(rebuild, "find_drift", lambda *tables: next(torn, None) or real(*tables))

    assert recount(deployed) == 0
    assert likes.counters.counts([bucket], fresh=True)[bucket].likes == 1


def test_recount_gives_up_when_totals_never_settle(deployed: Deployed, likes: Likes) -> None:
    likes.like()

    def like_on(_seconds: float) -> None:
        likes.like()
        likes.like()

    with pytest.raises(Refusal, match="some totals still differ"):
        recount(deployed, sleep=like_on)


@pytest.fixture
def jobs(deployed: Deployed) -> Iterator[Stubber]:
    deployed.__dict__["physical_id"] = lambda _logical_id: "jobs"
    with Stubber(deployed.functions) as stub:
        yield stub


def answer(payload: object) -> StreamingBody:
    raw = json.dumps(payload).encode()
    return StreamingBody(io.BytesIO(raw), len(raw))


def test_rebuilding_edges_goes_on_where_the_last_call_ended(deployed: Deployed, jobs: Stubber) -> None:
    after = str(new_id())
    pages: list[tuple[dict[str, str], dict[str, object]]] = [
        ({"job": "rebuild_edges"}, {"done": False, "corrected": 12, "after": after}),
        ({"job": "rebuild_edges", "after": after}, {"done": True, "corrected": 1}),
    ]
    for asked, answered in pages:
        expected = {"FunctionName": "jobs", "Qualifier": "live", "Payload": json.dumps(asked)}
        jobs.add_response("invoke", {"StatusCode": 200, "Payload": answer(answered)}, expected)

    assert rebuild.edges(deployed) == 13
    jobs.assert_no_pending_responses()


def test_a_replay_of_erasures_adds_up_its_calls(deployed: Deployed, jobs: Stubber) -> None:
    after = str(new_id())
    pages: list[tuple[dict[str, str], dict[str, object]]] = [
        ({"job": "replay_erasures"}, {"done": False, "replayed": 3, "found": 1, "after": after}),
        ({"job": "replay_erasures", "after": after}, {"done": True, "replayed": 2, "found": 0}),
    ]
    for asked, answered in pages:
        expected = {"FunctionName": "jobs", "Qualifier": "live", "Payload": json.dumps(asked)}
        jobs.add_response("invoke", {"StatusCode": 200, "Payload": answer(answered)}, expected)

    assert erasures.replay(deployed) == erasures.Replayed(noted=5, found=1)
    jobs.assert_no_pending_responses()


def test_a_job_that_failed_is_said_with_its_reason(deployed: Deployed, jobs: Stubber) -> None:
    failed = {"errorMessage": "the database is away", "errorType": "Unavailable"}
    jobs.add_response("invoke", {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": answer(failed)})

    with pytest.raises(Refusal, match="JobsFunction failed: the database is away"):
        rebuild.edges(deployed)
