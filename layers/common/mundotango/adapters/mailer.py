"""Mail by Amazon SES (API v2); reached from outside the network only.

Errors of SES quote addresses, so nothing of their texts is passed on.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from mundotango import settings
from mundotango.adapters.client import make_client
from mundotango.mail.ports import NotNow, Refused, Unsure

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# SES took the request apart and wants it neither now nor later. `MessageRejected` is also what it says of a recipient
# who is not verified while the account is in the sandbox.
_FOR_GOOD = frozenset({"BadRequestException", "MessageRejected"})


class SesMailer:
    def __init__(self, sender: settings.Sender, region: settings.Region) -> None:
        self._sender = sender.address
        self._region = region

    def send(self, to: str, message: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        refusal: Exception | None = None
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": message}},
            )
        except ClientError as error:
            # An answer that says it failed is believed, whoever's fault it was.
            code = error.response["Error"]["Code"]
            refusal = Refused(code) if code in _FOR_GOOD else NotNow(code)
        except HTTPClientError as error:
            # The request was under way when the line broke, or the answer was too late.
            refusal = Unsure(type(error).__name__)
        except BotoCoreError as error:
            refusal = NotNow(type(error).__name__)
        # Outside of the handlers, or a log would show the error it came from.
        if refusal is not None:
            raise refusal

    @cached_property
    def _client(self) -> SESV2Client:
        # One try: botocore's own second one, after an answer that was lost, would be a second mail.
        return cast("SESV2Client", make_client("sesv2", self._region, attempts=1))
