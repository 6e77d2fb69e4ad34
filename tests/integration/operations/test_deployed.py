"""What operators do to a deployed stack, over moto's."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

from mundotango import settings
from mundotango.ids import new_id
from operations import erasures, moderators, rebuild
from operations.deployed import Deployed
from operations.moving import Move, Step
from operations.refusal import Refusal
from operations.scale.aurora import KeptInParameter

REGION = settings.Region("us-east-1", "")
STACK = "mundo-tango"
EMAIL = "ana@example.org"


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


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield made_in(REGION.name)


def made_in(region: str) -> Deployed:
    """A stack of that region, and the pool that it knows of, which is home's."""
    session = boto3.Session(region_name=region)
    cognito = session.client("cognito-idp", region_name=REGION.name)
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    cognito.create_group(UserPoolId=pool, GroupName=moderators.GROUP)
    template = TEMPLATE | {"Outputs": {"UserPoolId": {"Value": pool}}}
    session.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    return Deployed(session, STACK)


def sign_up(deployed: Deployed, *, confirmed: bool = True) -> str:
    pool = deployed.outputs["UserPoolId"]
    attributes = [AttributeTypeTypeDef(Name="email", Value=EMAIL)]
    user = deployed.cognito.admin_create_user(UserPoolId=pool, Username="ana", UserAttributes=attributes)
    if confirmed:
        deployed.cognito.admin_set_user_password(
            UserPoolId=pool, Username="ana", Password="Abrazo-1926", Permanent=True
        )
    return user["User"]["Username"]


def test_a_moderator_is_made_where_the_pool_is(deployed: Deployed) -> None:
    away = made_in("eu-west-1")
    username = sign_up(away)

    assert moderators.grant(away, EMAIL) == moderators.Granted(username, already=False)


def test_grant_makes_a_moderator_and_again_says_so(deployed: Deployed) -> None:
    username = sign_up(deployed)

    assert moderators.grant(deployed, EMAIL) == moderators.Granted(username, already=False)
    assert moderators.grant(deployed, EMAIL) == moderators.Granted(username, already=True)

    members = deployed.cognito.list_users_in_group(
        UserPoolId=deployed.outputs["UserPoolId"], GroupName=moderators.GROUP
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


def test_a_replay_after_a_restore_writes_though_nobody_else_may(deployed: Deployed, jobs: Stubber) -> None:
    asked = json.dumps({"job": "replay_erasures", "while_stopped": True})
    expected = {"FunctionName": "jobs", "Qualifier": "live", "Payload": asked}
    answered = answer({"done": True, "replayed": 2, "found": 1})
    jobs.add_response("invoke", {"StatusCode": 200, "Payload": answered}, expected)
    # A move that is over, and one that was never begun, hinder nobody.
    KeptInParameter(deployed).save(Move(Step.RESUMED, old="old", new="new"))

    assert erasures.replay(deployed, while_stopped=True).found == 1


@pytest.mark.parametrize("step", [Step.NOTHING, Step.STOPPED, Step.SWITCHED])
def test_nothing_is_written_amid_a_move(deployed: Deployed, jobs: Stubber, step: Step) -> None:
    KeptInParameter(deployed).save(Move(step, old="old", new="new"))

    for run in (erasures.replay, rebuild.edges, rebuild.counters):
        with pytest.raises(Refusal, match="is being moved"):
            run(deployed, while_stopped=True)


def test_a_job_that_paused_says_how_to_go_on(deployed: Deployed, jobs: Stubber) -> None:
    jobs.add_response("invoke", {"StatusCode": 200, "Payload": answer({"paused": True, "done": False})})

    with pytest.raises(Refusal, match="--while-stopped"):
        erasures.replay(deployed)


def test_a_job_that_failed_is_said_with_its_reason(deployed: Deployed, jobs: Stubber) -> None:
    failed = {"errorMessage": "the database is away", "errorType": "Unavailable"}
    jobs.add_response("invoke", {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": answer(failed)})

    with pytest.raises(Refusal, match="JobsFunction failed: the database is away"):
        rebuild.edges(deployed)


def test_recounting_goes_on_and_again_until_every_bucket_stood_still(deployed: Deployed, jobs: Stubber) -> None:
    after = {"table": "reactions", "key": None}
    whole = {"job": "recount", "all": True}
    pages: list[tuple[dict[str, object], dict[str, object]]] = [
        (whole, {"done": False, "corrected": 3, "unsettled": 1, "after": after}),
        (whole | {"after": after}, {"done": True, "corrected": 0, "unsettled": 0}),
        (whole, {"done": True, "corrected": 1, "unsettled": 0}),
    ]
    for asked, answered in pages:
        expected = {"FunctionName": "jobs", "Qualifier": "live", "Payload": json.dumps(asked)}
        jobs.add_response("invoke", {"StatusCode": 200, "Payload": answer(answered)}, expected)

    assert rebuild.counters(deployed) == 4
    jobs.assert_no_pending_responses()


def test_recounting_gives_up_when_buckets_never_stand_still(deployed: Deployed, jobs: Stubber) -> None:
    for _ in range(rebuild.PASSES):
        restless = {"done": True, "corrected": 0, "unsettled": 2}
        jobs.add_response("invoke", {"StatusCode": 200, "Payload": answer(restless)})

    with pytest.raises(Refusal, match="some totals still differ"):
        rebuild.counters(deployed)
