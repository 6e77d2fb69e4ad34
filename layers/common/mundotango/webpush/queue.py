"""Pushes that wait to be sent, in SQS: a message names the item, which is read when it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from mundotango.adapters.client import make_client
from mundotango.errors import Unavailable

if TYPE_CHECKING:
    from datetime import timedelta

    from mundotango import settings

KIND = "web_push"


def key_of(user_id: UUID, group: str) -> str:
    return f"{KIND}#{user_id}#{group}"


def item_of(key: str) -> tuple[UUID, str]:
    """Whose item it is, and its group."""
    _, user_id, group = key.split("#", 2)
    return UUID(user_id), group


class SqsWaitingPushes:
    def __init__(self, queue_url: str, region: settings.Region) -> None:
        self._queue_url = queue_url
        self._client = make_client("sqs", region)

    def put(self, user_id: UUID, group: str, *, delay: timedelta | None = None) -> None:
        delayed = {} if delay is None else {"DelaySeconds": int(delay.total_seconds())}
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=key_of(user_id, group), **delayed)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("the queue does not answer; try again") from error
