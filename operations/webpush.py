"""The key by which push services know the platform (VAPID), made and stored without being seen.

The private half goes into a SecureString of Systems Manager, which `effects` alone may read; it is shown to nobody. The
public half is told to browsers when they register, so another key makes every device register anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec

from mundotango.adapters.vapid import base64url, key_of, public_of
from operations.options import Env, RegionName, Stack, examples, find
from operations.refusal import Refusal, aws_errors_explained

if TYPE_CHECKING:
    from operations.deployed import Deployed

app = typer.Typer(
    no_args_is_help=True,
    help="Notifications that browsers show while the site is not open.",
    epilog=examples("mundo webpush create-key"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """What the template is told of it: the name of the parameter that has it, and its public half."""

    parameter: str
    public: str

    @property
    def parameters(self) -> dict[str, str]:
        """With a short name of the key before it, which a version's description has room for."""
        name = self.public[1:9]  # all of them begin with the same letter
        return {"VapidKeyParameter": self.parameter, "VapidPublicKey": f"{name}.{self.public}"}


@app.command("create-key", epilog=examples("mundo webpush create-key", "mundo webpush create-key --replace"))
def create(
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where there is one: every device has to register anew then.")
    ] = False,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Make the key of Web Push and store it; then say what to put into samconfig.toml. Before the first deploy too."""
    deployed = find(env, stack, region)
    known = None if replace else find_key(deployed)
    if known is not None:
        raise Refusal(
            f"{known.parameter} has a key already, whose public half is {known.public}",
            cure="keep it, or give --replace, after which every device has to register anew",
        )
    made = create_key(deployed, replace=replace)
    print(f"stored in {made.parameter}; put this into parameter_overrides of config env {env} and deploy:")
    for name, value in made.parameters.items():
        print(f'    "{name}={value}",')


def find_key(deployed: Deployed) -> Key | None:
    parameter = _parameter(deployed)
    with aws_errors_explained(f"reading {parameter}"):
        try:
            found = _ssm(deployed).get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise
    return Key(parameter, public_of(key_of(found)))


def create_key(deployed: Deployed, *, replace: bool = False) -> Key:
    parameter, key = _parameter(deployed), ec.generate_private_key(ec.SECP256R1())
    private = base64url(key.private_numbers().private_value.to_bytes(32))
    with aws_errors_explained(f"storing {parameter}"):
        _ssm(deployed).put_parameter(
            Name=parameter,
            Description="Mundo Tango: the private key of Web Push",
            Type="SecureString",
            Value=private,
            Overwrite=replace,
        )
    return Key(parameter, public_of(key))


def _parameter(deployed: Deployed) -> str:
    return f"/{deployed.stack_name}/web-push-key"


def _ssm(deployed: Deployed) -> Any:
    return deployed.session.client("ssm", endpoint_url=deployed.endpoint)
