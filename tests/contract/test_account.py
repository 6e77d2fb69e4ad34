"""The account as preflight sees it: the fake, and AWS's own answers, written here because moto lacks most of them."""

from collections.abc import Callable
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from operations import webpush
from operations.account import Account, AwsAccount, Concurrency, Mail
from operations.deployed import Deployed
from operations.refusal import Refusal
from tests.fakes.account import FakeAccount

IDENTITY = "arn:aws:ses:us-east-1:123456789012:identity/example.org"


class AnsweringSession:
    """A session whose clients have their answers already."""

    region_name = "us-east-1"

    def __init__(self) -> None:
        self._real = boto3.Session("none", "none", region_name=self.region_name)
        self.get_available_regions = self._real.get_available_regions

    def client(self, service: str, config: Any) -> Any:
        client = self._real.client(cast(Any, service), config=config)
        stub = Stubber(client)
        match service:
            case "sts":
                stub.add_response(
                    "get_caller_identity",
                    {"Account": "123456789012", "UserId": "AIDA", "Arn": "arn:aws:iam::123456789012:user/ana"},
                )
            case "lambda":
                limit = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 8}
                stub.add_response("get_account_settings", {"AccountLimit": limit})
            case "sesv2":
                stub.add_response("get_account", {"ProductionAccessEnabled": False, "SendingEnabled": True})
            case "elasticache":
                stub.add_client_error("describe_serverless_caches", "ServerlessCacheNotFoundFault", "not found", 404)
            case "ssm":
                stub.add_client_error("get_parameter", "ParameterNotFound", "not found", 400)
            case "cloudformation":
                stub.add_client_error("describe_stacks", "ValidationError", "Stack with id mundo does not exist", 400)
        stub.activate()
        return client


def aws() -> Account:
    return AwsAccount(cast(boto3.Session, AnsweringSession()))


def fake() -> Account:
    return FakeAccount(limit=10, unreserved=8, production=False)


@pytest.fixture(params=[fake, aws], ids=["fake", "aws"])
def account(request: pytest.FixtureRequest) -> Account:
    make: Callable[[], Account] = request.param
    return make()


def test_tells_who_and_where_it_is(account: Account) -> None:
    assert account.id() == "123456789012"
    assert account.region == "us-east-1"


def test_tells_its_limits(account: Account) -> None:
    assert account.concurrency() == Concurrency(limit=10, unreserved=8)


def test_tells_whether_mail_is_sent_to_strangers(account: Account) -> None:
    assert account.mail() == Mail(production=False, sending=True)


def test_knows_the_services_of_its_region(account: Account) -> None:
    assert account.offers("lambda")


def test_a_stack_that_is_not_there_has_no_status(account: Account) -> None:
    assert account.stack_status("mundo") is None


def test_a_cache_that_is_not_there_leaves_its_name_free(account: Account) -> None:
    assert account.cache_exists("mundo-tango") is False


def test_a_parameter_that_is_not_there_has_no_key(account: Account) -> None:
    assert account.push_key("/mundo/web-push-key") is None


@mock_aws
def test_of_a_key_the_public_half_is_told() -> None:
    session = boto3.Session("none", "none", region_name="us-east-1")
    made = webpush.create_key(Deployed(session, "mundo"))

    for account in (AwsAccount(session), FakeAccount(push_keys={made.parameter: made.public})):
        assert account.push_key(made.parameter) == made.public


@mock_aws
def test_what_is_no_key_is_refused_without_being_shown() -> None:
    session = boto3.Session("none", "none", region_name="us-east-1")
    for number, value in enumerate(("secre", "secret-" * 8)):
        session.client("ssm").put_parameter(Name=f"/mundo/{number}", Type="SecureString", Value=value)
        with pytest.raises(Refusal, match="something else than a key") as refused:
            AwsAccount(session).push_key(f"/mundo/{number}")
        assert "secre" not in str(refused.value)


@pytest.mark.parametrize("verified", [True, False])
def test_knows_identities_by_name_and_by_arn(verified: bool) -> None:
    session = AnsweringSession()
    client = session._real.client("sesv2")
    stub = Stubber(client)
    stub.add_response("get_email_identity", {"VerifiedForSendingStatus": verified}, {"EmailIdentity": "example.org"})
    stub.activate()
    real = AwsAccount(cast(boto3.Session, session))
    real.__dict__["_ses"] = client

    assert real.identity_verified(IDENTITY) is verified
    assert FakeAccount(verified={"example.org"} if verified else ()).identity_verified(IDENTITY) is verified


def test_an_identity_ses_does_not_know_is_not_verified() -> None:
    client = AnsweringSession()._real.client("sesv2")
    stub = Stubber(client)
    stub.add_client_error("get_email_identity", "NotFoundException", "no such identity", 404)
    stub.activate()
    real = AwsAccount(cast(boto3.Session, AnsweringSession()))
    real.__dict__["_ses"] = client

    assert real.identity_verified(IDENTITY) is False
    assert FakeAccount().identity_verified(IDENTITY) is False
