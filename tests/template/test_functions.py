"""The functions of the template and their code, in step."""

import ast
import importlib.util
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from mundotango import settings
from mundotango.adapters.push_service import LINES
from mundotango.adapters.pusher import BATCH_TIME
from mundotango.exports.policy import LEASE
from mundotango.realtime.policy import RESUME_TIME
from mundotango.webpush.policy import MOST_DEVICES
from mundotango.webpush.sending import OLDEST, SENDING
from operations.templates import ROOT, load, references
from tests.roles import named
from tests.template import edges
from tests.template.needs import known, required

Functions = dict[str, dict[str, Any]]
Resources = dict[str, dict[str, Any]]

FUNCTIONS = [
    name for name, one in load("template.yaml")["Resources"].items() if one["Type"] == "AWS::Serverless::Function"
]
each_function = pytest.mark.parametrize("name", FUNCTIONS)


def module_of(function: dict[str, Any]) -> str:
    return str(function["Handler"]).rpartition(".")[0]


def variables(function: dict[str, Any]) -> dict[str, Any]:
    given = function["Environment"]["Variables"]
    return {key: value for key, value in given.items() if not key.startswith("POWERTOOLS_")}


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_recipe", ROOT / "packaging" / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@each_function
def test_handler_is_a_function_of_a_module_that_is_there(name: str, functions: Functions) -> None:
    module, _, function = functions[name]["Handler"].rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@each_function
def test_environment_holds_what_the_code_requires(name: str, functions: Functions) -> None:
    missing = required(module_of(functions[name])) - variables(functions[name]).keys()
    assert not missing, f"{name} asks for {sorted(missing)}, which template.yaml does not give it"


@each_function
def test_environment_holds_nothing_the_code_does_not_read(name: str, functions: Functions) -> None:
    unread = variables(functions[name]).keys() - known(module_of(functions[name]))
    assert not unread, f"nothing in the reach of {name} reads {sorted(unread)}"


def test_every_table_and_bucket_is_somebodys(resources: Resources) -> None:
    stores = {n for n, one in resources.items() if one["Type"] in {"AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket"}}
    assert stores == stores & {named(value) for one in resources.values() for value in told(one)}


# These act by themselves; whatever else nothing refers to would be there for nobody.
ACTS_BY_ITSELF = {
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Budgets::Budget",
    "AWS::CloudFormation::Stack",
    "AWS::CloudFront::Distribution",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::SubscriptionFilter",
    "AWS::PricingPlanManager::Subscription",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Backup::BackupSelection",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCEndpoint",
    "AWS::Lambda::Permission",
    "AWS::RDS::DBInstance",  # of a cluster, which finds its instances itself
    "AWS::RDS::DBProxyTargetGroup",
    "AWS::RDS::GlobalCluster",
    "AWS::Route53::RecordSet",
    "AWS::Route53::RecordSetGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",  # read by name, from another region
    "AWS::Serverless::Function",  # called by the events it names
    "AWS::WAFv2::LoggingConfiguration",
}


def told(resource: dict[str, Any]) -> list[Any]:
    given = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
    return [value for value in given.values() if isinstance(value, dict)]


def test_no_resource_is_there_for_nobody(template: dict[str, Any], nested: dict[str, Any]) -> None:
    for place, one in {"template.yaml": template, **nested}.items():
        used = {name.split(".")[0] for name in references([one.get("Globals"), one["Resources"]])}
        used |= {named(value) for of in one["Resources"].values() for value in told(of)}
        idle = {name for name, of in one["Resources"].items() if of["Type"] not in ACTS_BY_ITSELF} - used
        # What a nested template makes for its parent is an output there.
        given = set() if place == "template.yaml" else {n.split(".")[0] for n in references(one.get("Outputs", {}))}
        assert idle <= given | set(one.get("Outputs", {})), (
            f"{place} has resources that nothing uses: {sorted(idle - given)}"
        )


@each_function
def test_code_is_built_for_the_function(name: str, functions: Functions, recipe: ModuleType) -> None:
    folder = module_of(functions[name]).rpartition(".")[0].replace(".", "/")
    assert recipe.ARTIFACTS[name].code == (folder,)


def test_nothing_is_built_that_the_template_lacks(resources: Resources, recipe: ModuleType) -> None:
    built = {name for name, one in resources.items() if one.get("Metadata", {}).get("BuildMethod") == "makefile"}
    assert set(recipe.ARTIFACTS) == built
    listed = (ROOT / "packaging" / "functions.mk").read_text(encoding="utf-8").split("ARTIFACTS :=")[1].split("\n\n")[0]
    assert set(listed.replace("\\", " ").split()) == built


@each_function
def test_a_parameter_that_changes_publishes_a_version(
    name: str, functions: Functions, template: dict[str, Any]
) -> None:
    """A version is published when the function changes *as written*: of a parameter, its name. The alias that all
    callers use would go on with the old value, were the value not part of the version's description."""
    function = functions[name]
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    changing = {
        reference
        for reference in references([function["Environment"], shared])
        if reference in template["Parameters"]
        or reference.startswith(("Migration.", "Database.", "Cache.", "EdgeStack."))
    }
    described = set(references(function["VersionDescription"]))
    # The edge's secret is made by the first migration of the database, and anew where this parameter says so.
    secret = {"Migration.OriginSecretSha256", "OriginSecretSha256"}
    changing = changing - secret | ({"OriginSince"} if changing & secret else set())
    # One short id stands for all the attributes of a nested stack, and for all that is known of a distribution.
    stacks = {reference.split(".")[0] for reference in described}
    left = {
        name
        for name in changing - described
        if not (name.startswith(("Database.", "Cache.", "EdgeStack.")) and name.split(".")[0] in stacks)
        and not (name == "DistributionDomain" and "DistributionId" in described)
    }
    assert not left, f"{name}: a change of {sorted(left)} would not reach the alias"


