"""What an AWS account says of itself, as far as a deploy depends on it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mundotango.adapters.vapid import key_of, public_of
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


@dataclass(frozen=True, slots=True)
class Concurrency:
    """`limit` is the account's in this region; `unreserved` what no function has reserved for itself."""

    limit: int
    unreserved: int


@dataclass(frozen=True, slots=True)
class Mail:
    production: bool  # False: SES sends to verified addresses only, the sandbox
    sending: bool


class Account(Protocol):
    region: str

    def id(self) -> str: ...

    def offers(self, service: str) -> bool:
        """Whether the service is known to exist in this region."""
        ...

    def concurrency(self) -> Concurrency: ...

    def mail(self) -> Mail: ...

    def identity_verified(self, identity: str) -> bool:
        """Whether SES may send in the name of this address or domain; False too when SES does not know it."""
        ...

    def stack_status(self, name: str) -> str | None:
        """CloudFormation's word for it; None when there is no such stack."""
        ...

    def cache_exists(self, name: str) -> bool:
        """Whether a serverless cache of that name is there already: it is unique in an account and region."""
        ...

    def table_exists(self, name: str) -> bool:
        """Whether there is a table of that name in this region, whoever made it."""
        ...

    def push_key(self, parameter: str) -> str | None:
        """The public half of the key of Web Push that this parameter has; None when there is no such parameter."""
        ...


class AwsAccount:
    def __init__(self, session: boto3.Session) -> None:
        self.region = session.region_name
        self._session = session
        self._config = Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=20)

    def id(self) -> str:
        with aws_errors_explained("asking who you are"):
            return self._session.client("sts", config=self._config).get_caller_identity()["Account"]

    def offers(self, service: str) -> bool:
        return self.region in self._session.get_available_regions(service)

    def concurrency(self) -> Concurrency:
        with aws_errors_explained("reading Lambda's limits"):
            limit = self._session.client("lambda", config=self._config).get_account_settings()["AccountLimit"]
        return Concurrency(limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"])

    @cached_property
    def _ses(self) -> "SESV2Client":
        return self._session.client("sesv2", config=self._config)

    def mail(self) -> Mail:
        with aws_errors_explained("reading the state of SES"):
            state = self._ses.get_account()
        return Mail(production=state["ProductionAccessEnabled"], sending=state["SendingEnabled"])

    def identity_verified(self, identity: str) -> bool:
        name = identity.rsplit(":identity/", 1)[-1]  # the template takes the identity's ARN
        with aws_errors_explained(f"reading the SES identity {name}"):
            try:
                return self._ses.get_email_identity(EmailIdentity=name)["VerifiedForSendingStatus"]
            except self._ses.exceptions.NotFoundException:
                return False

    def stack_status(self, name: str) -> str | None:
        client = self._session.client("cloudformation", config=self._config)
        with aws_errors_explained(f"looking for the stack {name}"):
            try:
                return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            except ClientError as error:
                # CloudFormation has no error class of its own for this: the code is its general ValidationError.
                if error.response["Error"]["Code"] == "ValidationError":
                    return None
                raise

    def cache_exists(self, name: str) -> bool:
        client = self._session.client("elasticache", config=self._config)
        with aws_errors_explained(f"looking for the cache {name}"):
            try:
                return bool(client.describe_serverless_caches(ServerlessCacheName=name)["ServerlessCaches"])
            except client.exceptions.ServerlessCacheNotFoundFault:
                return False

    def table_exists(self, name: str) -> bool:
        client = self._session.client("dynamodb", config=self._config)
        with aws_errors_explained(f"looking for the table {name}"):
            try:
                return bool(client.describe_table(TableName=name)["Table"])
            except client.exceptions.ResourceNotFoundException:
                return False

    def push_key(self, parameter: str) -> str | None:
        client = self._session.client("ssm", config=self._config)
        with aws_errors_explained(f"reading {parameter}"):
            try:
                stored = client.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
            except client.exceptions.ParameterNotFound:
                return None
        try:
            return public_of(key_of(stored))
        except ValueError:
            cure = "mundo webpush create-key --replace"
            raise Refusal(f"{parameter} has something else than a key of Web Push", cure=cure) from None
