"""Every route over stores at moto that let the function do what its role says, and nothing else.

The other tests of routes are over fakes, which ask nobody.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

import boto3
import pytest

from functions.api.access import declared_for
from functions.api.openapi import operations
from functions.api.schemas.examples import POST_ID
from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.notifications.inbox import take_in
from mundotango.realtime.model import Activity, user_channel
from mundotango.webpush.policy import KNOWN_SERVICES
from tests.fakes.cache import FakeCache
from tests.fakes.webpush import FakeWaitingPushes
from tests.fixtures.aws import TABLES, empty
from tests.fixtures.postgres import connect
from tests.integration.api.scene import Scene
from tests.roles import acting, refused


@pytest.fixture
def scene(
    aws: settings.Region, database_settings: settings.Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    for name in ("uploads", "media"):
        monkeypatch.setenv(f"{name.upper()}_BUCKET", f"test-{name}")
        boto3.client("s3", aws.name).create_bucket(Bucket=f"test-{name}")
    platform = Platform()
    platform.reader = None
    platform.push_services, platform.vapid_public_key = KNOWN_SERVICES, "BCVxsr7N_eNgVRqvHtD0zTZsEc6"
    platform.waiting_pushes = FakeWaitingPushes()
    platform.sender = settings.Sender("Mundo Tango <hola@mundotango.example>")

    def emptied() -> Platform:
        empty(*TABLES.keys() - {"media"})  # pictures take long to make, and are made again where one was deleted
        platform.cache = FakeCache(platform.clock)
        return platform

    with connect(database_settings) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        with connection.transaction(force_rollback=True):
            made = Scene(connection, emptied)
            yield made
            made.close()


@pytest.mark.slow
def test_no_route_asks_for_what_its_role_does_not_give(scene: Scene) -> None:
    for operation in operations():
        declared = asdict(declared_for(operation.endpoint) or pytest.fail(operation.path))
        who = next((each for each in ("owner", "stranger", "moderator", "anonymous") if declared[each] < 300), "owner")

        answer = scene.answer(operation, who)

        assert not refused, operation
        assert answer.status == declared[who], (operation, answer.text)


def test_nor_do_requests_that_come_again_count_without_a_cache_or_let_pictures_and_notifications_go(
    scene: Scene,
) -> None:
    owner, platform = scene.people.owner, scene.platform
    scene.answer(operations()[0], "owner")  # its pictures stand
    assert isinstance(platform.cache, FakeCache)
    platform.cache.away = True
    keyed = {"idempotency-key": "una-noche-de-garufa"}
    picture = {"media": [{"id": str(scene.picture.media_id), "alt": ""}]}

    def ask(method: str, path: str, status: int, *, user: UUID = owner.id, **sent: Any) -> Any:
        answer = scene.gateway.call(method, path, user=user, **sent)
        assert answer.status == status, answer.text
        return answer

    first, again = (ask("POST", "/api/posts", 201, json={"body": "Hola", **picture}, headers=keyed) for _ in range(2))
    assert first.text == again.text
    ask("POST", "/api/posts", 403, user=scene.people.suspended.id, json={"body": "Hola"}, headers=keyed)
    ask("POST", "/api/drafts", 201, json={"body": "", **picture})
    ask("DELETE", f"/api/posts/{first.json()['id']}", 204)
    stranger = {"id": str(scene.people.stranger.id), "handle": "", "display_name": "", "avatar": None}
    mention = {"post_id": scene.here(POST_ID), "comment_id": None, "author": stranger}
    channel, now = user_channel(owner.id), platform.clock.now()
    told = Activity(ids.new_id(), "mention.created", scene.people.stranger.id, channel, mention, now)
    with acting("functions.push.handler"):
        take_in(platform, platform.activities.append(told))
    [notified] = ask("GET", "/api/notifications", 200).json()["items"]
    ask("PUT", "/api/notifications/read", 200, json={"up_to": notified["position"]})
