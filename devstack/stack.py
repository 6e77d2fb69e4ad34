"""A deployed stack as its clients see it: addresses, ids and names from its CloudFormation outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
import httpx
from botocore.config import Config

from devstack import ministack
from devstack.failure import DevstackFailed
from operations.loopback import Loopback

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# The client waits longer than the gateway, which waits 30 s.
CLIENT_TIMEOUT = 35.0


class Aws:
    """AWS in one region, or a MiniStack at `endpoint`; its clients are made once each."""

    def __init__(self, *, region: str, endpoint: str | None = None) -> None:
        self.region = region
        self.endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self.session = (
            boto3.Session(ministack.ACCOUNT, "local", region_name=region)  # MiniStack takes the key for the account
            if endpoint
            else boto3.Session(region_name=region)
        )

    @classmethod
    def local(cls, gateway_port: int) -> Aws:
        return cls(region=ministack.REGION, endpoint=ministack.endpoint(gateway_port))

    def client(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 3}, connect_timeout=5, read_timeout=60)
            made = self.session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]
            self._clients[service] = made
        return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    @property
    def cloudformation(self) -> CloudFormationClient:
        return self.client("cloudformation")  # type: ignore[no-any-return]

    @property
    def cognito(self) -> CognitoIdentityProviderClient:
        return self.client("cognito-idp")  # type: ignore[no-any-return]

    @property
    def dynamodb(self) -> DynamoDBClient:
        return self.client("dynamodb")  # type: ignore[no-any-return]

    @property
    def logs(self) -> CloudWatchLogsClient:
        return self.client("logs")  # type: ignore[no-any-return]

    @property
    def s3(self) -> S3Client:
        return self.client("s3")  # type: ignore[no-any-return]

    @property
    def sqs(self) -> SQSClient:
        return self.client("sqs")  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Stack:
    aws: Aws
    name: str
    outputs: Mapping[str, str]
    base_url: str = ""

    @classmethod
    def find(cls, aws: Aws, name: str, *, base_url: str = "") -> Stack:
        """The stack of that name; `base_url` is the viewer's address where it is not the one the stack tells.

        Raises:
            DevstackFailed: it is not there, or nobody may say so.
        """
        found = cls.seek(aws, name)
        if found is None:
            raise DevstackFailed(
                f"there is no stack {name} in {aws.region}", cure="deploy it, or name another by STACK="
            )
        return cls(aws, name, found.outputs, base_url.rstrip("/"))

    @classmethod
    def seek(cls, aws: Aws, name: str) -> Stack | None:
        """The stack of that name, if it was ever deployed in whole: a later deploy that failed leaves it as it was."""
        try:
            described = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except (botocore.exceptions.NoCredentialsError, botocore.exceptions.EndpointConnectionError) as error:
            raise DevstackFailed(f"AWS cannot be asked: {error}", cure="sign in to AWS and set AWS_REGION") from error
        except botocore.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return None
            raise DevstackFailed(f"AWS refuses to describe the stack {name}: {error}") from error
        if described["StackStatus"] != "CREATE_COMPLETE" and not described["StackStatus"].startswith("UPDATE_"):
            return None
        return cls(aws, name, {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])})

    def output(self, name: str) -> str:
        try:
            return self.outputs[name]
        except KeyError:
            raise DevstackFailed(f"the stack {self.name} has no output {name}", cure="deploy this version") from None

    def parameter(self, name: str) -> str:
        """As it was deployed."""
        described = self.aws.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {one["ParameterKey"]: one["ParameterValue"] for one in described["Parameters"]}[name]

    @cached_property
    def resources(self) -> dict[str, str]:
        """Physical ids by logical ids, of this stack and not of the ones nested in it."""
        described = self.aws.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in described}

    def resource(self, logical_id: str) -> str:
        try:
            return self.resources[logical_id]
        except KeyError:
            raise DevstackFailed(f"the stack {self.name} has no {logical_id}", cure="deploy this version") from None

    def log_group(self, function: str) -> str:
        """Of the function with that logical id: ApiLog is ApiFunction's."""
        return self.resource(f"{function.removesuffix('Function')}Log")

    def log_groups(self) -> dict[str, str]:
        """Of all functions, each with the function's short name, such as `image-worker`."""
        functions = [name for name in self.resources if name.endswith("Function")]
        return {group: group.rpartition("/")[2] for group in map(self.log_group, functions)}

    @property
    def site_url(self) -> str:
        """Where a viewer's browser goes, without a slash at the end."""
        return self.base_url or self.output("SiteUrl").rstrip("/")

    @property
    def socket_url(self) -> str:
        """Where a viewer opens a socket: below the site, but for MiniStack's edge, which carries none."""
        if self.aws.endpoint:
            return self.output("SocketUrl")
        return f"{self.site_url.replace('http', 'ws', 1)}/ws"

    @property
    def user_pool_id(self) -> str:
        return self.output("UserPoolId")

    @property
    def client_id(self) -> str:
        return self.output("UserPoolClientId")

    @cached_property
    def viewer(self) -> httpx.Client:
        """A client of the viewer's address, shared by all who use it."""
        return httpx.Client(base_url=self.site_url, transport=Loopback(), timeout=CLIENT_TIMEOUT)

    def close(self) -> None:
        self.viewer.close()
        self.aws.close()
