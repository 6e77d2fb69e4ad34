"""What ends a command: Ctrl-C, a `kill`, a terminal that is closed. Each is a KeyboardInterrupt here, so that what was
started is stopped in order. Each may come twice: a terminal that closes tells make as well, which passes it on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)


def ignore() -> None:
    """For what must not be broken off, such as stopping servers."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def heeded() -> Iterator[None]:
    """Within the block each interrupts, until it says `ignore`; afterwards they do what they did before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heed()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
