"""From what comes into an inbox to a browser, over the real tables and queue, however often both bring it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from devstack.browser import Browser
from devstack.push_service import Answer, PushServer, sent_to
from functions.effects import handler
from mundotango import ids, settings
from mundotango.adapters.clock import SystemClock
from mundotango.bootstrap import Platform
from mundotango.notifications.inbox import take_in
from mundotango.realtime.model import Activity, Appended, user_channel
from mundotango.webpush.model import Device, Wishes
from operations import webpush
from operations.deployed import Deployed
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeActivities
from tests.fixtures.aws import client
from tests.roles import acting

POST = ids.new_id()


class Town:
    """The platform, and somebody who is liked."""

    def __init__(self, platform: Platform, server: PushServer, queue_url: str, unstacked: Deployed) -> None:
        self.platform, self.server, self._queue_url, self.unstacked = platform, server, queue_url, unstacked
        self.clock = FakeClock(SystemClock().now())
        platform.clock = self.clock
        self.owner = ids.new_id()
        self._likes = 0

    def browser(self) -> Browser:
        made = Browser(f"{self.server.origin}/send/{ids.new_id()}")
        device = Device(
            user_id=self.owner,
            endpoint=made.endpoint,
            p256dh=made.p256dh,
            auth=made.auth,
            registered_at=self.clock.now(),
        )
        self.platform.devices.put(device, limit=10)
        return made

    def like(self) -> Appended:
        self._likes += 1
        reacted = {"user_id": str(UUID(int=self._likes)), "number": self._likes, "day": "2026-11-28"}
        payload = {"post_id": str(POST), "reacted": [reacted], "taken_back": []}
        activity = Activity(
            id=ids.new_id(),
            kind="reaction.received",
            actor_id=None,
            channel=user_channel(self.owner),
            payload=payload,
            occurred_at=self.clock.now(),
        )
        return FakeActivities().append(activity)

    def take_in(self, appended: Appended) -> None:
        """As `push` does."""
        with acting("functions.push.handler"):
            take_in(self.platform, appended)

    def delayed(self) -> int:
        asked = ["ApproximateNumberOfMessagesDelayed"]
        told = client("sqs").get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=asked)["Attributes"]
        return int(told[asked[0]])

    def work_off(self) -> list[str]:
        """What waits goes to `effects`, all of it twice, and twice; answers with what would come again."""
        waiting = client("sqs").receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get("Messages", [])
        records: list[dict[str, Any]] = [{"messageId": one["MessageId"], "body": one["Body"]} for one in waiting]
        batches = [{"Records": records * 2}] * (2 if records else 0)
        failed = [one for each in batches for one in handler.lambda_handler(each, None)["batchItemFailures"]]
        for one in waiting:
            client("sqs").delete_message(QueueUrl=self._queue_url, ReceiptHandle=one["ReceiptHandle"])
        return [one["itemIdentifier"] for one in failed]


@pytest.fixture
def town(aws: settings.Region, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    import boto3

    unstacked = Deployed(boto3.Session(region_name=aws.name), "test")
    key = webpush.create_key(unstacked, replace=True)
    url = client("sqs").create_queue(QueueName="web-pushes")["QueueUrl"]
    server = PushServer(0)
    for name, value in {
        "SITE_URL": "https://mundotango.example",
        "WEB_PUSHES_QUEUE": url,
        "VAPID_KEY_PARAMETER": key.parameter,
        "VAPID_PUBLIC_KEY": key.parameters["VapidPublicKey"],
        "PUSH_SERVICES": server.origin,
    }.items():
        monkeypatch.setenv(name, value)
    platform = Platform()
    monkeypatch.setattr(handler, "platform", lambda: platform)
    yield Town(platform, server, url, unstacked)
    client("sqs").delete_queue(QueueUrl=url)
    server.close()


def test_what_comes_twice_is_shown_once_and_the_last_state_stays(town: Town) -> None:
    town.platform.devices.apply(town.owner, Wishes(language="es"), version=1)
    browser = town.browser()
    first = town.like()
    for _ in range(2):
        town.take_in(first)
    assert town.work_off() == []
    for _ in range(3):
        town.take_in(town.like())
    town.clock.advance(timedelta(minutes=2))
    assert town.work_off() == []

    bodies = [each["body"] for each in sent_to(browser)]
    assert bodies == ["A alguien le gusta tu publicación", "A 4 personas les gusta tu publicación"]


def test_what_comes_within_the_minute_waits_once_for_its_end(town: Town) -> None:
    browser = town.browser()
    for _ in range(3):
        town.take_in(town.like())
        assert town.work_off() == []

    assert (len(sent_to(browser)), town.delayed()) == (1, 1)


def test_a_browser_that_is_gone_is_forgotten(town: Town) -> None:
    gone, there = town.browser(), town.browser()
    town.server.answers[gone.endpoint.rpartition("/")[2]] = Answer(410)
    town.take_in(town.like())
    assert town.work_off() == []

    assert [device.endpoint for device in town.platform.devices.of_user(town.owner)] == [there.endpoint]
    assert len(sent_to(there)) == 1


def test_what_is_read_meanwhile_is_not_shown(town: Town) -> None:
    browser = town.browser()
    town.take_in(town.like())
    (item,) = town.platform.inbox.newest(town.owner, since="", before=None, limit=2)
    town.platform.inbox.mark_read(town.owner, item.position)
    assert town.work_off() == []

    assert sent_to(browser) == []


def test_a_push_service_that_does_not_trust_the_sender_is_asked_again_and_the_others_are_told(town: Town) -> None:
    doubted, there = town.browser(), town.browser()
    town.server.answers[doubted.endpoint.rpartition("/")[2]] = Answer(403)
    town.take_in(town.like())
    assert town.work_off() == []

    assert len(sent_to(there)) == 1
    assert town.delayed() > 0


def test_with_another_key_than_browsers_are_told_all_of_it_comes_again(town: Town) -> None:
    browser = town.browser()
    webpush.create_key(town.unstacked, replace=True)
    town.take_in(town.like())
    assert len(set(town.work_off())) == 1
    assert sent_to(browser) == []
