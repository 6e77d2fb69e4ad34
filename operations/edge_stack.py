"""The edge and the platform's stacks: what each is told of the others, and the edge's deploy where it stands apart.

CloudFront's firewall and certificate are in us-east-1. A platform whose region is another one has its edge in a stack
of its own there, deployed after the platform's; that one then learns which distribution may read its pictures.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from operations import parameters
from operations.account import AwsAccount
from operations.config_env import SAMCONFIG, ConfigEnv
from operations.deployed import Deployed
from operations.options import session
from operations.refusal import Refusal

if TYPE_CHECKING:
    import boto3

REGION = "us-east-1"
TEMPLATE = Path(__file__).parent.parent / "infra" / "edge" / "template.yaml"
# What the edge is given as the platform's stack has it.
SHARED = (
    "SiteUrl", "CertificateArn", "DomainName", "HostedZoneId", "ViewerProtocol", "Waf", "EdgePlan",
    "LogRetentionDays", "TraceShare",
)  # fmt: skip
FROM_OUTPUTS = ("ApiHost", "SocketHost", "MediaDomain", "OriginSecretName")
DISTRIBUTION = ("DistributionId", "DistributionDomain")
type Sessions = Callable[[str], boto3.Session]
type Run = Callable[[Sequence[str]], int]


def told(env: ConfigEnv, sessions: Sessions | None = None) -> dict[str, str]:
    """What the platform's stack is told of an edge that another makes, or of the second region behind its own.

    The parameters of `env` are all that the template has. Nothing is told of what is not there yet; a stack that makes
    its own edge before one region asks AWS nothing.

    Raises:
        Refusal: the edge is another stack's, and nothing says whose, or that has none.
    """
    found = _Stacks(env, sessions)
    match env.parameters["Edge"]:
        case "here":
            return _second(found)
        case "apart":
            return _distribution(found.outputs(REGION, name_of(env)))
        case _:
            return _distribution_of_home(found)


def given(env: ConfigEnv, sessions: Sessions | None = None) -> dict[str, str]:
    """Every parameter of the edge's own template, when it stands apart from the stack of `env`.

    Raises:
        Refusal: that stack is not there, or does not say of itself what the edge must know.
    """
    found = _Stacks(env, sessions)
    outputs = found.outputs(found.region, env.stack_name)
    missing = [name for name in FROM_OUTPUTS if not outputs.get(name)]
    if missing:
        said = f"the stack {env.stack_name} in {found.region} has no output {missing[0]}"
        raise Refusal(said, cure="deploy this version of it with Edge=apart first")
    values = env.parameters
    named = all(values[name] for name in ("DomainName", "HostedZoneId", "RegionalCertificateArn"))
    defaults = {name: str(one.get("Default", "")) for name, one in parameters.declared(TEMPLATE).items()}
    return {
        **defaults,
        **{name: values[name] for name in SHARED},
        **{name: outputs[name] for name in FROM_OUTPUTS},
        **_second(found),
        "Name": f"{env.stack_name}-{found.region}",
        "RegionalNames": str(named).lower(),
    }


def deploy(env: ConfigEnv, sam: str, overrides: Path, run: Run, sessions: Sessions | None = None) -> int:
    """The exit code of SAM; nothing is done for a stack that makes its own edge, or has none.

    `overrides` is what the platform's stack was deployed with. It is deployed again when it did not know its
    distribution, which happens once.
    """
    if env.parameters["Edge"] != "apart":
        return 0
    found = _Stacks(env, sessions)
    of_edge = overrides.with_name("edge-parameters.yaml")
    of_edge.write_text(json.dumps(given(env, sessions)), encoding="utf-8")
    configured = [sam, "deploy", "--config-file", str(SAMCONFIG), "--config-env", env.name]
    code = run([
        *configured, "--template-file", str(TEMPLATE), "--stack-name", name_of(env), "--region", REGION,
        "--parameter-overrides", f"file://{of_edge}",
    ])  # fmt: skip
    if code:
        return code
    made = _distribution(found.outputs(REGION, name_of(env)))
    known = json.loads(overrides.read_text(encoding="utf-8"))
    if made.items() <= known.items():
        return 0
    print(f"the stack {env.stack_name} learns of the distribution {made['DistributionId']}", file=sys.stderr)
    overrides.write_text(json.dumps(known | made, indent=2), encoding="utf-8")
    return run([*configured, "--parameter-overrides", f"file://{overrides}"])


def name_of(env: ConfigEnv) -> str:
    """The edge's own stack, one for each region that has one: all of them are in us-east-1."""
    return f"{env.stack_name}-edge-{env.region}"


@dataclass(frozen=True)
class _Stacks:
    env: ConfigEnv
    sessions: Sessions | None

    @property
    def region(self) -> str:
        if self.env.region is None:
            raise Refusal(f"config env {self.env.name} names no region", cure="add region to it in samconfig.toml")
        return self.env.region

    def outputs(self, region: str, name: str) -> Mapping[str, str]:
        """Empty for a stack that is not there yet."""
        found = self.sessions(region) if self.sessions else session(replace(self.env, region=region), "")
        if AwsAccount(found).stack_status(name) is None:
            return {}
        return Deployed(found, name).outputs


def _distribution(outputs: Mapping[str, str]) -> dict[str, str]:
    return {name: outputs[name] for name in DISTRIBUTION if outputs.get(name)}


def _distribution_of_home(found: _Stacks) -> dict[str, str]:
    home = found.env.parameters.get("HomeRegion", "")
    if not home:
        raise Refusal("Edge=none, and nothing says whose edge it is", cure="give HomeRegion, or Edge=here or apart")
    made = _distribution(found.outputs(home, found.env.stack_name))
    if not made:
        raise Refusal(f"the stack {found.env.stack_name} in {home} has no distribution", cure="deploy its env first")
    return made


def _second(found: _Stacks) -> dict[str, str]:
    region = found.env.parameters.get("SecondRegion", "")
    outputs = found.outputs(region, found.env.stack_name) if region else {}
    pairs = {"SecondApiHost": "ApiHost", "SecondMediaDomain": "MediaDomain"}
    return {name: outputs[output] for name, output in pairs.items() if outputs.get(output)}
