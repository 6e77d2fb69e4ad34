"""What the platform's stacks and the edge's are told of each other, over moto's CloudFormation in several regions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from operations import edge_stack
from operations.config_env import ConfigEnv
from operations.parameters import declared, effective
from operations.refusal import Refusal

PLATFORM = {
    "ApiHost": "a1.execute-api.sa-east-1.amazonaws.com",
    "SocketHost": "s1.execute-api.sa-east-1.amazonaws.com",
    "MediaDomain": "pictures.s3.sa-east-1.amazonaws.com",
    "OriginSecretName": "mundo-tango-origin-sa-east-1",
}
EDGE = {"DistributionId": "E1", "DistributionDomain": "d1.cloudfront.net"}


def session(region: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)


def made(region: str, name: str, outputs: Mapping[str, str]) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    session(region).client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def env(region: str = "sa-east-1", **given: str) -> ConfigEnv:
    """`SecondRegion` and `HomeRegion` may not be the template's yet."""
    others = {name: given.pop(name) for name in ("SecondRegion", "HomeRegion") if name in given}
    return ConfigEnv("phase1", "mundo-tango", region, effective(given) | others)


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


class TestTold:
    def test_a_stack_with_its_own_edge_asks_aws_nothing(self) -> None:
        def nobody(region: str) -> boto3.Session:
            raise AssertionError(region)

        assert edge_stack.told(env("us-east-1"), nobody) == {}

    def test_home_is_told_of_the_second_region_once_it_is_there(self) -> None:
        home = env("us-east-1", SecondRegion="sa-east-1")
        assert edge_stack.told(home, session) == {}
        made("sa-east-1", "mundo-tango", PLATFORM)
        told = edge_stack.told(home, session)
        assert told == {"SecondApiHost": PLATFORM["ApiHost"], "SecondMediaDomain": PLATFORM["MediaDomain"]}
        assert told.keys() <= declared().keys()

    def test_a_stack_whose_edge_is_apart_is_told_of_it_once_it_is_there(self) -> None:
        assert edge_stack.told(env(Edge="apart"), session) == {}
        made("us-east-1", "mundo-tango-edge-sa-east-1", EDGE)
        assert edge_stack.told(env(Edge="apart"), session) == EDGE
        assert EDGE.keys() <= declared().keys()

    def test_a_stack_without_an_edge_is_told_of_homes(self) -> None:
        made("us-east-1", "mundo-tango", EDGE)
        assert edge_stack.told(env(Edge="none", HomeRegion="us-east-1"), session) == EDGE

    def test_home_without_a_distribution_is_refused(self) -> None:
        with pytest.raises(Refusal, match="mundo-tango in us-east-1 has no distribution"):
            edge_stack.told(env(Edge="none", HomeRegion="us-east-1"), session)

    def test_nobodys_edge_is_refused(self) -> None:
        with pytest.raises(Refusal, match="whose edge"):
            edge_stack.told(env(Edge="none"), session)


class TestGiven:
    def test_an_edge_apart_is_given_all_it_takes(self) -> None:
        made("sa-east-1", "mundo-tango", PLATFORM)
        given = edge_stack.given(env(Edge="apart", SiteUrl="https://mundotango.example", Waf="on"), session)
        # SAM lets a stack keep the value of a parameter that is not named.
        assert given.keys() == declared(edge_stack.TEMPLATE).keys()
        assert PLATFORM.items() <= given.items()
        assert (given["SiteUrl"], given["Waf"]) == ("https://mundotango.example", "on")
        assert (given["Name"], given["RegionalNames"]) == ("mundo-tango-sa-east-1", "false")
        assert given["OriginSecret"] == ""

    def test_names_for_the_nearest_need_all_three(self) -> None:
        made("sa-east-1", "mundo-tango", PLATFORM)
        names = {"DomainName": "mundotango.example", "HostedZoneId": "Z0", "RegionalCertificateArn": "arn"}
        assert edge_stack.given(env(Edge="apart", **names), session)["RegionalNames"] == "true"
        assert edge_stack.given(env(Edge="apart", **names | {"HostedZoneId": ""}), session)["RegionalNames"] == "false"

    def test_a_stack_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(Refusal, match="has no output ApiHost"):
            edge_stack.given(env(Edge="apart"), session)


class Sam:
    """Makes the edge's stack when it is told to deploy that, and fails when it shall."""

    def __init__(self, code: int = 0) -> None:
        self.ran: list[list[str]] = []
        self._code = code

    def __call__(self, command: Sequence[str]) -> int:
        self.ran.append(list(command))
        if "--template-file" in command and not self._code:
            name = command[command.index("--stack-name") + 1]
            made(command[command.index("--region") + 1], name, EDGE)
        return self._code


class TestDeploy:
    @pytest.fixture
    def overrides(self, tmp_path: Path) -> Path:
        path = tmp_path / "parameters.yaml"
        path.write_text(json.dumps(env(Edge="apart").parameters))
        return path

    def test_the_edge_first_and_then_the_platform_that_did_not_know_it(self, overrides: Path) -> None:
        made("sa-east-1", "mundo-tango", PLATFORM)
        sam = Sam()
        assert edge_stack.deploy(env(Edge="apart"), "sam", overrides, sam, session) == 0
        edge, platform = sam.ran
        assert edge[edge.index("--stack-name") + 1] == "mundo-tango-edge-sa-east-1"
        assert edge[edge.index("--region") + 1] == "us-east-1"
        assert Path(edge[edge.index("--template-file") + 1]).read_text().startswith("AWSTemplateFormatVersion")
        (read,) = [word.removeprefix("file://") for word in edge if word.startswith("file://")]
        assert json.loads(Path(read).read_text())["ApiHost"] == PLATFORM["ApiHost"]
        assert "--template-file" not in platform
        assert EDGE.items() <= json.loads(overrides.read_text()).items()

    def test_a_platform_that_knows_its_distribution_is_left(self, overrides: Path) -> None:
        made("sa-east-1", "mundo-tango", PLATFORM)
        overrides.write_text(json.dumps(env(Edge="apart", **EDGE).parameters))
        sam = Sam()
        assert edge_stack.deploy(env(Edge="apart", **EDGE), "sam", overrides, sam, session) == 0
        assert len(sam.ran) == 1

    def test_an_edge_that_fails_ends_it(self, overrides: Path) -> None:
        made("sa-east-1", "mundo-tango", PLATFORM)
        sam = Sam(code=1)
        assert edge_stack.deploy(env(Edge="apart"), "sam", overrides, sam, session) == 1
        assert len(sam.ran) == 1

    @pytest.mark.parametrize("edge", ["here", "none"])
    def test_nothing_where_the_edge_is_not_apart(self, edge: str, overrides: Path) -> None:
        sam = Sam()
        assert edge_stack.deploy(env(Edge=edge), "sam", overrides, sam, session) == 0
        assert sam.ran == []
