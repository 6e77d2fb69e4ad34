"""Which requests X-Ray has the trace of, whatever a viewer sends."""

import re
import time
from collections.abc import Iterator

import pytest

from operations.edge import FUNCTIONS
from operations.edge_runtime import Edge, request
from tests.unit.edge.conftest import Running

HEADER = "x-amzn-trace-id"
TRACING = [name for name, function in FUNCTIONS.items() if "trace" in function.steps]
FORM = re.compile(r"Root=(1-([\da-f]{8})-[\da-f]{24});Sampled=([01])")
# Functions that choose origins import what only CloudFront has; tests/template/test_edge_regions.py runs those.
RUNNABLE = [name for name in TRACING if name not in {"WriteHome", "ReadElsewhere"}]


@pytest.fixture(scope="module", params=[0, 1, 5])
def share(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(scope="module")
def public(share: int) -> Iterator[Edge]:
    with Edge("PublicRequests", share) as running:
        yield running


def said(edge: Edge, ids: list[str], headers: dict[str, str] | None = None) -> list[str]:
    asked = [request("/api/public/events", headers) for _ in ids]
    return [passed["headers"][HEADER]["value"] for passed in edge.run(asked, ids)]


def test_of_a_hundred_requests_as_many_are_marked_as_the_template_says(public: Edge, share: int) -> None:
    """Within four standard deviations: of 20,000, at one in a hundred, 144 to 256."""
    ids = [f"request-{number}" for number in range(20_000)]
    marked = sum(one.endswith(";Sampled=1") for one in said(public, ids))
    expected, part = 20_000 * share / 100, share / 100
    assert abs(marked - expected) <= 4 * (20_000 * part * (1 - part)) ** 0.5


def test_no_two_requests_are_one_trace(public: Edge) -> None:
    ids = [f"request-{number}" for number in range(2_000)]
    assert len(set(said(public, ids))) == 2_000


def test_the_form_is_x_rays_and_its_time_is_now(public: Edge) -> None:
    for one in said(public, ["a", "b", ""]):
        found = FORM.fullmatch(one)
        assert found
        assert abs(int(found[2], 16) - time.time()) < 60


def test_the_same_request_is_drawn_the_same_way(public: Edge) -> None:
    ids = [f"request-{number}" for number in range(500)]
    assert [one[-1] for one in said(public, ids)] == [one[-1] for one in said(public, ids)]


@pytest.mark.parametrize("name", RUNNABLE)
@pytest.mark.parametrize("sent", ["Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", "Sampled=1", ""])
def test_what_a_viewer_sends_under_that_name_goes_nowhere(edge: Running, name: str, sent: str) -> None:
    """The functions of the fixture trace nothing."""
    passed = edge(name).run([request("/api/public/guests", {HEADER: sent})])[0]
    found = FORM.fullmatch(passed["headers"][HEADER]["value"])
    assert found
    assert found[3] == "0"
    assert passed["headers"][HEADER]["value"] != sent


def test_it_changes_no_key(public: Edge) -> None:
    asked = [request("/api/public/events?city=berlin") for _ in range(300)]
    passed = public.run(asked, [str(number) for number in range(300)])
    assert {(one["uri"], one["querystring"]) for one in passed} == {("/api/public/events", "city=berlin")}
