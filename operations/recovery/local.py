"""The restore drill on this machine: what it takes to be sure that a restore works, in seconds and on little data.

PostgreSQL is real: a base backup and the archived log of changes, applied up to a moment, are what RDS restores from.
What stands for AWS elsewhere is said in the report.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from devstack import copies, database, postgres
from devstack.ports import free_port
from devstack.postgres import Server
from mundotango import migrations, settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import WAIT_SECONDS, Database
from mundotango.keys.repository import KeyRepository
from mundotango.keys.service import make_keys
from mundotango.migrations.roles import APP, OWNER
from mundotango.observability import logger
from mundotango.recovery import service
from mundotango.recovery.model import Digest
from operations.recovery import stores, writing
from operations.recovery.report import Line, Report
from operations.recovery.writing import Acknowledged, Writer
from operations.refusal import Refusal

WRITERS = 2
# How long a writer asks for a connection: when the server is lost, all wait for them to give up.
WRITER_SECONDS = 1.0
NOTES = [
    "RDS archives the log every five minutes (Aurora: continuously); here it is archived every second",
    "point-in-time recovery of DynamoDB is stood for by moto, which copies the table as it is, whatever the moment",
    "S3 is stood for by moto; what is restored from there are versions of objects, by their times",
]

type Say = Callable[[str], None]


@dataclass(slots=True)
class Scene:
    """Where everything of a drill lies, and what became of it."""

    folder: Path
    random: random.Random
    writers: list[Writer] = field(default_factory=list)
    servers: list[Path] = field(default_factory=list)

    def place(self, name: str) -> Path:
        self.servers.append(self.folder / name)
        return self.servers[-1]

    @property
    def log(self) -> list[Acknowledged]:
        return sorted((one for writer in self.writers for one in writer.log), key=lambda one: one.at)


@dataclass(frozen=True, slots=True)
class Known:
    """What was in every table at a moment at which nobody was writing."""

    at: datetime
    tables: dict[str, Digest]


def drill(seconds: float, seed: int | None, say: Say) -> Report:
    """Takes a little longer than `seconds`, in which people write, before the moment and after it."""
    with _quiet(), _scene(seed) as scene:
        say("starting a database whose log is archived")
        archive = postgres.folder(scene.folder / "archive")
        primary = _start(scene.place("primary"), archive)
        scene.writers = [
            Writer(open_at(primary, WRITER_SECONDS), _chance(scene.random.random())) for _ in range(WRITERS)
        ]
        for writer in scene.writers:
            writer.database.ping()  # the connection is there before the backup is in its way
            writer.start()
        say("taking a backup while people write")
        copies.back_up(primary, scene.place("backup"))
        time.sleep(seconds * scene.random.uniform(0.2, 0.8))
        known = _look(primary, scene)
        copies.await_archived(primary)  # before that the moment cannot be restored to, here as at AWS
        time.sleep(seconds / 2)
        disaster = datetime.now(UTC)
        postgres.kill(scene.folder / "primary")
        for writer in scene.writers:
            writer.stop()
        if not any(one.at > known.at for one in scene.log):
            raise Refusal("nobody wrote after the moment, so this would show little", cure="give more --seconds")

        say(f"restoring to {known.at:%H:%M:%S.%f}, and to the end of the archive")
        began = time.monotonic()
        then = _restore(scene, archive, "then", known.at)
        rto = time.monotonic() - began
        lines = [*_tables(then, known), _acknowledged(then, scene.log, known.at)]
        end = _restore(scene, archive, "end", None)
        rpo = _lost_seconds(end, scene.log, disaster)
        say("restoring tables of DynamoDB and objects of S3")
        lines += stores.drill_in_moto(scene.random)
    return Report("local", known.at, rpo, rto, lines, NOTES)


def open_at(server: Server, wait: float = WAIT_SECONDS) -> Database:
    reached = settings.Database(server.host, server.port, database.NAME, APP, "disable", 1)
    return Database(reached, "us-east-1", password=lambda: "trusted", wait=wait)


@contextmanager
def _scene(seed: int | None) -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="mundo-tango-drill-"))
    scene = Scene(folder, _chance(seed))
    try:
        yield scene
    except postgres.PostgresFailed as failure:
        raise Refusal(
            str(failure), cure="run it again; if it stays so, look at the disk and at devstack/postgres.py"
        ) from failure
    finally:
        for writer in scene.writers:
            with suppress(RuntimeError):
                writer.stop()
        for data in scene.servers:
            postgres.forget(data)
        postgres.forget(folder / "archive")
        shutil.rmtree(folder, ignore_errors=True)


def _chance(seed: float | None) -> random.Random:
    return random.Random(seed)  # noqa: S311 - chance, no secret


@contextmanager
def _quiet() -> Iterator[None]:
    """What the platform logs of a database that is away is what a drill is about, and would stand amid its answer."""
    log = logger()
    before = log.log_level
    log.setLevel("CRITICAL")
    try:
        yield
    finally:
        log.setLevel(before)


def _start(data: Path, archive: Path) -> Server:
    server = postgres.start(data, free_port(), copies.archiving(archive))
    database.create(server)
    with psycopg.connect(server.dsn(database.NAME, OWNER), autocommit=True) as connection:
        migrations.apply(connection)
        make_keys(KeyRepository(connection), SystemClock())
    return server


def _look(server: Server, scene: Scene) -> Known:
    """At a moment that chance chose, between two writes of each writer."""
    for writer in scene.writers:
        writer.gate.acquire()
    try:
        with closing_database(server) as found:
            tables = service.digests(found)
        return Known(datetime.now(UTC), tables)
    finally:
        for writer in scene.writers:
            writer.gate.release()


def _restore(scene: Scene, archive: Path, name: str, until: datetime | None) -> Server:
    postgres.duplicate(scene.folder / "backup", scene.place(name))
    server = copies.restore(scene.folder / name, archive, free_port(), until)
    copies.await_writable(server)
    return server


def _tables(server: Server, known: Known) -> list[Line]:
    with closing_database(server) as found:
        restored = service.digests(found)
    different = service.row_differences(known.tables, restored)
    nothing = Digest(0, "")
    return [
        Line("postgresql", name, digest.rows, restored.get(name, nothing).rows, different.get(name, 0))
        for name, digest in known.tables.items()
    ]


def _acknowledged(server: Server, log: list[Acknowledged], until: datetime) -> Line:
    """By the writers' own log, which no database had a hand in."""
    expected = len({one.post_id for one in log if one.at <= until})
    with closing_database(server) as found:
        wrong = writing.wrong(found, log, until)
    return Line("postgresql", "posts by the writers' log", expected, expected - len(wrong), len(wrong))


def _lost_seconds(server: Server, log: list[Acknowledged], disaster: datetime) -> float:
    with closing_database(server) as found:
        lost = writing.first_lost(found, log)
    return 0.0 if lost is None else (disaster - lost.at).total_seconds()


@contextmanager
def closing_database(server: Server) -> Iterator[Database]:
    found = open_at(server)
    try:
        yield found
    finally:
        found.close()
