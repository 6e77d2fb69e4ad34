"""What every suite shares: the fixtures, by concern, and the promise that unit tests open no socket."""

import gc
from pathlib import Path

import hypothesis
import pytest
from pytest_socket import disable_socket, enable_socket

pytest_plugins = [
    f"tests.fixtures.{path.stem}" for path in sorted(Path(__file__).with_name("fixtures").glob("[a-z]*.py"))
]

UNIT = Path(__file__).with_name("unit")

# `make test-deep` asks for the second; a shared machine is no reason for a property to fail.
hypothesis.settings.register_profile("default", max_examples=200, deadline=None)
hypothesis.settings.register_profile("deep", max_examples=1000, deadline=None)


def pytest_collection_finish() -> None:
    """What was imported and collected is there to the end: to look through it for garbage again and again took a
    twelfth of what the unit tests take."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.path.is_relative_to(UNIT) and item.get_closest_marker("allow_sockets") is None:
        disable_socket(allow_unix_socket=True)  # event loops talk to themselves by one


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    enable_socket()
