"""Somebody without an account, from the page of an event to the door: by the edge, a mailbox and two clicks."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devstack import outbox
from devstack.cloud import LocalCloud
from tests.fixtures.local_cloud import Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

EMAIL = "ana.without.account@example.org"
LINK = re.compile(r"/api/link/[\w-]+/registration")
SETTINGS: dict[str, Any] = {
    "capacity": 10, "leaders": None, "followers": None, "tolerance": None, "offered_for_hours": 24,
    "admission": "first_come", "approval": False, "opens_before_minutes": None, "closes_before_minutes": 0,
    "given_back_before_minutes": 0, "questions": [],
}  # fmt: skip


def test_a_guest_registers_by_a_link_and_is_let_in(local_cloud: LocalCloud, newcomer: Newcomer) -> None:
    stack, organiser = local_cloud.stack, newcomer()
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    event = {
        "title": "Milonga sin cuenta", "description": "", "kind": "milonga", "city": "Ensayo", "country": "AR",
        "venue_name": "Salón", "address": "Calle 1", "latitude": -34.6, "longitude": -58.4,
        "zone": "America/Argentina/Buenos_Aires", "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=4)).isoformat(),
    }  # fmt: skip
    made = organiser.ask("POST", "/api/events", 201, json=event)
    organiser.ask("PUT", f"/api/events/{made['id']}/registration", json=SETTINGS)
    asked = {"occurrence_id": made["occurrence_id"], "email": EMAIL, "name": "Ana"}
    answer = stack.viewer.post("/api/public/guests", json=asked)
    assert (answer.status_code, answer.content) == (202, b""), answer.text
    assert stack.viewer.post("/api/public/guests", json=asked | {"email": "ana"}).status_code == 422

    (mail,) = outbox.await_mail(stack.aws, EMAIL)
    assert mail.subject == "Tu inscripción: Milonga sin cuenta"
    found = LINK.search(mail.text)
    assert found is not None
    link = found.group()
    opened = stack.viewer.get(link)
    assert (opened.status_code, opened.headers["cache-control"]) == (200, "no-store")
    assert "default-src 'none'" in opened.headers["content-security-policy"]

    sent = stack.viewer.post(link, data={"act": "register", "name": "Ana", "role": "follower"})
    assert (sent.status_code, sent.headers["location"]) == (303, link)
    code = stack.viewer.get(link).text.partition("<code>")[2].partition("</code>")[0]
    organiser.ask("POST", f"/api/occurrences/{made['occurrence_id']}/check-ins", json={"code": code})
    assert "You are checked in." in stack.viewer.get(link).text
    assert stack.viewer.post(link, data={"act": "forget"}).status_code == 200
    assert stack.viewer.get(link).status_code == 404
