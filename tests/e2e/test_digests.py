"""A digest, from a notification to a mailbox, and the end of them by one click."""

import time

import pytest

from devstack import outbox
from devstack.cloud import LocalCloud
from devstack.people import Person
from operations import digests
from operations.deployed import Deployed
from tests.fixtures.local_cloud import Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]


def await_unread(person: Person, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not person.ask("GET", "/api/notifications/unread")["unread"]:
        assert time.monotonic() < deadline, "nothing came into the inbox"
        time.sleep(0.2)


def test_a_digest_arrives_and_its_link_ends_them(local_cloud: LocalCloud, newcomer: Newcomer) -> None:
    stack = local_cloud.stack
    deployed = Deployed(stack.aws.session, stack.name, stack.aws.endpoint)
    ana, bruno = newcomer(), newcomer()
    bruno.post(f"¡Qué tanda, @{ana.profile['handle']}!", city="Buenos Aires")
    await_unread(ana)
    wanted = ana.ask("GET", "/api/notifications/preferences")
    ana.ask("PUT", "/api/notifications/preferences", json=wanted | {"language": "es"})

    assert digests.send(deployed, ana.profile["id"]).written
    (mail,) = outbox.await_mail(stack.aws, ana.email)
    assert mail.subject == f"{bruno.profile['display_name']}, 1 mención — tu semana en Mundo Tango"
    assert "te mencionó" in mail.text
    assert "te mencionó" in mail.html
    assert f"{stack.site_url}{mail.unsubscribe}" in mail.text

    opened = stack.viewer.get(mail.unsubscribe)
    assert (opened.status_code, opened.headers["cache-control"]) == (200, "no-store")
    assert digests.send(deployed, ana.profile["id"]).written
    assert len(outbox.await_mail(stack.aws, ana.email, 2)) == 2

    one_click = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        assert stack.viewer.post(mail.unsubscribe, data=one_click).status_code == 200
    sent = digests.send(deployed, ana.profile["id"])
    assert (sent.written, sent.reason) == (False, "they want no digests")
    assert ana.ask("GET", "/api/notifications/preferences")["digest"] == "never"
    assert len(outbox.received(stack.aws, ana.email)) == 2
