"""`make run` over its life: started, stopped, started again, killed, and started after what was lost and what was not.

One test, because each start builds on how the one before it ended.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from devstack import cloud, deploy, ministack, postgres, seed, valkey
from devstack.listener import Listener
from devstack.paths import LAYOUT, ROOT, Home
from devstack.people import Person
from devstack.ports import LOOPBACK, Ports, choose
from devstack.run import WITNESS_SECONDS
from devstack.stack import Aws, Stack

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(400)]

COLD_SECONDS, WARM_SECONDS = 180.0, 60.0
FOLLOWING = "Following the functions"


@dataclass
class Run:
    """One `python -m devstack run` as a person at a terminal has it."""

    home: Home
    output: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, home: Home, *, seconds: float) -> "Run":
        """Returns when it says that it follows the functions, or when it has ended."""
        output = home.folder.with_suffix(f".{time.monotonic_ns()}.out")
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "devstack", "run", "--state", str(home.folder)],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True,
            )  # fmt: skip
        run = cls(home, output, process)
        deadline = time.monotonic() + seconds
        while FOLLOWING not in run.said and process.poll() is None:
            assert time.monotonic() < deadline, f"not ready after {seconds:.0f} s:\n{run.said}"
            time.sleep(0.1)
        return run

    @property
    def said(self) -> str:
        return self.output.read_text()

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0, self.said

    def kill_everything(self) -> None:
        """It, and the three it started, at the same moment and without a warning."""
        victims = [self.process.pid, *(process.pid for process in _servers(self.home))]
        assert len(victims) == 4
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def _servers(home: Home) -> list[psutil.Process]:
    found = [ministack.running(home.ministack), valkey.find(home.valkey), postgres.running(home.postgres)]
    return [process for process in found if process is not None]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "state")
    home.prepare()
    choose(home.ports, usual=False)  # a cloud that someone starts meanwhile takes the usual ones
    yield home
    if (owner := cloud.owner_of(home)) is not None:
        owner.kill()
    cloud.forget(home)


@contextmanager
def _platform(home: Home) -> Iterator[Stack]:
    """The platform that runs in `home`, as `make run` leaves it to its clients."""
    ports = Ports(**json.loads(home.ports.read_text()))
    stack = Stack.find(Aws.local(ports.gateway), deploy.stack_name())
    try:
        yield stack
    finally:
        stack.close()


def _demo(stack: Stack) -> Person:
    sign_in = seed.DEMO_SIGN_INS[0]
    person = Person(stack, sign_in.email, sign_in.password)
    person.sign_in()
    return person


def test_make_run_over_its_life(home: Home) -> None:
    first = Run.start(home, seconds=COLD_SECONDS)
    with _platform(home) as stack:
        _is_seeded(stack)
        feed = [post["id"] for post in _demo(stack).feed()]
    second = subprocess.run(first.process.args, check=False, cwd=ROOT, capture_output=True, text=True)
    assert (second.returncode, len(second.stderr.splitlines())) == (1, 1)
    assert f"runs already, in process {first.process.pid}" in second.stderr
    first.interrupt()
    assert _servers(home) == []
    ports = Ports(**json.loads(home.ports.read_text()))

    with socket.create_server((LOOPBACK, ports.gateway)):
        moved = Run.start(home, seconds=2 * WARM_SECONDS)  # it deploys too, as a parameter has changed
    assert f"port {ports.gateway} of gateway is taken by another program" in moved.said
    assert "not clean" not in moved.said
    with _platform(home) as stack:
        assert stack.site_url in moved.said
        assert [post["id"] for post in _demo(stack).feed()] == feed
        Listener.open(stack, _demo(stack).ticket).close()
        _streams_still_run(stack)
    recorded = home.ports.read_text()
    moved.interrupt()

    again = Run.start(home, seconds=WARM_SECONDS)
    assert "not clean" not in again.said
    assert again.said.count("nothing has changed") == 2
    assert home.ports.read_text() == recorded
    again.kill_everything()
    after_kill = Run.start(home, seconds=WARM_SECONDS)
    assert "the last stop was not clean: what is derived is made anew" in after_kill.said
    with _platform(home) as stack:
        assert [post["id"] for post in _demo(stack).feed()] == feed
        _react(stack)
        time.sleep(2 * WITNESS_SECONDS)
    after_kill.kill_everything()

    with_loss = Run.start(home, seconds=WARM_SECONDS)
    assert with_loss.process.wait(30) == 1
    assert "the local AWS has lost 1 reaction. Cure: make reset" in with_loss.said.splitlines()[-1]
    assert "Traceback" not in with_loss.said
    assert _servers(home) == []

    reset = [sys.executable, "-m", "devstack", "reset", "--yes", "--state", str(home.folder)]
    subprocess.run(reset, check=True, cwd=ROOT, capture_output=True)
    assert not home.folder.exists()


def _is_seeded(stack: Stack) -> None:
    """Twelve cities with dances to come, and pictures that can be seen."""
    community = json.loads(seed.COMMUNITY.read_text())
    assert community["cities"][0]["name"] == "Buenos Aires"
    for city in community["cities"]:
        listed = stack.viewer.get("/api/public/events", params={"city": city["name"], "limit": "50"}).json()["items"]
        assert {event["title"] for event in listed} == {milonga["title"] for milonga in city["milongas"]}
        assert {event["zone"] for event in listed} == {city["zone"]}
    pictures = [picture for post in _demo(stack).feed() for picture in post["media"]]
    assert pictures
    for picture in pictures:
        variant = picture["variants"][0]
        assert stack.viewer.get(variant["url"]).headers["content-type"] == f"image/{variant['format']}"


def _react(stack: Stack) -> tuple[str, int]:
    """Likes a post that the demo dancer does not like yet; answers with its id and the count that must come of it."""
    demo = _demo(stack)
    post = next(post for post in demo.feed() if post["reaction"] is None)
    demo.react(post["id"])
    return post["id"], post["totals"]["like"] + 1


def _streams_still_run(stack: Stack) -> None:
    """What is saved of MiniStack's streams belongs together: a reaction made after a start is counted."""
    post_id, likes = _react(stack)
    moderator = Person(stack, seed.DEMO_SIGN_INS[1].email, seed.DEMO_SIGN_INS[1].password)
    moderator.sign_in()
    deadline = time.monotonic() + 30
    while moderator.ask("GET", f"/api/posts/{post_id}")["totals"]["like"] != likes:
        assert time.monotonic() < deadline, "the reaction was not counted"
        time.sleep(0.2)


def test_a_layout_of_another_checkout_is_refused_in_one_line(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    home.prepare()
    home.layout.write_text("0\n")
    command = [sys.executable, "-m", "devstack", "run", "--state", str(home.folder)]
    refused = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 1
    assert (
        refused.stderr == f"devstack: {home.folder} has layout 0, and this checkout reads {LAYOUT}. Cure: make reset\n"
    )
