"""The load tests are able to play what they claim: a few people for a few seconds, of which nothing fails."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack.stack import Stack
from loadtests import figures, people, tools
from loadtests.samples import Sample
from loadtests.target import named
from tests.fixtures.local_cloud import Newcomer

DANCERS = 3
# What an evening is made of; a picture in each here.
ACTS = {
    "feed", "tonight", "event", "profile", "notifications", "register", "give the place back", "like",
    "ask to upload", "upload to the bucket", "look at the picture", "picture ready",
    "ticket", "open a socket", "subscribe", "ping",
}  # fmt: skip


@pytest.fixture
def awake(newcomer: Newcomer) -> None:
    """Processes of the API for all who ask at once, started by requests that have 30 s.

    A public read has 5 s at the edge, and on a busy machine a new process may take them all. It is started for a
    request that comes while all others work, so here more people than dance ask without a pause.
    """
    dancer, at_once = newcomer(), 2 * DANCERS
    with ThreadPoolExecutor(at_once) as several:
        answers = several.map(lambda _: dancer.request("GET", "/api/feed").status_code, range(10 * at_once))
        assert set(answers) == {200}


@pytest.fixture
def town(stack: Stack, tmp_path: Path) -> Iterator[Path]:
    path, made = people.make(stack, DANCERS, tmp_path, lambda _: None)
    yield path
    people.remove(made)


def quiet() -> None:
    """Nobody watches."""


def failed(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.error]


@pytest.mark.usefixtures("awake")
def test_dancers_have_their_evening(stack: Stack, town: Path, tmp_path: Path) -> None:
    found = tools.evening(
        named(stack.site_url), town, users=DANCERS, seconds=15, pace=0.1, pictures=1.0, folder=tmp_path, tick=quiet
    )

    assert figures.errors(found) == {}
    assert {sample.name for sample in found} == ACTS


@pytest.mark.usefixtures("awake")
def test_the_plans_two_tests_ask_for_lists_of_events(stack: Stack, tmp_path: Path) -> None:
    target = named(stack.site_url)
    by_k6 = tools.k6(target, users=DANCERS, seconds=2, folder=tmp_path, tick=quiet)
    by_ab = tools.ab(target, requests=20, at_once=DANCERS, folder=tmp_path, tick=quiet)

    assert (failed(by_k6), failed(by_ab)) == ([], [])
    assert {sample.name for sample in by_k6} == {"events of a city"} == {sample.name for sample in by_ab}
    assert len(by_ab) == 20
