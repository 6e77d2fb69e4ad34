"""A deployed stack, as an operator's command finds it: its outputs, and its resources by logical id."""

import json
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from operations.config_env import ConfigEnv
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

LOCAL_PORTS = Path(__file__).parent.parent / ".local" / "state" / "ports.json"
LOCAL_REGION = "us-east-1"
# A job inside the VPC may take five minutes; the call waits a little longer, and is not made twice.
PATIENT = Config(read_timeout=320, connect_timeout=5, retries={"total_max_attempts": 1})
BRISK = Config(read_timeout=20, connect_timeout=5, retries={"total_max_attempts": 3})


@dataclass(frozen=True)
class Deployed:
    session: boto3.Session
    stack_name: str
    endpoint: str | None = None  # None: the SDK's own choice

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        return self.session.client("cloudformation", endpoint_url=self.endpoint, config=BRISK)

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """Where the pool is, which another region's stack may have made: its id begins with the region."""
        region = self.outputs["UserPoolId"].partition("_")[0]
        return self.session.client("cognito-idp", region_name=region, endpoint_url=self.endpoint, config=BRISK)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.session.client("dynamodb", endpoint_url=self.endpoint, config=BRISK)

    @cached_property
    def functions(self) -> "LambdaClient":
        return self.session.client("lambda", endpoint_url=self.endpoint, config=PATIENT)

    @cached_property
    def databases(self) -> "RDSClient":
        return self.session.client("rds", endpoint_url=self.endpoint, config=BRISK)

    @cached_property
    def parameters(self) -> "SSMClient":
        return self.session.client("ssm", endpoint_url=self.endpoint, config=BRISK)

    @cached_property
    def sqs(self) -> "SQSClient":
        return self.session.client("sqs", endpoint_url=self.endpoint, config=BRISK)

    @cached_property
    def streams(self) -> "DynamoDBStreamsClient":
        return self.session.client("dynamodbstreams", endpoint_url=self.endpoint, config=BRISK)

    def physical_id(self, logical_id: str) -> str:
        """Raises Refusal when the stack, or this part of it, is not there."""
        with aws_errors_explained(f"looking for {logical_id} in the stack {self.stack_name}"):
            found = self.cloudformation.describe_stack_resources(
                StackName=self.stack_name, LogicalResourceId=logical_id
            )["StackResources"]
        if not found or "PhysicalResourceId" not in found[0]:
            raise Refusal(f"the stack {self.stack_name} has no {logical_id}", cure="deploy this version of it first")
        return found[0]["PhysicalResourceId"]

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Of the stack, by name. Raises Refusal when it is not there."""
        with aws_errors_explained(f"looking for the stack {self.stack_name}"):
            described = self.cloudformation.describe_stacks(StackName=self.stack_name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}


def local_port() -> int:
    """Of the local cloud that `make run` started and that has not ended since. Raises Refusal where there is none."""
    try:
        port: int = json.loads(LOCAL_PORTS.read_text(encoding="utf-8"))["gateway"]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except (OSError, ValueError, KeyError) as error:
        raise Refusal("no local cloud runs here", cure="make run") from error
    return port


def find_local(env: ConfigEnv) -> Deployed:
    """The stack of env `local` in it."""
    port = local_port()
    local = boto3.Session(
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",  # noqa: S106
        region_name=LOCAL_REGION,
    )
    return Deployed(local, env.stack_name, f"http://127.0.0.1:{port}")
