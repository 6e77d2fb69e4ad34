import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from devstack.processes import await_end

# Says which it starts, and never collects it.
NEGLECTS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", ""])
print(child.pid, flush=True)
input()
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Works until its input ends."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_one_of_our_own_is_collected(child: subprocess.Popen[bytes]) -> None:
    ended = psutil.Process(child.pid)
    child.kill()
    await_end(ended, 30)
    assert not psutil.pid_exists(child.pid)
    await_end(ended, 0)


def test_one_that_its_parent_never_collects_has_ended() -> None:
    command, pipe = [sys.executable, "-S", "-c", NEGLECTS], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as parent:
        assert parent.stdout
        ended = psutil.Process(int(parent.stdout.readline()))
        await_end(ended, 30)
        assert ended.status() == psutil.STATUS_ZOMBIE
        parent.kill()


def test_one_that_works_is_waited_for(child: subprocess.Popen[bytes]) -> None:
    with pytest.raises(psutil.TimeoutExpired):
        await_end(psutil.Process(child.pid), 0.05)
    assert child.poll() is None
