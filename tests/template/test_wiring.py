"""Who calls whom: always the alias, each stream one reader, nobody past the authorizers."""

import json
from typing import Any

import pytest

from functions.image_worker.handler import LAST_DELIVERY
from mundotango.commands.model import COMMAND_LIFE
from mundotango.commands.service import SETTLES
from mundotango.reactions.model import REACTION_KINDS
from operations import config_env
from operations.expansion import expand, of_env
from operations.templates import references

Functions = dict[str, dict[str, Any]]
Resources = dict[str, dict[str, Any]]


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def test_every_function_has_the_alias(template: dict[str, Any], functions: Functions) -> None:
    assert template["Globals"]["Function"]["AutoPublishAlias"] == "live"
    for name, function in functions.items():
        assert function["AutoPublishAliasAllProperties"] is True, name
        assert "AutoPublishAlias" not in function, name


def test_whatever_calls_a_function_calls_its_alias(resources: Resources, functions: Functions) -> None:
    """A canary shifts the alias: what calls the function itself would be on the new code at once."""
    allowed = {"AWS::CloudFormation::Stack"}  # the alarms' names of functions
    for name, resource in resources.items():
        if resource["Type"] in allowed:
            continue
        for reference in references(resource["Properties"]):
            function, _, attribute = reference.partition(".")
            if function in functions:
                assert attribute in {"Alias", "Version"}, f"{name} refers to {reference}"
    callers = {
        **of_type(resources, "AWS::ApiGatewayV2::Integration"),
        **of_type(resources, "AWS::Lambda::Permission"),
        "TicketAuthorizer": resources["TicketAuthorizer"]["Properties"],
        "Migration": resources["Migration"]["Properties"],
    }
    for name, properties in callers.items():
        assert any(reference.endswith("Function.Alias") for reference in references(properties)), name


def test_each_stream_has_exactly_one_reading_function(resources: Resources, functions: Functions) -> None:
    readers: dict[str, list[str]] = {}
    for name, function in functions.items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "DynamoDB":
                condition, stream, told = event["Properties"]["Stream"]["Fn::If"]
                assert condition == "OwnsTables", name
                (stream,) = references(stream)
                assert told == {"Ref": stream.replace("Table.StreamArn", "Stream")}, name
                readers.setdefault(stream.removesuffix(".StreamArn"), []).append(name)
    assert readers == {
        "ActivitiesTable": ["PushFunction"],
        "CommandsTable": ["EffectsFunction", "EffectsFunction"],  # each command goes to one of the two
        "CountersTable": ["PushFunction"],
        "MediaTable": ["PushFunction"],
        "ReactionsTable": ["CountersFunction"],
    }


def test_every_table_can_get_a_replica_in_place(resources: Resources) -> None:
    """A second replica needs this stream, and its view cannot be changed once there are two."""
    for name, table in of_type(resources, "AWS::DynamoDB::GlobalTable").items():
        assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}, name


def test_a_poison_record_ends_in_the_dead_letters(functions: Functions) -> None:
    for name, function in functions.items():
        for event in function.get("Events", {}).values():
            properties = event["Properties"]
            if event["Type"] == "DynamoDB":
                assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
                assert properties["BisectBatchOnFunctionError"]
                assert (properties["MaximumRetryAttempts"] == -1) == (name == "CountersFunction")
                assert list(references(properties["DestinationConfig"])) == ["StreamDeadLetters.Arn"]
            elif event["Type"] == "ScheduleV2":
                assert list(references(properties["DeadLetterConfig"])) == ["ScheduleDeadLetters.Arn"]
            else:
                assert event["Type"] == "SQS"
                assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_mail_is_tried_for_as_long_as_its_command_is_there(resources: Resources) -> None:
    for name in ("MailQueue", "MailDeadLetters"):
        assert resources[name]["Properties"]["MessageRetentionPeriod"] == COMMAND_LIFE.total_seconds()


@pytest.mark.parametrize("name", ["Activities", "Media"])
def test_what_is_announced_is_tried_for_half_a_day_and_can_be_read_for_another(functions: Functions, name: str) -> None:
    stream = functions["PushFunction"]["Events"][name]["Properties"]
    assert (stream["MaximumRetryAttempts"], stream["MaximumRecordAgeInSeconds"]) == (1000, 12 * 3600)


def test_who_tells_and_replays_totals_is_there_before_counters_leave_it_to_them(resources: Resources) -> None:
    """Else nobody would tell what is counted while the others are still being replaced."""
    assert resources["CountersFunction"]["DependsOn"] == ["PushFunctionCounts", "WsConnectFunctionAliaslive"]
    assert "Counts" in resources["PushFunction"]["Properties"]["Events"]


