"""What holds people's data outlives a mistake in a deploy, and is nobody else's to read."""

from typing import Any

import pytest
from cryptography import x509

from mundotango.exports.policy import EXPORT_LIFE
from mundotango.privacy.policy import LEDGER_LIFE
from operations.templates import ROOT, load, references

Resources = dict[str, dict[str, Any]]

# Properties by which each kind is named; a name written out can be neither replaced nor deployed twice. Tables that are
# one in all regions have the same name in each, which begins with the stack's.
NAMES = {
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Cognito::UserPool": "UserPoolName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::SQS::Queue": "QueueName",
}


def kept(everything: Resources) -> Resources:
    """What holds something of its own: not the queues, nor what copies another database or serves a cluster."""
    return {
        name: one
        for name, one in everything.items()
        if one["Type"] in NAMES
        and one["Type"] != "AWS::SQS::Queue"
        and not {"SourceDBInstanceIdentifier", "DBClusterIdentifier"} & one["Properties"].keys()
    }


def test_nothing_stateful_has_a_literal_name(everything: Resources) -> None:
    for name, one in everything.items():
        given = one.get("Properties", {}).get(NAMES.get(one["Type"], ""))
        shared = one["Type"] == "AWS::DynamoDB::GlobalTable" and one.get("Condition") in {"OwnsTables", "OwnsInbox"}
        logical = name.partition("/")[2]
        assert given == (
            {"Fn::Sub": f"${{AWS::StackName}}-{logical.removesuffix('Table').lower()}"} if shared else None
        ), name


def test_state_is_retained(everything: Resources) -> None:
    assert len(kept(everything)) == 16
    for name, one in kept(everything).items():
        assert (one.get("DeletionPolicy"), one.get("UpdateReplacePolicy")) == ("Retain", "Retain"), name


@pytest.mark.parametrize("name", ["template.yaml/Database", "template.yaml/Backup", "database.yaml/Aurora"])
def test_stacks_of_facts_are_not_deleted_with_their_parents(name: str, everything: Resources) -> None:
    assert everything[name]["DeletionPolicy"] == everything[name]["UpdateReplacePolicy"] == "Retain"


def test_state_cannot_be_deleted_by_one_call(everything: Resources) -> None:
    for name, one in kept(everything).items():
        properties = one["Properties"]
        match one["Type"]:
            case "AWS::DynamoDB::GlobalTable":
                assert properties["Replicas"][0]["DeletionProtectionEnabled"] is True, name
            case "AWS::Cognito::UserPool":
                assert properties["DeletionProtection"] == "ACTIVE", name
            case "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster":
                assert properties["DeletionProtection"] is True, name


def test_facts_can_be_had_back_as_they_were(everything: Resources) -> None:
    recovered = {
        name.partition("/")[2]
        for name, one in everything.items()
        if one["Type"] == "AWS::DynamoDB::GlobalTable"
        and one["Properties"]["Replicas"][0].get("PointInTimeRecoverySpecification")
        == {"PointInTimeRecoveryEnabled": True}
    }
    assert recovered == {"ReactionsTable", "MediaTable", "ErasuresTable"}
    for name in ("database.yaml/Instance", "aurora.yaml/Cluster"):
        assert everything[name]["Properties"]["BackupRetentionPeriod"] >= 7


def test_databases_are_encrypted_and_signed_in_to_by_token(everything: Resources) -> None:
    for name in ("database.yaml/Instance", "aurora.yaml/Cluster"):
        database = everything[name]["Properties"]
        assert database["StorageEncrypted"] is database["EnableIAMDatabaseAuthentication"] is True, name


def test_no_database_has_a_password_that_rds_manages(everything: Resources) -> None:
    """Neither a copy of an instance can be made that has one, nor is there one in a global database."""
    for name, one in everything.items():
        assert "ManageMasterUserPassword" not in one.get("Properties", {}), name


def test_backups_last_as_long_as_tables_can_be_had_back(everything: Resources, resources: Resources) -> None:
    (rule,) = everything["backup.yaml/Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"]
    (copy,) = rule["CopyActions"]["Fn::If"][1]
    assert rule["Lifecycle"] == copy["Lifecycle"] == {"DeleteAfterDays": 35}
    # A daily backup of a table is all of it once more, and dearer than all else: its own recovery stands for it.
    assert everything["backup.yaml/Followed"]["Properties"]["BackupSelection"]["Resources"] == [{"Ref": "Database"}]


