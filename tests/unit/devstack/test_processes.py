import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from devstack.processes import await_end


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Works until its input ends."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_one_that_nobody_has_collected_has_ended(child: subprocess.Popen[bytes]) -> None:
    ended = psutil.Process(child.pid)
    child.kill()
    await_end(ended, 30)
    assert not psutil.pid_exists(child.pid)  # it was ours to collect
    await_end(ended, 0)


def test_one_that_works_is_waited_for(child: subprocess.Popen[bytes]) -> None:
    with pytest.raises(psutil.TimeoutExpired):
        await_end(psutil.Process(child.pid), 0.05)
    assert child.poll() is None
