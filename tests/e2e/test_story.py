"""The story that `make story` tells, a test a step. The steps build on each other, so the first that fails ends it.

How long each takes is for `make story` to say, on a machine that does nothing else.
"""

from collections.abc import Iterator

import pytest

from devstack.stack import Stack
from devstack.story import STEPS, Step, Story
from devstack.tell import photograph_of

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def story(stack: Stack) -> Iterator[Story]:
    told = Story(stack, photograph_of(None))
    yield told
    told.end()


@pytest.fixture(scope="module")
def failed() -> list[str]:
    return []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.act.__name__)
def test_step(step: Step, story: Story, failed: list[str]) -> None:
    if failed:
        pytest.fail(f"the story ended at: {failed[0]}")
    try:
        step.act(story)
    except BaseException:
        failed.append(step.title)
        raise
