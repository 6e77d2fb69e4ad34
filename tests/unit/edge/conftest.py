from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from operations.edge_runtime import Edge

Running = Callable[[str], Edge]


@pytest.fixture(scope="session")
def edge() -> Iterator[Running]:
    """Each function of the edge by its name, in a Node of its own."""
    with ExitStack() as running:
        started: dict[str, Edge] = {}

        def named(name: str) -> Edge:
            if name not in started:
                started[name] = running.enter_context(Edge(name))
            return started[name]

        yield named
