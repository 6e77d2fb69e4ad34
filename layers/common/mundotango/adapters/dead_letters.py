"""How much was given up: the dead letters of all queues together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mundotango.adapters.client import make_client
from mundotango.errors import Unavailable

if TYPE_CHECKING:
    from mundotango import settings


class SqsDeadLetters:
    def __init__(self, queue_urls: tuple[str, ...], region: settings.Region) -> None:
        self._queue_urls = queue_urls
        self._client = make_client("sqs", region)

    def count(self) -> int:
        """Those that wait in any queue, without those that somebody is sending again; nearly, as SQS says of itself.

        Raises:
            Unavailable: a queue could not be asked, and the others alone would be too few.
        """
        return sum(map(self._waiting, self._queue_urls))

    def _waiting(self, queue_url: str) -> int:
        name = "ApproximateNumberOfMessages"
        try:
            told = self._client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("a queue of dead letters does not answer; try again") from error
        return int(told["Attributes"][name])
