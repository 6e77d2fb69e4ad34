"""What CloudFront's functions do to requests on their way, through the distribution itself.

The local cloud adds no `CloudFront-Viewer-*`, so these send them: as a viewer there could, and here may not.
"""

import httpx
import pytest

from devstack.cloud import LocalCloud
from tests.fixtures.local_cloud import Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

HERE = {"CloudFront-Viewer-Latitude": "-34.6115", "CloudFront-Viewer-Longitude": "-58.3745"}
TONIGHT = "/api/public/events/tonight"


@pytest.fixture
def ask(local_cloud: LocalCloud, newcomer: Newcomer) -> httpx.Client:
    # Whoever joins wakes the API, which the edge gives 5 s on public routes and a cold start here may take.
    newcomer()
    return local_cloud.stack.viewer


def test_spellings_reach_the_api_as_one(ask: httpx.Client) -> None:
    answers = [
        ask.get(f"/api/public/events?{query}")
        for query in ("city=Buenos%20Aires&kind=milonga", "utm_source=x&kind=Milonga&city=BUENOS+AIRES&limit=20")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["etag"] == answers[1].headers["etag"]


def test_what_is_near_has_an_address(ask: httpx.Client) -> None:
    sent_on = ask.get(f"{TONIGHT}?near=me", headers=HERE)
    assert sent_on.status_code == 307
    assert sent_on.headers["location"] == f"{TONIGHT}?latitude=-34.65&longitude=-58.35"
    assert ask.get(sent_on.headers["location"]).status_code == 200
    assert ask.get(f"{TONIGHT}?near=me").status_code == 422


def test_a_refusal_is_in_the_viewers_language(ask: httpx.Client) -> None:
    refused = ask.get("/api/public/events?kind=opera", headers={"Accept-Language": "es-AR,es;q=0.9"})
    assert refused.headers["content-language"] == "es"


def test_an_answer_is_no_page_and_a_thing_has_one_address(ask: httpx.Client) -> None:
    answer = ask.get("/api/public/events")
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert ask.get("/api/public/events/").status_code == 200
    assert ask.get("/api/users/malena/").headers["location"] == "/api/users/malena"
    # There is no web client yet.
    assert ask.get("/tonight/berlin").status_code == 404