def test_a_channel_keeps_its_order(resources: Resources, functions: Functions) -> None:
    """More batches of a shard at once would keep the order of an item, which here is one activity or one reaction."""
    for function in functions.values():
        for event in function.get("Events", {}).values():
            assert "ParallelizationFactor" not in event["Properties"]
    queue = resources["ChunkQueue"]["Properties"]
    assert queue["FifoQueue"] is resources["ChunkDeadLetters"]["Properties"]["FifoQueue"] is True
    # Without these two the queue would take 300 calls a second in all, and of one activity one shard only.
    assert (queue["DeduplicationScope"], queue["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")


@pytest.mark.parametrize("env", config_env.names())
def test_chunks_are_put_where_they_are_looked_for(env: str) -> None:
    """Phase 1 has audiences that need no queue, and to look into one costs more than its sockets."""
    (root, *_) = of_env(config_env.load(env))
    push = root.resources["PushFunction"]["Properties"]
    wanted = env != "phase1"

    assert push["Events"]["Chunks"]["Properties"]["Enabled"] is wanted
    assert ("CHUNKS_QUEUE" in push["Environment"]["Variables"]) is wanted
    assert push["VersionDescription"].split()[-1] == ("on" if wanted else "off")  # or the alias would not follow


def test_the_worker_knows_which_delivery_is_the_last(resources: Resources) -> None:
    assert resources["UploadQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == LAST_DELIVERY


def test_a_run_that_fails_ends_in_the_dead_letters(functions: Functions) -> None:
    scheduled = [f for f in functions.values() if any(e["Type"] == "ScheduleV2" for e in f.get("Events", {}).values())]
    assert scheduled
    for function in scheduled:
        given_up = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]
        assert list(references(given_up)) == ["ScheduleDeadLetters.Arn"]


@pytest.mark.parametrize(("region", "home"), [("us-east-1", True), ("eu-west-1", False)])
def test_streams_wake_nobody_for_nothing(region: str, *, home: bool) -> None:
    """A record of another region wakes who delivers to sockets here, closes them or deletes copies of pictures, and
    nobody else; one from before there were regions is home's. What goes has no new image, so none with a region."""
    patterns = patterns_at(region, home=home)
    written = {"eventName": ["INSERT", "MODIFY"]}  # not their expiry

    assert patterns["Activities"] == [{"eventName": ["INSERT"]}]  # not their expiry
    of_posts, told_once = {"S": [{"prefix": "post#"}]}, {"tb": {"B": [{"exists": True}]}}
    assert patterns["Counts"] == [{"dynamodb": {"Keys": {"target": of_posts}, "NewImage": told_once}}]
    answers = {"kind": {"S": ["edge_forget"]}, "region": {"S": [region]}}
    forgotten = (answers, {"kind": {"S": ["media_delete"]}})
    assert patterns["Deletions"] == [written | {"dynamodb": {"NewImage": image}} for image in forgotten]
    others = {"kind": {"S": [{"anything-but": ["edge_forget", "media_delete"]}]}}
    everywhere = {"kind": {"S": ["close_sockets"]}}
    told = {"status": {"S": ["received", "ready", "failed"]}}
    # What appears and changes, and of what goes only reactions: not views, which expire.
    lowers = {"kind": {"S": list(REACTION_KINDS)}}
    own = {"region": {"S": [region]}}
    expected: dict[str, list[dict[str, Any]]] = {
        "Commands": [written | {"dynamodb": {"NewImage": image}} for image in (others | own, everywhere)],
        "Media": [{"dynamodb": {"NewImage": told | own}}],
        "Reactions": [written | {"dynamodb": {"NewImage": own}}, {"dynamodb": {"OldImage": lowers | own}}],
    }
    if home:
        before = {"region": {"S": [{"exists": False}]}}
        expected["Commands"].append(written | {"dynamodb": {"NewImage": others | before}})
        expected["Media"].append({"dynamodb": {"NewImage": told | before}})
        expected["Reactions"].append(written | {"dynamodb": {"NewImage": before}})
        expected["Reactions"].append({"dynamodb": {"OldImage": lowers | before}})
    for name, these in expected.items():
        assert patterns[name] == these, name
        assert len(these) <= 5  # of one stream, unless AWS is asked for more


def patterns_at(region: str, *, home: bool) -> dict[str, list[dict[str, Any]]]:
    root = expand({"IsHome": "true" if home else "false"}, region=region)[0]
    return {
        name: [json.loads(one["Pattern"]) for one in event["Properties"]["FilterCriteria"]["Filters"]]
        for resource in root.resources.values()
        if resource["Type"] == "AWS::Serverless::Function"
        for name, event in resource["Properties"].get("Events", {}).items()
        if event["Type"] == "DynamoDB"
    }


def test_the_two_anonymous_kinds_of_path(resources: Resources) -> None:
    routes = {
        p["RouteKey"]: p.get("AuthorizationType", "NONE")
        for p in of_type(resources, "AWS::ApiGatewayV2::Route").values()
    }
    assert routes == {
        "ANY /api/{proxy+}": "JWT",
        "ANY /api/public/{proxy+}": "NONE",
        "ANY /api/public/guests": "NONE",
        "ANY /api/link/{proxy+}": "NONE",
        "$connect": "CUSTOM",
        "$disconnect": "NONE",
        "$default": "NONE",
    }
    assert resources["PrivateRoute"]["Properties"]["AuthorizerId"] == {"Ref": "TokenAuthorizer"}


def test_handshake_needs_ticket_and_origin(resources: Resources) -> None:
    sources = resources["TicketAuthorizer"]["Properties"]["IdentitySource"]
    assert sources == ["route.request.querystring.ticket", "route.request.header.Origin"]


def test_both_apis_are_throttled_by_parameter(resources: Resources) -> None:
    for stage in of_type(resources, "AWS::ApiGatewayV2::Stage").values():
        assert stage["DefaultRouteSettings"] == {
            "ThrottlingRateLimit": {"Ref": "ThrottleRate"},
            "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"},
        }
    # Where a path can be guessed at, and where anybody has mails sent.
    own = {"ThrottlingRateLimit": {"Ref": "LinkThrottleRate"}, "ThrottlingBurstLimit": {"Ref": "LinkThrottleBurst"}}
    routes = resources["ApiStage"]["Properties"]["RouteSettings"]
    assert routes == {"ANY /api/link/{proxy+}": own, "ANY /api/public/guests": own}


