"""One template in several regions: what each stack makes, what it is told of the others, and what it may touch."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from operations import config_env, parameters
from operations.expansion import ACCOUNT, Template, expand
from operations.templates import ROOT, references

HOME, SECOND, THIRD = "us-east-1", "eu-west-1", "sa-east-1"
ALIKE = {"Regions": f"{HOME},{SECOND},{THIRD}", "HomeRegion": HOME}
AT_HOME = ALIKE | {"SecondRegion": SECOND, "ThirdRegion": THIRD}
COPYING = AT_HOME | {
    "SecondUploadsBucket": "second-uploads",
    "SecondMediaBucket": "second-media",
    "ThirdUploadsBucket": "third-uploads",
    "ThirdMediaBucket": "third-media",
}
TOLD = {
    f"{table}Stream": f"arn:aws:dynamodb:{SECOND}:{ACCOUNT}:table/mundo-tango-{table.lower()}/stream/2026"
    for table in ("Reactions", "Media", "Activities", "Commands", "Counters")
} | {"HomeUserPoolId": f"{HOME}_Pool", "HomeUserPoolClientId": "client"}
AWAY = (
    ALIKE
    | TOLD
    | {
        "IsHome": "false",
        "HomeUploadsBucket": "home-uploads",
        "OriginSecretSha256": "0" * 64,
        "SesIdentity": f"arn:aws:ses:{HOME}:{ACCOUNT}:identity/example.org",
        "SesFrom": "a@example.org",
        "VapidKeyParameter": "/mundo/key",
    }
)
PROMOTED = AWAY | {"IsHome": "true", "HomeRegion": SECOND, "SesIdentity": "", "SesFrom": ""}
AGAIN = PROMOTED | {"InboxStands": "true"}
OF_EACH_REGION = {"ConnectionsTable", "TicketsTable", "IdempotencyTable"}
SHARED = {
    "ReactionsTable", "CountersTable", "MediaTable", "ActivitiesTable", "EdgesTable", "CommandsTable", "ErasuresTable",
}  # fmt: skip
AT_HOME_ALONE = {"NotificationsTable"}
PLACES: dict[str, tuple[dict[str, str], str]] = {
    "alone": ({}, HOME),
    "home": (AT_HOME, HOME),
    "home that copies": (COPYING, HOME),
    "away": (AWAY, SECOND),
    "promoted": (PROMOTED, SECOND),
    "promoted again": (AGAIN, SECOND),
}
ENVS = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
PLACES_ON_AWS = [name for name, env in ENVS.items() if isinstance(env, dict) and name != "local"]
# What SAM gives beside a resource's own attributes.
OF_SAM = {"Alias", "Version"}


@cache
def root(place: str) -> Template:
    given, region = PLACES[place]
    return expand(given, region=region)[0]


def named(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {n: one["Properties"] for n, one in template.resources.items() if one["Type"] == kind}


def tables(place: str) -> dict[str, dict[str, Any]]:
    return named(root(place), "AWS::DynamoDB::GlobalTable")


def schedules(place: str) -> Iterator[tuple[str, str]]:
    for function in named(root(place), "AWS::Serverless::Function").values():
        for name, event in function.get("Events", {}).items():
            if event["Type"] == "ScheduleV2":
                yield name, event["Properties"].get("State", "ENABLED")


def test_every_table_is_one_of_the_three_kinds() -> None:
    assert tables("alone").keys() == SHARED | AT_HOME_ALONE | OF_EACH_REGION
    assert {name for name, table in tables("alone").items() if "TableName" in table} == SHARED | AT_HOME_ALONE


@pytest.mark.parametrize(("place", "made"), [("away", set()), ("promoted", AT_HOME_ALONE), ("promoted again", set())])
def test_where_replicas_are_no_table_and_no_pool_is_made(place: str, made: set[str]) -> None:
    """A second table of the name would be refused, and a second pool would know nobody. Inboxes have no replica: a home
    makes its own, unless it was home before."""
    assert tables(place).keys() == OF_EACH_REGION | made
    assert not [one for one in root(place).resources.values() if one["Type"].startswith("AWS::Cognito::")]


def test_a_table_of_a_region_has_no_replica() -> None:
    for name in OF_EACH_REGION | AT_HOME_ALONE:
        assert [one["Region"] for one in tables("home")[name]["Replicas"]] == [HOME], name


def test_a_replica_is_protected_as_the_table_at_home_is() -> None:
    for name in SHARED:
        own, *others = tables("home")[name]["Replicas"]
        assert [one["Region"] for one in others] == [SECOND, THIRD], name
        if name == "ReactionsTable":  # as dear again for each copy (0056)
            assert own["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
            own["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": False}
        assert all(one | {"Region": HOME} == own for one in others), name


def test_alone_there_is_one_replica_and_no_version_of_an_object() -> None:
    for table in tables("alone").values():
        assert len(table["Replicas"]) == 1
    for bucket in named(root("alone"), "AWS::S3::Bucket").values():
        assert not bucket.keys() & {"VersioningConfiguration", "ReplicationConfiguration"}
    assert "ReplicationRole" not in root("alone").resources


@pytest.mark.parametrize("place", PLACES)
def test_every_reference_resolves(place: str) -> None:
    template = root(place)
    there = template.resources
    written = [one.get("Properties") for one in there.values()]
    for reference in references([*written, *template.outputs.values()]):
        name, _, attribute = reference.partition(".")
        assert name in there, f"{reference} is not there"
        assert attribute not in OF_SAM or there[name]["Type"] == "AWS::Serverless::Function", reference


def test_tables_have_one_name_in_all_regions() -> None:
    def known(place: str) -> dict[tuple[str, str], str]:
        return {
            (name, variable): value
            for name, one in named(root(place), "AWS::Serverless::Function").items()
            for variable, value in one["Environment"]["Variables"].items()
            if variable.endswith("_TABLE") and isinstance(value, str)
        }

    at_home = known("home")
    assert set(at_home.values()) == {tables("home")[name]["TableName"] for name in SHARED | AT_HOME_ALONE}
    inboxes = tables("home")["NotificationsTable"]["TableName"]
    assert known("away") == {key: name for key, name in at_home.items() if name != inboxes}
    assert known("promoted") == known("promoted again") == at_home


OF_INBOXES = ("Api", "Push", "Counters", "Effects", "Jobs")


def test_nothing_away_from_home_names_inboxes() -> None:
    def naming(place: str) -> set[str]:
        template = root(place)
        written = {**template.resources, **{f"output {name}": one for name, one in template.outputs.items()}}
        return {name for name, one in written.items() if "-notifications" in json.dumps(one)}

    of_functions = {f"{name}{part}" for name in OF_INBOXES for part in ("Function", "Role")}
    assert naming("home") == of_functions | {"NotificationsTable", "output NotificationsTable"}
    assert naming("promoted again") == of_functions | {"output NotificationsTable"}
    assert naming("away") == set()


def test_streams_of_its_own_region_are_read() -> None:
    streams = {
        name: event["Properties"]["Stream"]
        for one in named(root("away"), "AWS::Serverless::Function").values()
        for name, event in one.get("Events", {}).items()
        if event["Type"] == "DynamoDB"
    }
    read = ("Reactions", "Media", "Activities", "Commands", "Counters")
    assert len(streams) == 6
    assert set(streams.values()) == {TOLD[f"{t}Stream"] for t in read}


def granted(place: str) -> Iterator[tuple[str, str]]:
    for name, role in named(root(place), "AWS::IAM::Role").items():
        for arn in re.findall(r"arn:aws:[^\"]+", json.dumps(role["Policies"])):
            yield name, arn


def test_roles_reach_into_no_other_region() -> None:
    for name, arn in granted("away"):
        assert arn.split(":")[3] in {"", SECOND}, f"{name}: {arn}"
    assert {arn for _, arn in granted("away") if arn.startswith("arn:aws:s3:::home")} == {
        "arn:aws:s3:::home-uploads/exports/*"
    }


def test_only_where_writes_are_is_anybody_deleted_or_written_to() -> None:
    def actions(place: str) -> str:
        return json.dumps(root(place).resources["EffectsRole"]["Properties"]["Policies"])

    for action in ("cognito-idp:AdminDeleteUser", "ses:SendEmail", "ssm:GetParameter"):
        assert action not in actions("away"), action
    assert f"arn:aws:cognito-idp:{HOME}:{ACCOUNT}:userpool/{HOME}_Pool" in actions("promoted")


@pytest.mark.parametrize("place", PLACES)
def test_schedules_run_where_writes_are_but_for_what_each_region_has_of_its_own(place: str) -> None:
    for name, state in schedules(place):
        assert (state == "ENABLED") == (place != "away" or name in ("CloseSockets", "CountDeadLetters")), name
    assert len(list(schedules(place))) > 10


@pytest.mark.parametrize("place", PLACES)
def test_the_schema_is_moved_on_where_writes_are(place: str) -> None:
    there = root(place).resources.keys()
    parts = {"Migration", "MigrateFunction", "MigrateRole", "MigrateLog"}
    assert parts & there == (set() if place == "away" else parts)


def test_the_edge_is_known_everywhere() -> None:
    for name in ("ApiFunction", "WsAuthorizerFunction"):
        told = root("away").resources[name]["Properties"]["Environment"]["Variables"]
        assert told["ORIGIN_SECRET_SHA256"] == AWAY["OriginSecretSha256"], name


@pytest.mark.parametrize("place", ["away", "promoted"])
def test_tokens_are_of_the_pool_where_people_are(place: str) -> None:
    verified = root(place).resources["TokenAuthorizer"]["Properties"]["JwtConfiguration"]
    assert verified == {"Issuer": f"https://cognito-idp.{HOME}.amazonaws.com/{HOME}_Pool", "Audience": ["client"]}


def test_a_home_that_is_one_no_longer_leaves_what_people_made() -> None:
    """What the other regions go on with stops being a part of its stack, and must stay."""
    gone = root("alone").resources.keys() - root("away").resources.keys()
    state = {name: root("alone").resources[name] for name in gone if not name.startswith("Migrat")}
    assert state.keys() == SHARED | AT_HOME_ALONE | {"UserPool", "UserPoolClient", "Moderators", "EdgeStack"}
    for name, one in state.items():
        assert (one["DeletionPolicy"], one["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


class TestPictures:
    @pytest.mark.parametrize("place", ["home", "home that copies", "away", "promoted"])
    def test_what_is_deleted_is_gone_a_day_later(self, place: str) -> None:
        for name, bucket in named(root(place), "AWS::S3::Bucket").items():
            assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
            (rule,) = [one for one in bucket["LifecycleConfiguration"]["Rules"] if "NoncurrentVersionExpiration" in one]
            assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}, name
            assert rule["Status"] == "Enabled"
            assert "Prefix" not in rule
            assert rule["ExpiredObjectDeleteMarker"] is True

    @pytest.mark.parametrize("place", ["home", "away"])
    def test_nothing_is_copied_before_there_are_buckets_for_it(self, place: str) -> None:
        for bucket in named(root(place), "AWS::S3::Bucket").values():
            assert "ReplicationConfiguration" not in bucket

    def test_what_is_served_and_originals_are_copied_and_their_end_too(self) -> None:
        for name, prefix in (("Uploads", "originals/"), ("Media", "media/")):
            copied = root("home that copies").resources[f"{name}Bucket"]["Properties"]["ReplicationConfiguration"]
            assert copied["Role"] == {"Fn::GetAtt": ["ReplicationRole", "Arn"]}
            assert [rule["Destination"]["Bucket"] for rule in copied["Rules"]] == [
                f"arn:aws:s3:::{region}-{name.lower()}" for region in ("second", "third")
            ]
            for rule in copied["Rules"]:
                assert rule["Filter"] == {"Prefix": prefix}  # no archive, and nothing that was not looked at
                assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
            assert len({rule["Priority"] for rule in copied["Rules"]}) == 2

    def test_only_copies_are_written_elsewhere(self) -> None:
        written = {
            (action, statement["Resource"])
            for statement in root("home that copies").resources["ReplicationRole"]["Properties"]["Policies"][0][
                "PolicyDocument"
            ]["Statement"]
            for action in statement["Action"]
            if action.startswith("s3:Replicate")
        }
        assert {resource for _, resource in written} == {
            f"arn:aws:s3:::{region}-{kept}"
            for region in ("second", "third")
            for kept in ("uploads/originals/*", "media/media/*")
        }


@pytest.mark.parametrize("name", PLACES_ON_AWS)
def test_a_description_of_a_version_is_short_enough(name: str) -> None:
    """Lambda takes 256 characters; what only AWS knows is counted as long as it is there: an id of a database cluster
    has 34, two of instances 59, and a bucket that home is asked for has the name of the stack and 28 more."""
    env = config_env.load(name)
    told = {"SesFrom": "M" * 40, "SesIdentity": "arn:aws:ses", "VapidPublicKey": "k" * 12 + "." + "b" * 87}
    if env.parameters.get("IsHome") == "false":
        told["HomeUploadsBucket"] = env.stack_name + "-" * 28
    main = expand(parameters.effective(env.parameters, told), region=env.region or HOME)[0]
    for function, one in named(main, "AWS::Serverless::Function").items():
        described = one["VersionDescription"]
        text = described if isinstance(described, str) else described["Fn::Sub"][0]
        long = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: "x" * {"Database": 59, "Cache": 18}.get(found[1], 34), text)
        assert len(long) <= 256, function
