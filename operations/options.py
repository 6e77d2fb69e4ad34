"""What the commands of `mundo` have in common: which stack is meant, and how they show examples."""

from dataclasses import replace
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError

from operations import config_env, deployed
from operations.config_env import ConfigEnv
from operations.deployed import Deployed
from operations.refusal import SIGN_IN, Refusal

Env = Annotated[str, typer.Option("--env", help="Config env of samconfig.toml; `local` is the one `make run` started.")]
WhileStopped = Annotated[
    bool, typer.Option("--while-stopped", help="After a restore: also while writes are stopped for everybody else.")
]
Stack = Annotated[str, typer.Option("--stack", help="Name of the stack, where it is not the config env's.")]
RegionName = Annotated[str, typer.Option("--region", help="AWS region, where it is not the config env's.")]


def examples(*lines: str) -> str:
    return "\n\n".join(["Examples:", *lines])


def named(env: str, stack: str) -> ConfigEnv:
    found = config_env.load(env)
    return replace(found, stack_name=stack or found.stack_name)


def session(env: ConfigEnv, region: str) -> boto3.Session:
    try:
        made = boto3.Session(region_name=region or env.region)
    except BotoCoreError as error:  # a profile that does not exist
        raise Refusal(str(error), cure=SIGN_IN) from error
    if not made.region_name:
        raise Refusal("no AWS region", cure=f"give --region, or add region to config env {env.name} in samconfig.toml")
    return made


def find(env_name: str, stack: str, region: str) -> Deployed:
    """The stack that `--env`, `--stack` and `--region` mean."""
    env = named(env_name, stack)
    return deployed.find_local(env) if env.name == "local" else Deployed(session(env, region), env.stack_name)
