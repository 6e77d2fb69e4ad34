from collections.abc import Iterator

import pytest

from mundotango.observability import logger


@pytest.fixture
def log(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[pytest.CaptureFixture[str]]:
    """What the function prints. A logger keeps the standard output it first had, so this test has one of its own."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    logger.cache_clear()
    yield capsys
    logger.cache_clear()
