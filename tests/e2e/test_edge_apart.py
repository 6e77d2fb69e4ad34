"""The edge deployed by itself, by its own template and what the platform's stack says, as where that is elsewhere."""

from urllib.parse import urlsplit

import httpx
import pytest

from devstack import deploy
from devstack.cloud import LocalCloud
from devstack.stack import CLIENT_TIMEOUT, Stack
from operations.edge_stack import TEMPLATE
from operations.parameters import declared
from tests.fixtures.local_cloud import Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

NAME = "mundo-tango-edge-elsewhere"


def test_an_edge_apart_serves_the_platform_and_leaves_its_own(local_cloud: LocalCloud, newcomer: Newcomer) -> None:
    newcomer()  # wakes the API, as in test_edge.py
    stack = local_cloud.stack
    given = {name: str(one.get("Default", "")) for name, one in declared(TEMPLATE).items()} | {
        "Name": "mundo-tango-elsewhere",
        "ViewerProtocol": "allow-all",
        "OriginProtocol": "http-only",
        "OriginPort": str(urlsplit(stack.aws.endpoint).port),
        "ApiHost": "localhost",
        "ApiPath": f"/_aws/execute-api/{stack.output('ApiId')}/$default",
        "SocketHost": "localhost",
        "SocketPath": f"/_aws/execute-api/{stack.output('SocketApiId')}",
        "MediaDomain": stack.output("MediaDomain"),
        "OriginSecret": "unused here",
    }

    deploy.sam("deploy", "--template-file", str(TEMPLATE), "--stack-name", NAME, overrides=given, aws=stack.aws)

    try:
        domain = Stack.find(stack.aws, NAME).output("DistributionDomain")
        assert domain != stack.output("DistributionDomain")
        for one in (domain, stack.output("DistributionDomain")):
            host = f"{one.partition('.')[0]}.cloudfront.localhost"
            address = f"{stack.aws.endpoint}/api/public/health"
            answer = httpx.get(address, headers={"Host": host}, timeout=CLIENT_TIMEOUT)
            assert answer.status_code == 200, answer.text
    finally:
        stack.aws.cloudformation.delete_stack(StackName=NAME)