def test_runtime_is_the_python_the_code_is_compiled_for(template: dict[str, Any], recipe: ModuleType) -> None:
    assert template["Globals"]["Function"]["Runtime"] == f"python{recipe.PYTHON}"
    assert re.search(
        rf'requires-python = "=={recipe.PYTHON}\.\*"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )


class TestTimeOuts:
    """Each caller waits longer than any one call it makes."""

    def test_api(self, functions: Functions, resources: Resources) -> None:
        gateway = resources["ApiIntegration"]["Properties"]["TimeoutInMillis"] / 1000
        assert functions["ApiFunction"]["Timeout"] == settings.API_TIMEOUT < gateway < 35  # the client's own
        inside = (settings.AWS_CALL_TIMEOUT * settings.AWS_CALL_ATTEMPTS, settings.SQL_TIMEOUT, settings.CACHE_TIMEOUT)
        assert max(inside) < settings.API_TIMEOUT

    def test_edge(self) -> None:
        origins = edges.origins()
        waits = {name: origins[name]["CustomOriginConfig"]["OriginReadTimeout"] for name in ("api", "public-api")}
        assert waits == {"api": 30, "public-api": 5}

    @pytest.mark.parametrize("names", [{}, edges.NAMES], ids=["home first", "the nearest first"])
    def test_edge_before_two_regions(self, names: dict[str, str]) -> None:
        """What is public is given up as early with two who are asked one after the other as with one."""
        given = edges.SECOND | names
        asked = [one["OriginId"] for one in edges.groups(**given)["public-apis"]["Members"]["Items"]]
        origins = edges.origins(**given)
        assert sum(origins[name]["CustomOriginConfig"]["OriginReadTimeout"] for name in asked) == 5
        assert all(origins[name]["ConnectionAttempts"] == origins[name]["ConnectionTimeout"] == 1 for name in asked)

    def test_push_and_jobs(self, functions: Functions) -> None:
        # To send and to close what failed, and then to forget it.
        assert functions["PushFunction"]["Timeout"] > 2 * (BATCH_TIME + settings.SOCKET_DELIVERY_TIMEOUT)
        assert functions["JobsFunction"]["Timeout"] == settings.JOBS_TIMEOUT
        a_call = settings.AWS_CALL_TIMEOUT * settings.AWS_CALL_ATTEMPTS
        gateway = 29  # seconds that API Gateway waits for what answers a frame
        assert RESUME_TIME.total_seconds() + a_call < functions["WsConnectFunction"]["Timeout"] < gateway
        for name in ("WsConnectFunction", "WsAuthorizerFunction"):
            assert functions[name]["Timeout"] > settings.AWS_CALL_TIMEOUT * settings.AWS_CALL_ATTEMPTS

    def test_a_batch_of_commands(self, functions: Functions) -> None:
        effects = functions["EffectsFunction"]
        a_call = settings.AWS_CALL_TIMEOUT * settings.AWS_CALL_ATTEMPTS
        sign_ins, pictures = (effects["Events"][name]["Properties"]["BatchSize"] for name in ("Commands", "Deletions"))
        # Somebody's sockets: found, told, closed at the gateway, and each forgotten by four calls, ten side by side.
        assert sign_ins * 7 * a_call < effects["Timeout"]
        # Two deletions and a list each, and one invalidation, of no more paths than may be in progress.
        assert pictures * 3 * a_call + a_call < effects["Timeout"]
        assert pictures <= 15

    def test_a_batch_of_web_pushes(self, functions: Functions, resources: Resources) -> None:
        effects, queue = functions["EffectsFunction"], resources["WebPushQueue"]["Properties"]
        a_call = settings.AWS_CALL_TIMEOUT * settings.AWS_CALL_ATTEMPTS
        # All items at once: ten calls that find out what to tell and put it back, and two for a device.
        slowest = (10 + 2 * MOST_DEVICES) * a_call + SENDING.total_seconds()
        assert slowest < effects["Timeout"] < queue["VisibilityTimeout"]
        assert SENDING.total_seconds() > settings.PUSH_SERVICE_TIMEOUT
        # Lines are kept for all that may be asked at once.
        assert effects["Events"]["WebPushes"]["Properties"]["BatchSize"] * MOST_DEVICES <= LINES
        # A dead letter that is given back may still be told.
        assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] < OLDEST.total_seconds() / 2

    def test_an_export_is_on_lease_for_longer_than_a_run(self) -> None:
        assert LEASE.total_seconds() > settings.JOBS_TIMEOUT

    def test_migration_answers_before_it_is_given_up(self, functions: Functions, resources: Resources) -> None:
        assert functions["MigrateFunction"]["Timeout"] < resources["Migration"]["Properties"]["ServiceTimeout"] == 600

    def test_a_message_is_hidden_for_six_tries(self, functions: Functions, resources: Resources) -> None:
        for queue, function in (("UploadQueue", "ImageWorkerFunction"), ("ChunkQueue", "PushFunction")):
            hidden = resources[queue]["Properties"]["VisibilityTimeout"]
            assert hidden >= 6 * functions[function]["Timeout"]