def test_who_uses_the_database_waits_for_its_schema(resources: Resources, functions: Functions) -> None:
    users = {
        name
        for name, function in functions.items()
        if "DATABASE_HOST" in function["Environment"]["Variables"] and name != "MigrateFunction"
    }
    assert users == {"ApiFunction", "JobsFunction"}
    for name in users:
        told = functions[name]["Environment"]["Variables"].values()
        waits = {
            reference.split(".")[0] for reference in references([functions[name]["VersionDescription"], list(told)])
        }
        assert "Migration" in waits, name


def test_master_secret_is_resolved_only_for_a_database_of_ours(resources: Resources) -> None:
    secret = resources["Migration"]["Properties"]["MasterSecret"]["Fn::If"]
    assert secret[0] == "OwnsMaster"
    assert secret[1] == {"Fn::Sub": "{{resolve:secretsmanager:${Database.Outputs.MasterSecret}}}"}
    assert secret[2] == {"Ref": "AWS::NoValue"}


def test_only_uploads_are_notified(resources: Resources) -> None:
    (one,) = resources["UploadsBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert one["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]
    (statement,) = resources["UploadQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith("${AWS::StackName}-uploadsbucket-*")


def test_the_edge_is_given_what_it_proves_itself_by(resources: Resources, nested: dict[str, Any]) -> None:
    given = resources["EdgeStack"]["Properties"]["Parameters"]
    assert given["OriginSecret"] == {"Fn::GetAtt": ["Migration", "OriginSecret"]}
    assert nested["edge/template.yaml"]["Parameters"]["OriginSecret"]["NoEcho"] is True


def test_the_edge_is_told_when_caches_and_readers_have_caught_up(template: dict[str, Any]) -> None:
    assert template["Parameters"]["EdgeSettles"]["Default"] == SETTLES.total_seconds()


def test_the_lines_of_traced_requests_go_where_a_way_to_x_ray_is(
    resources: Resources, functions: Functions, statements: dict[str, list[dict[str, Any]]]
) -> None:
    asking, letting = resources["TracedRequests"], resources["TracedRequestsPermission"]
    assert asking["Condition"] == letting["Condition"] == "Traces"
    told = asking["Properties"]
    assert told["LogGroupName"] == {"Ref": "ApiLog"}
    assert told["FilterPattern"] == '{ $.trace_id = "1-*" }'
    assert told["DestinationArn"] == letting["Properties"]["FunctionName"] == {"Ref": "EffectsFunction.Alias"}
    assert letting["Properties"]["SourceArn"] == {"Fn::GetAtt": ["ApiLog", "Arn"]}
    assert "VpcConfig" not in functions["EffectsFunction"]
    allowed = {role for role, granted in statements.items() for one in granted if "xray" in str(one["Action"])}
    assert allowed == {"EffectsRole"}
    # Lambda's own tracing picks by itself, and at few requests nearly all.
    assert not [name for name, function in functions.items() if "Tracing" in function]
