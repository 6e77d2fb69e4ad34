"""The real `sam build` and `sam deploy`, against the local cloud, and only when something they read has changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import botocore.exceptions

from devstack import ministack, toolchain
from devstack.failure import DevstackFailed
from devstack.notes import recall, remember
from devstack.paths import BUILD, LOCAL, ROOT
from devstack.stack import Aws, Stack
from operations import config_env, parameters

CONFIG_ENV = "local"
DEPLOYED = "deployed"

# The reader's own AWS, and what a `make run` around us says of itself to the make that SAM calls.
NOT_PASSED_ON = ("AWS_", "SAM_", "VIRTUAL_ENV", "MAKE", "MFLAGS", "BUILD_FOR")

# All that a build reads; what is not named here cannot change what is deployed.
SOURCES = (
    "template.yaml", "samconfig.toml", "uv.lock", "pyproject.toml", "Makefile",
    "infra", "packaging", "edge", "functions", "layers",
)  # fmt: skip


def stack_name() -> str:
    return config_env.load(CONFIG_ENV).stack_name


def fingerprint() -> str:
    """Changes with every byte a build reads."""
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build(sources: str) -> bool:
    """Builds what `fingerprint` named, unless it is built already; answers whether it had to.

    The build stands in a folder of its own: `make build` makes another architecture's.
    """
    with _building():
        stamp = BUILD / "sources"
        if stamp.exists() and stamp.read_text() == sources and (BUILD / "template.yaml").exists():
            return False
        stamp.unlink(missing_ok=True)
        sam("build", "--build-dir", str(BUILD), overrides=_overrides({}))
        stamp.write_text(sources)
        return True


def deploy(aws: Aws, sources: str, local: Mapping[str, str]) -> tuple[Stack, bool]:
    """The stack as `sources` and the parameters make it, and whether it had to be deployed for that.

    `local` are the parameters that vary from machine to machine. Deploying runs the migrations.
    """
    wanted = hashlib.sha256(json.dumps([sources, sorted(local.items())]).encode()).hexdigest()
    stack = Stack.seek(aws, stack_name())
    if stack is not None and recall(aws, DEPLOYED) == wanted:
        return stack, False
    _clear_away(aws)
    _verify_sender(aws)
    # The address that the stack has may be one with an earlier port.
    overrides = _overrides(local if stack is None else {**local, "SiteUrl": _site_url(stack)})
    with _building():
        sam("deploy", "--template-file", str(BUILD / "template.yaml"), overrides=overrides, aws=aws)
    _tell_site_url(Stack.find(aws, stack_name()), overrides)
    # Noted where the stack is, so that one that goes back to an earlier state says so.
    remember(aws, DEPLOYED, wanted)
    return Stack.find(aws, stack_name()), True


def _overrides(local: Mapping[str, str]) -> dict[str, str]:
    architecture = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    return parameters.effective(config_env.load(CONFIG_ENV).parameters, {"Architecture": architecture}, local)


def _verify_sender(aws: Aws) -> None:
    """MiniStack, as SES, sends in no name that was not verified; there, to ask is enough."""
    identity = config_env.load(CONFIG_ENV).parameters["SesIdentity"].partition("identity/")[2]
    aws.client("sesv2").create_email_identity(EmailIdentity=identity)


def _clear_away(aws: Aws) -> None:
    """A stack whose first deploy failed can only be deleted."""
    with suppress(botocore.exceptions.ClientError):
        described = aws.cloudformation.describe_stacks(StackName=stack_name())["Stacks"][0]
        if described["StackStatus"] in {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"}:
            aws.cloudformation.delete_stack(StackName=stack_name())


def _site_url(stack: Stack) -> str:
    """Where MiniStack serves the distribution."""
    label = stack.output("DistributionDomain").partition(".")[0]
    return f"http://{label}.cloudfront.localhost:{urlsplit(stack.aws.endpoint).port}"


def _tell_site_url(stack: Stack, deployed: Mapping[str, str]) -> None:
    """Has the stack know its own address, which is made by the first deploy and so cannot be a parameter of it.

    At AWS the edge tells the sockets' authorizer which host a viewer asked for; MiniStack's edge carries no sockets.
    """
    if deployed["SiteUrl"] == _site_url(stack):
        return
    cloudformation = stack.aws.cloudformation
    cloudformation.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in {**deployed, "SiteUrl": _site_url(stack)}.items()
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def _files() -> Iterator[Path]:
    for name in SOURCES:
        root = ROOT / name
        if root.is_file():
            yield root
        for path in root.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                yield path


@contextmanager
def _building() -> Iterator[None]:
    """One at a time for the checkout: a story may start while `make run` still builds."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sam(command: str, *options: str, overrides: Mapping[str, str], aws: Aws | None = None) -> None:
    log = LOCAL / f"sam-{command}.log"
    given = LOCAL / f"sam-{command}.yaml"
    given.write_text(json.dumps(overrides))  # JSON is YAML too
    arguments = [
        str(toolchain.environment("sam") / "bin" / "sam"), command,
        "--config-file", str(ROOT / "samconfig.toml"), "--config-env", CONFIG_ENV, *options,
        "--parameter-overrides", f"file://{given}",
    ]  # fmt: skip
    with log.open("w") as output:
        code = _run(arguments, aws.endpoint if aws else None, output)
    if code:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()] or [""]
        reason = next((line for line in reversed(lines) if "rror" in line or "FAILED" in line), lines[-1])
        raise DevstackFailed(f"sam {command} failed: {reason}", cure=f"read {log.relative_to(ROOT)}")


def _run(command: list[str], endpoint: str | None, output: TextIO) -> int:
    env = {key: value for key, value in os.environ.items() if not key.startswith(NOT_PASSED_ON)}
    uv = toolchain.uv()
    env |= {
        "UV": uv,
        "PATH": os.pathsep.join([str(Path(uv).parent), env.get("PATH", os.defpath)]),
        "ENV": CONFIG_ENV,  # what the build is for
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ACCESS_KEY_ID": ministack.ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": ministack.REGION,
        "AWS_DEFAULT_REGION": ministack.REGION,
        # Whatever profile the reader has is not meant.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    if endpoint:
        env["AWS_ENDPOINT_URL"] = endpoint
    return subprocess.run(
        command, check=False, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    ).returncode
