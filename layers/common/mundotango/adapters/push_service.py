"""Web Push (RFC 8030): a message to the address that a browser's maker gave a device; from outside the network only.

The address came from whoever registered the device, so only origins on the list are asked, nothing that answers sends
us elsewhere, and of an answer no more is read than its head.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING

from mundotango import settings
from mundotango.webpush.policy import is_known_service, origin_of
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, NotTrusted, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from ssl import SSLContext

    from mundotango.adapters.vapid import Vapid
    from mundotango.ports import Clock
    from mundotango.webpush.model import Device

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_UNTRUSTED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
# 406 is how the service of Windows says 429.
_BUSY = {
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class HttpPushService:
    def __init__(
        self,
        vapid: Vapid,
        services: Collection[str],
        clock: Clock,
        *,
        timeout: float = settings.PUSH_SERVICE_TIMEOUT,
    ) -> None:
        self._vapid, self._services, self._clock, self._timeout = vapid, services, clock, timeout

    def send(self, device: Device, message: bytes, *, topic: str, life: timedelta) -> None:
        # Here, for the function has other things to do than pushes, and what encrypts is the heaviest it imports.
        from mundotango.adapters.push_encryption import encrypt

        origin = origin_of(device.endpoint)
        if origin is None or not is_known_service(origin, self._services):
            raise Refused("no push service we know")
        try:
            body = encrypt(message, device)
        except ValueError as error:
            raise Refused("it cannot be encrypted for this device") from error
        headers = {
            "Authorization": self._vapid.authorization(origin, self._clock.now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(life.total_seconds())),
            "Topic": topic,
            "Urgency": "normal",
        }
        _raise_for(*self._post(device.endpoint, body, headers))

    def _post(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """The status, and what the answer says of trying again."""
        from urllib3 import PoolManager, Timeout
        from urllib3.exceptions import HTTPError

        late: str | None = None
        # A line of its own: one kept from the last push may have ended while Lambda had the function frozen.
        with PoolManager(retries=False, ssl_context=self._tls, timeout=Timeout(total=self._timeout)) as lines:
            try:
                answer = lines.request(
                    "POST", endpoint, body=body, headers=headers, redirect=False, preload_content=False
                )
                answer.close()
                return answer.status, answer.headers.get("Retry-After", "")
            except HTTPError as error:
                late = type(error).__name__
        # Outside of the handler, or a log would show the address in the error it came from.
        raise NotNow(late)

    @cached_property
    def _tls(self) -> SSLContext:
        from ssl import create_default_context

        from botocore.httpsession import get_cert_path

        return create_default_context(cafile=get_cert_path(verify=True))


def _raise_for(status: int, retry_after: str) -> None:
    """A service that sends us elsewhere is refused, as one that does not want this."""
    if 200 <= status < 300:
        return
    if status in _GONE:
        raise Gone(str(status))
    if status in _UNTRUSTED:
        # Devices of a former key are among them for months, so they are asked for less often than busy ones.
        raise NotTrusted(str(status), MOST_DELAY)
    if status in _BUSY or status >= 500:
        raise NotNow(str(status), _pause(retry_after))
    raise Refused(str(status))


def _pause(retry_after: str) -> timedelta | None:
    """Seconds; a date is as good as nothing said, and so is a number nobody would wait for."""
    return timedelta(seconds=int(retry_after)) if re.fullmatch("[0-9]{1,5}", retry_after) else None
