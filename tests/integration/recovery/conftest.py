"""Two real servers, of which one follows the other, and people who write and read through the real API meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from uuid import UUID

import pytest

from devstack import copies, postgres
from devstack.postgres import Server
from mundotango import ids, settings
from mundotango.adapters.postgres import Database
from mundotango.adapters.reader import WAIT_SECONDS, Reader
from mundotango.bootstrap import Platform
from mundotango.errors import ReaderAway
from mundotango.migrations.roles import APP
from tests.fakes.cache import FakeCache
from tests.fakes.requests import FakeRates
from tests.fixtures.gateway import Answer, Gateway, fake_platform
from tests.fixtures.postgres import _free_port, make_database

NAME = "community"
PATIENCE_SECONDS = 30.0
# A server that acknowledges a commit only when the copy has it, as Aurora's storage does for its readers.
LASTING = {"fsync": "off", "max_connections": "60"}


@dataclass(slots=True)
class Pair:
    primary: Server
    copy: Server


@pytest.fixture
def start_pair(tmp_path: Path) -> Iterator[Callable[..., Pair]]:
    """`together`: a commit is acknowledged only when the copy has it too."""
    folders = [tmp_path / "primary", tmp_path / "copy"]

    def start(*, together: bool) -> Pair:
        primary = postgres.start(folders[0], _free_port(), LASTING)
        make_database(primary, NAME)
        copy = copies.follow(primary, folders[1], _free_port(), LASTING)
        if together:
            copies.acknowledge_with(primary, "copy")
        return Pair(primary, copy)

    yield start
    for folder in folders:
        postgres.forget(folder)


def open_database(server: Server, **options: object) -> Database:
    chosen = settings.Database(server.host, server.port, NAME, APP, "disable", 1)
    return Database(chosen, "eu-west-1", password=lambda: "trusted", **options)  # type: ignore[arg-type]


def platform_at(server: Server, reader: Server | None = None) -> Platform:
    platform = fake_platform()
    platform.database = open_database(server)
    if reader is not None:
        copy = open_database(reader, wait=WAIT_SECONDS, away=ReaderAway)
        platform.reader = Reader(copy, lambda: platform.cache)
    return platform


def close(platform: Platform) -> None:
    platform.database.close()
    if platform.reader is not None:
        platform.reader.database.close()


@dataclass(slots=True)
class Crowd:
    """Somebody who writes without pause and somebody who reads, each through an environment of their own.

    `at` says where the functions go now; every answer is kept with the time at which it came.
    """

    at: Callable[[], tuple[Server, Server | None]]
    writes: list[tuple[float, float, Answer]] = field(default_factory=list)
    reads: list[tuple[float, float, Answer]] = field(default_factory=list)
    person: UUID = field(default_factory=ids.new_id)
    pause: float = 0.01
    _over: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def __enter__(self) -> "Crowd":
        self._ask_once("POST", "/api/users", {"handle": "malena", "display_name": "Malena", "city": "Buenos Aires"})
        self._threads = [Thread(target=self._write), Thread(target=self._read)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    @property
    def written(self) -> list[str]:
        """Where everything stands whose writing was acknowledged."""
        return [answer.headers["location"] for _, _, answer in self.writes if answer.status == 201]

    @property
    def refused(self) -> list[Answer]:
        return [answer for _, _, answer in self.writes if answer.status != 201]

    def await_written(self, many: int) -> None:
        """Returns when so many more writes are acknowledged, and as many readings are answered."""
        writes, reads = len(self.written) + many, len(self.reads) + many
        deadline = monotonic() + PATIENCE_SECONDS
        while len(self.written) < writes or len(self.reads) < reads:
            assert monotonic() < deadline, f"{len(self.written)} written, {len(self.reads)} read"
            sleep(0.02)

    @property
    def gap(self) -> float:
        """The longest time in seconds between two writes that were acknowledged."""
        done = [ended for _, ended, answer in self.writes if answer.status == 201]
        return max(later - earlier for earlier, later in pairwise(done))

    def _ask_once(self, method: str, path: str, body: object) -> None:
        platform = platform_at(*self.at())
        gateway = Gateway(platform)
        assert gateway.call(method, path, user=self.person, json=body).status == 201
        gateway.close()
        close(platform)

    def _write(self) -> None:
        numbers = iter(range(1_000_000))
        self._keep_asking(
            self.writes, lambda gateway: gateway.post("/api/posts", user=self.person, json={"body": f"{next(numbers)}"})
        )

    def _read(self) -> None:
        self._keep_asking(self.reads, lambda gateway: gateway.get("/api/users/malena/followers", user=self.person))

    def _keep_asking(self, answers: list[tuple[float, float, Answer]], ask: Callable[[Gateway], Answer]) -> None:
        where = self.at()
        platform = platform_at(*where)
        gateway = Gateway(platform)
        while not self._over.is_set():
            if self.at() != where:  # a deploy: a new environment takes over
                gateway.close()
                close(platform)
                where = self.at()
                platform = platform_at(*where)
                gateway = Gateway(platform)
            # More than any one person may.
            platform.rates, platform.cache = FakeRates(), FakeCache(platform.clock)
            started = monotonic()
            answer = ask(gateway)
            answers.append((started, monotonic(), answer))
            sleep(self.pause)
        gateway.close()
        close(platform)
