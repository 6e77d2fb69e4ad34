"""A like, and what a browser that is not open shows of it, by way of a push service on loopback."""

import secrets
import time

import pytest

from devstack import push_service
from devstack.browser import Browser, claims_of
from devstack.cloud import LocalCloud
from devstack.push_service import Answer, PushServer
from tests.fixtures.local_cloud import Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]


@pytest.fixture
def service(local_cloud: LocalCloud) -> PushServer:
    return push_service.find(local_cloud.home.folder)


def test_a_like_is_shown_by_a_closed_browser(local_cloud: LocalCloud, newcomer: Newcomer, service: PushServer) -> None:
    ana, bruno = newcomer(), newcomer()
    browser = Browser(f"{service.origin}/send/{secrets.token_hex(8)}")
    ana.register(browser)
    post = ana.post("¿Quién baila?", city="Ensayo")

    bruno.react(post["id"])

    (shown,) = push_service.await_push(browser)
    assert (shown["kind"], shown["url"], shown["unread"]) == ("like", f"/posts/{post['id']}", 1)
    assert shown["body"] == "Somebody likes your post"
    (item,) = ana.ask("GET", "/api/notifications")["items"]
    assert (shown["id"], shown["position"]) == (item["id"], item["position"])
    (sent,) = service.sent[browser.endpoint.rpartition("/")[2]]
    _, public = claims_of(sent["authorization"])
    assert local_cloud.stack.viewer.get("/api/public/push/key").json()["key"] == public


def test_a_browser_that_is_gone_is_forgotten_and_another_is_told_in_its_language(
    local_cloud: LocalCloud, newcomer: Newcomer, service: PushServer
) -> None:
    ana, bruno = newcomer(), newcomer()
    gone, there = (Browser(f"{service.origin}/send/{secrets.token_hex(8)}") for _ in range(2))
    service.answers[gone.endpoint.rpartition("/")[2]] = Answer(410)
    for browser in (gone, there):
        ana.register(browser)
    wanted = ana.ask("GET", "/api/notifications/preferences")
    ana.ask("PUT", "/api/notifications/preferences", json=wanted | {"language": "es"})

    bruno.post(f"¡Qué tanda, @{ana.profile['handle']}!", city="Ensayo")

    (shown,) = push_service.await_push(there)
    assert (shown["kind"], shown["lang"], shown["body"]) == ("mention", "es", "Alguien te mencionó")
    deadline = time.monotonic() + 30
    while len(ana.ask("GET", "/api/push/devices")["items"]) > 1:
        assert time.monotonic() < deadline, "the browser that is gone is still known"
        time.sleep(0.2)