def test_tables_are_global_and_on_demand_but_for_those_that_may_be_scaled(everything: Resources) -> None:
    tables = {n: o["Properties"] for n, o in everything.items() if o["Type"].startswith("AWS::DynamoDB::")}
    assert len(tables) == 11
    scaled = set()
    for name, table in tables.items():
        assert table["Replicas"][0]["Region"] == {"Ref": "AWS::Region"}, name
        if table["BillingMode"] != "PAY_PER_REQUEST":
            assert table["BillingMode"] == {"Fn::If": ["ScalesTables", "PROVISIONED", "PAY_PER_REQUEST"]}, name
            scaled.add(name.partition("/")[2].removesuffix("Table").lower())
    assert scaled == {"activities", "connections", "counters", "notifications", "reactions"}


def test_what_expires_says_so(everything: Resources) -> None:
    expiring = {
        name.partition("/")[2]
        for name, one in everything.items()
        if one.get("Properties", {}).get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True}
    }
    assert expiring == {
        "ActivitiesTable", "CommandsTable", "ConnectionsTable", "CountersTable", "ErasuresTable", "IdempotencyTable",
        "MediaTable", "NotificationsTable", "ReactionsTable", "TicketsTable",
    }  # fmt: skip


def test_an_archive_ends_with_its_link(resources: Resources) -> None:
    listed = resources["UploadsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    rules = {rule["Id"]: rule for rule in listed if "Id" in rule}
    rule = rules["ExportsAreForAWeek"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("exports/", EXPORT_LIFE.days)


def test_the_ledger_outlives_every_backup() -> None:
    recovery_of_tables = 35
    database = load("infra/database.yaml")["Resources"]["Instance"]["Properties"]
    assert LEDGER_LIFE.days > max(recovery_of_tables, database["BackupRetentionPeriod"], 365)


def test_buckets_are_private_and_encrypted(everything: Resources) -> None:
    for name, one in everything.items():
        if one["Type"] == "AWS::S3::Bucket":
            assert set(one["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}, name
            assert one["Properties"]["BucketEncryption"], name


def test_buckets_speak_tls_only(resources: Resources) -> None:
    policies = {
        one["Properties"]["Bucket"]["Ref"]: one for one in resources.values() if one["Type"] == "AWS::S3::BucketPolicy"
    }
    assert set(policies) == {"UploadsBucket", "MediaBucket"}
    for bucket, policy in policies.items():
        statements = [s.get("Fn::If", [None, s])[1] for s in policy["Properties"]["PolicyDocument"]["Statement"]]
        (denial,) = [s for s in statements if s["Effect"] == "Deny"]
        assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}, bucket


def test_originals_are_never_served(resources: Resources) -> None:
    allowed = [
        statement
        for one in resources.values()
        if one["Type"] == "AWS::S3::BucketPolicy"
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Effect") == "Allow"
    ]
    assert [(statement["Action"], statement["Resource"]) for statement in allowed] == [
        ("s3:GetObject", {"Fn::Sub": "${MediaBucket.Arn}/media/*"}),
        ("s3:ListBucket", {"Fn::GetAtt": ["MediaBucket", "Arn"]}),
    ]
    given = resources["EdgeStack"]["Properties"]["Parameters"]
    assert "UploadsBucket" not in {name.split(".")[0] for name in references(given)}


def test_sign_in_is_by_mail_and_proof(resources: Resources) -> None:
    pool = resources["UserPool"]["Properties"]
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    client = resources["UserPoolClient"]["Properties"]
    assert client["GenerateSecret"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert (client["AccessTokenValidity"], client["TokenValidityUnits"]["AccessToken"]) == (30, "minutes")
    conditional = [flow["Fn::If"] for flow in client["ExplicitAuthFlows"] if isinstance(flow, dict)]
    assert ["TakesPasswords", "ALLOW_USER_PASSWORD_AUTH", {"Ref": "AWS::NoValue"}] in conditional


def test_the_network_lets_the_migration_answer() -> None:
    endpoint = load("infra/network.yaml")["Resources"]["S3Endpoint"]["Properties"]
    written = [
        s["Resource"]["Fn::Sub"] for s in endpoint["PolicyDocument"]["Statement"] if s["Action"] == "s3:PutObject"
    ]
    assert written == ["arn:${AWS::Partition}:s3:::cloudformation-custom-resource-response-*/*"]


def test_there_is_no_way_out_of_the_network() -> None:
    kinds = {one["Type"] for one in load("infra/network.yaml")["Resources"].values()}
    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route"}


def test_the_layer_brings_the_certificates_of_rds() -> None:
    bundle = (ROOT / "layers/common/mundotango/adapters/rds-global-bundle.pem").read_text(encoding="ascii")
    assert bundle.count("BEGIN CERTIFICATE") > 50


def test_and_those_of_its_proxy() -> None:
    bundle = (ROOT / "layers/common/mundotango/adapters/rds-global-bundle.pem").read_bytes()
    names = {one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(bundle)}
    assert {f"CN=Amazon Root CA {number},O=Amazon,C=US" for number in (1, 2, 3, 4)} <= names
