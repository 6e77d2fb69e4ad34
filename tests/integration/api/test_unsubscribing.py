"""The link in a digest, as mailboxes and people follow it."""

from uuid import UUID

import pytest

from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.digests.model import Digest
from mundotango.links import token_hash
from tests.factories.people import make_user
from tests.fixtures.gateway import Gateway, Log

ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def malena(platform: Platform) -> UUID:
    with platform.unit_of_work() as work:
        return make_user(work, platform.clock).id


@pytest.fixture
def link(platform: Platform, malena: UUID) -> str:
    token = ids.new_secret()
    with platform.unit_of_work() as work:
        digest = Digest(
            id=ids.new_id(), user_id=malena, period="2026-11-23", at=platform.clock.now(), up_to="",
            token_hash=token_hash(token),
        )  # fmt: skip
        assert work.digests.add(digest)
    return f"/api/link/{token}/unsubscribe"


def rhythm(platform: Platform, user_id: UUID) -> str:
    with platform.unit_of_work() as work:
        return work.notification_preferences.of([user_id])[user_id].digest


def test_to_open_it_changes_nothing(gateway: Gateway, platform: Platform, malena: UUID, link: str) -> None:
    """Scanners of mail follow every link."""
    page = gateway.get(link)

    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<form method="post">' in page.text
    assert "Darme de baja" in page.text
    assert "Unsubscribe" in page.text
    assert rhythm(platform, malena) == "weekly"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (ONE_CLICK, "List-Unsubscribe=One-Click"),
        (
            {"content-type": "multipart/form-data; boundary=x"},
            '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
        ),
        ({}, ""),
    ],
    ids=["form", "multipart", "nothing"],
)
def test_a_click_ends_them_and_again_is_no_error(
    gateway: Gateway, platform: Platform, malena: UUID, link: str, headers: dict[str, str], body: str
) -> None:
    for _ in range(2):
        answer = gateway.call("POST", link, headers=headers, body=body)
        assert answer.status == 200
    assert rhythm(platform, malena) == "never"


def test_the_page_loads_nothing_and_is_kept_by_nobody(gateway: Gateway, link: str) -> None:
    for answer in (gateway.get(link), gateway.call("POST", link, headers=ONE_CLICK, body="List-Unsubscribe=One-Click")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "src=" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..", "é"])
def test_a_link_nobody_was_given_is_not_found(gateway: Gateway, method: str, token: str) -> None:
    answer = gateway.call(method, f"/api/link/{token}/unsubscribe")
    assert (answer.status, answer.problem) == (404, "not-found")


def test_the_link_is_in_no_log(gateway: Gateway, link: str, log: Log) -> None:
    gateway.get(link)
    gateway.call("POST", link, headers=ONE_CLICK, body="List-Unsubscribe=One-Click")

    assert link.split("/")[3] not in log.text()
