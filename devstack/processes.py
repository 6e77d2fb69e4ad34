"""When a process has ended, whoever its parent is."""

import time
from contextlib import suppress

import psutil

POLL_SECONDS = 0.01


def await_end(process: psutil.Process, seconds: float) -> None:
    """Returns when it works no more, also where nobody has collected it yet: the first process of a container may take
    seconds to do that with those whose parent is gone.

    Raises:
        psutil.TimeoutExpired: it still works.
    """
    deadline = time.monotonic() + seconds
    while not has_ended(process):
        if time.monotonic() > deadline:
            raise psutil.TimeoutExpired(seconds, process.pid)
        time.sleep(POLL_SECONDS)
    with suppress(psutil.TimeoutExpired):
        process.wait(0)  # collects it where it is our own


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
