"""Mails that wait to be sent, in SQS: a message is the key of a command, which says the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mundotango.adapters.client import make_client

if TYPE_CHECKING:
    from mundotango import settings


class SqsWaitingMails:
    def __init__(self, queue_url: str, region: settings.Region) -> None:
        self._queue_url = queue_url
        self._client = make_client("sqs", region)

    def put(self, key: str) -> None:
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=key)
