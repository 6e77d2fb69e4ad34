"""Copies of a running PostgreSQL: one that follows it, and one made from its backup and its archived log.

These are the server's own means, which RDS and Aurora manage for us at AWS: streaming replication, and a base backup
with the log of changes applied up to a moment.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import psycopg

from devstack import postgres
from devstack.postgres import PostgresFailed, Server

# The log is archived at least so often while anything is written.
ARCHIVE_SECONDS = 1
PROMOTION_SECONDS = 30
ARCHIVE_PATIENCE_SECONDS = 30


def archiving(archive: Path) -> dict[str, str]:
    """Settings of a server whose log of changes is to be kept in the folder."""
    return {
        "archive_mode": "on",
        "archive_command": f'test ! -f "{archive}/%f" && cp "%p" "{archive}/%f.part" && '
        f'mv "{archive}/%f.part" "{archive}/%f"',
        "archive_timeout": f"{ARCHIVE_SECONDS}s",
    }


def back_up(server: Server, data_dir: Path) -> None:
    """A physical backup, taken while the server works; without the log of changes since, which is the archive's."""
    home = postgres.folder(data_dir)
    address = ("-h", server.host, "-p", str(server.port), "-U", server.superuser)
    postgres.run("pg_basebackup", *address, "-D", home, "-c", "fast", "-X", "none", within=home)


def follow(server: Server, data_dir: Path, port: int, settings: Mapping[str, str] | None = None) -> Server:
    """A copy that follows the server and answers who reads; its name there is that of its folder."""
    home = postgres.folder(data_dir)
    address = ("-h", server.host, "-p", str(server.port), "-U", server.superuser)
    postgres.run("pg_basebackup", *address, "-D", home, "-c", "fast", "-X", "stream", within=home)
    (home / "standby.signal").touch()
    source = f"host={server.host} port={server.port} user={server.superuser} application_name={data_dir.name}"
    return postgres.start(data_dir, port, {**(settings or {}), "primary_conninfo": source})


def promote(server: Server) -> None:
    """Returns when the copy takes writes."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("SELECT pg_promote(true, %s)", (PROMOTION_SECONDS,))


def restore(data_dir: Path, archive: Path, port: int, until: datetime | None) -> Server:
    """Starts a server from a backup: it applies what was archived, up to the moment or its end, and then takes writes.

    It answers who reads before it has applied everything.
    """
    (data_dir.resolve() / "recovery.signal").touch()
    settings = {
        "restore_command": f'cp "{archive}/%f" "%p"',
        "recovery_target_action": "promote",
        "archive_mode": "off",
    }
    if until is not None:
        settings["recovery_target_time"] = until.isoformat()
    return postgres.start(data_dir, port, settings)


def acknowledge_with(server: Server, follower: str) -> None:
    """From here on a commit is acknowledged when that follower has written it too."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{follower}'".encode())
        connection.execute("SELECT pg_reload_conf()")


def pause(copy: Server) -> None:
    """The copy receives, and applies nothing."""
    with psycopg.connect(copy.dsn(), autocommit=True) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")


def await_writable(server: Server) -> None:
    """Returns when the server has applied what it was to apply, and takes writes. Raises PostgresFailed."""
    deadline = time.monotonic() + PROMOTION_SECONDS
    while time.monotonic() < deadline:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                return
        time.sleep(0.02)
    raise PostgresFailed(f"the restored server was not ready after {PROMOTION_SECONDS} s")


def await_archived(server: Server) -> None:
    """Returns when the archive has what is written from now on, too. Raises PostgresFailed."""
    deadline = time.monotonic() + ARCHIVE_PATIENCE_SECONDS
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        now = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
        while time.monotonic() < deadline:
            archived = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchall()
            if archived[0][0] is not None and archived > now:  # names of the log's files are in its order
                return
            time.sleep(0.05)
    raise PostgresFailed(f"nothing was archived in {ARCHIVE_PATIENCE_SECONDS} s")
