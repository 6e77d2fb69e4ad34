"""What stacks of several regions are told of each other, over moto's."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations import regions
from operations.config_env import ConfigEnv
from operations.parameters import effective
from operations.preflight import State
from operations.refusal import Refusal
from tests.factories.functions import make_function

HOME, SECOND, THIRD = "us-east-1", "eu-west-1", "sa-east-1"
STACK = "mundo-tango"
SECRET = "5" * 64
ALIKE = {"Regions": f"{HOME},{SECOND},{THIRD}", "HomeRegion": HOME}


def home(**given: str) -> ConfigEnv:
    return ConfigEnv("home", STACK, HOME, effective(ALIKE | {"SecondRegion": SECOND} | given))


def away(region: str = SECOND, **given: str) -> ConfigEnv:
    return ConfigEnv("away", STACK, region, effective(ALIKE | {"IsHome": "false"} | given))


def promoted(**given: str) -> ConfigEnv:
    return ConfigEnv("promoted", STACK, SECOND, effective(ALIKE | {"HomeRegion": SECOND} | given))


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    described = regions._Place.table

    def with_replicas(place: regions._Place, name: str) -> Any:
        found = described(place, name)
        others = [region for region in (HOME, SECOND, THIRD) if f"{STACK}-{name}" in tables(region)]
        return found and found | {"Replicas": [{"RegionName": region} for region in others if region != place.region]}

    monkeypatch.setattr(regions._Place, "table", with_replicas)
    with mock_aws():
        yield


def tables(region: str) -> list[str]:
    return list(of("dynamodb", region).list_tables()["TableNames"])


@cache
def of(service: str, region: str = HOME) -> Any:
    return boto3.Session(region_name=region).client(service)  # type: ignore[call-overload]


def make_tables(region: str = HOME) -> None:
    for name in regions.STREAMS.values():
        make_table(name, region)


def make_table(name: str, region: str) -> None:
    of("dynamodb", region).create_table(
        TableName=f"{STACK}-{name}",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def replicate(region: str) -> None:
    """moto knows of no replicas: a table of that name stands for one."""
    make_tables(region)


def make_stack(region: str, *made: str, **outputs: str) -> None:
    """With a queue for each part, as it is their names that count."""
    given = {
        "UserPoolId": f"{HOME}_Pool",
        "UserPoolClientId": "client",
        "UploadsBucket": f"uploads-{region}",
        "MediaBucket": f"media-{region}",
        "ApiFunctionName": f"{STACK}-api",
    } | outputs
    template = {
        "Resources": {name: {"Type": "AWS::SQS::Queue"} for name in ("UploadQueue", *made)},
        "Outputs": {name: {"Value": value} for name, value in given.items()},
    }
    of("cloudformation", region).create_stack(StackName=STACK, TemplateBody=json.dumps(template))


def make_api(secret: str = SECRET) -> None:
    told = {"Variables": {"ORIGIN_SECRET_SHA256": secret}}
    make_function(boto3.Session(region_name=HOME), f"{STACK}-api", Environment=told)


def make_home() -> None:
    make_tables()
    make_stack(HOME, "ReactionsTable", "UserPool")
    make_api()


def stream(name: str, region: str) -> str:
    return str(of("dynamodb", region).describe_table(TableName=f"{STACK}-{name}")["Table"]["LatestStreamArn"])


class TestAlone:
    def test_a_stack_that_is_alone_asks_nothing(self) -> None:
        def asked(region: str) -> boto3.Session:
            raise AssertionError(region)

        assert regions.told(ConfigEnv("phase1", STACK, HOME, effective()), asked) == {}
        assert list(regions.findings(ConfigEnv("phase1", STACK, HOME, effective()), asked)) == []


class TestAway:
    def test_it_is_told_of_its_replicas_and_of_home(self) -> None:
        make_home()
        replicate(SECOND)

        assert regions.told(away()) == {
            **{parameter: stream(name, SECOND) for parameter, name in regions.STREAMS.items()},
            "HomeUserPoolId": f"{HOME}_Pool",
            "HomeUserPoolClientId": "client",
            "HomeUploadsBucket": f"uploads-{HOME}",
            "OriginSecretSha256": SECRET,
        }

    def test_the_template_takes_all_of_it(self) -> None:
        make_home()
        replicate(SECOND)
        values = away().parameters

        assert effective(values, regions.told(away()))["ReactionsStream"].startswith(f"arn:aws:dynamodb:{SECOND}:")

    def test_home_comes_first(self) -> None:
        with pytest.raises(
            Refusal, match=f"{SECOND} has no replica of {STACK}-reactions; deploy the env of home first"
        ):
            regions.told(away())

    def test_tables_alone_are_no_home(self) -> None:
        make_tables()
        replicate(SECOND)

        with pytest.raises(Refusal, match=f"{HOME}, which is home, has no stack {STACK}; deploy the env of home"):
            regions.told(away())

    def test_a_home_without_the_secret_is_no_home_yet(self) -> None:
        make_tables()
        make_stack(HOME, "ReactionsTable", "UserPool")
        make_api(secret="")
        replicate(SECOND)

        with pytest.raises(Refusal, match="knows no secret of the edge"):
            regions.told(away())

    def test_preflight_says_so_before_anything_is_built(self) -> None:
        (finding,) = regions.findings(away())

        assert (finding.check, finding.state) == ("regions", State.REFUSED)
        assert "first" in finding.cure


class TestHome:
    def test_the_first_deploy_is_told_nothing(self) -> None:
        assert regions.told(home(ThirdRegion=THIRD)) == {}

    def test_pictures_are_copied_to_stacks_that_are_there(self) -> None:
        make_home()
        replicate(SECOND)
        make_stack(SECOND)

        assert regions.told(home(ThirdRegion=THIRD)) == {
            "SecondUploadsBucket": f"uploads-{SECOND}",
            "SecondMediaBucket": f"media-{SECOND}",
        }
        states = {finding.said: finding.state for finding in regions.findings(home(ThirdRegion=THIRD))}
        assert states == {
            f"pictures are copied to {SECOND}": State.GOOD,
            f"no stack in {THIRD} yet: no pictures are copied there": State.NOTE,
        }

    def test_a_deploy_adds_one_replica(self) -> None:
        make_home()

        assert regions.told(home()) == {}
        with pytest.raises(Refusal, match=f"{SECOND}, {THIRD} are several|{THIRD}, {SECOND} are several"):
            regions.told(home(ThirdRegion=THIRD))

    def test_it_goes_on_with_tables_that_it_did_not_make(self) -> None:
        """A region that becomes home had replicas; and a stack that was deleted left its tables."""
        make_home()
        replicate(SECOND)
        make_stack(SECOND)

        told = regions.told(promoted())

        assert told["ReactionsStream"] == stream("reactions", SECOND)
        assert (told["HomeUserPoolId"], told["HomeUserPoolClientId"]) == (f"{HOME}_Pool", "client")
        assert "OriginSecretSha256" not in told

    @pytest.mark.parametrize(
        ("made", "there", "told"),
        [((), False, {}), ((), True, {"InboxStands": "true"}), (("NotificationsTable",), True, {})],
        ids=["never home", "home before", "home"],
    )
    def test_it_makes_a_table_of_inboxes_where_there_is_none(
        self, made: tuple[str, ...], told: dict[str, str], *, there: bool
    ) -> None:
        make_home()
        replicate(SECOND)
        make_stack(SECOND, *made)
        if there:
            make_table("notifications", SECOND)

        known = regions.told(promoted())

        assert {name: value for name, value in known.items() if name == "InboxStands"} == told
        assert effective(promoted().parameters, known)["InboxStands"] == ("true" if told else "false")

    def test_it_cannot_give_those_a_replica(self) -> None:
        make_home()
        replicate(SECOND)
        make_stack(SECOND)

        with pytest.raises(Refusal, match=f"no replica in {THIRD}; add it by aws dynamodb update-table"):
            regions.told(promoted(SecondRegion=THIRD))


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (lambda: home(HomeRegion=SECOND), f"home is home in {HOME}, and its HomeRegion is {SECOND}"),
        (lambda: away(HomeRegion=SECOND), f"away is not home in {SECOND}, and its HomeRegion is {SECOND}"),
        (lambda: away(HomeRegion=""), "and its HomeRegion is empty"),
        (lambda: home(Regions=HOME), f"Regions of home lacks {SECOND}"),
        (lambda: away(Regions=""), f"Regions of away lacks {SECOND}, {HOME}"),
    ],
)
def test_what_contradicts_itself_is_refused(env: Callable[[], ConfigEnv], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        regions.told(env())
