"""Web Push (RFC 8030): a message to the address that a browser's maker gave a device; from outside the network only.

The address came from whoever registered the device, so only origins on the list are asked, nothing that answers sends
us elsewhere, and of an answer no more is read than its head.
"""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

from mundotango import settings
from mundotango.webpush.policy import is_known_service, origin_of
from mundotango.webpush.ports import MOST_DELAY, Gone, NotNow, NotTrusted, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from urllib3 import PoolManager

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

# Of one service so many are kept between two pushes of a batch: what its devices are at most.
LINES = 100


class HttpPushService:
    """May be asked by several threads at once."""

    def __init__(
        self,
        vapid: Vapid,
        services: Collection[str],
        clock: Clock,
        *,
        timeout: float = settings.PUSH_SERVICE_TIMEOUT,
    ) -> None:
        self._vapid, self._services, self._clock, self._timeout = vapid, services, clock, timeout
        self._one_at_a_time = Lock()

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
        with self._one_at_a_time:  # or each of the first threads would read the key, and have lines of its own
            lines, authorization = self._lines, self._vapid.authorization(origin, self._clock.now())
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(life.total_seconds())),
            "Topic": topic,
            "Urgency": "normal",
        }
        _raise_for(*_post(lines, device.endpoint, body, headers))

    def hang_up(self) -> None:
        with self._one_at_a_time:
            self._lines.clear()

    @cached_property
    def _lines(self) -> PoolManager:
        from ssl import create_default_context

        from botocore.httpsession import get_cert_path
        from urllib3 import PoolManager, Timeout

        tls = create_default_context(cafile=get_cert_path(verify=True))
        return PoolManager(retries=False, ssl_context=tls, timeout=Timeout(total=self._timeout), maxsize=LINES)


def _post(lines: PoolManager, endpoint: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """The status, and what the answer says of trying again."""
    from urllib3.exceptions import HTTPError, NameResolutionError

    unknown = False
    try:
        answer = lines.request("POST", endpoint, body=body, headers=headers, redirect=False, preload_content=False)
        if answer.length_remaining == 0:
            answer.release_conn()
        else:  # a line that brings more than a head is not kept, as the rest would have to be read first
            answer.close()
        return answer.status, answer.headers.get("Retry-After", "")
    except HTTPError as error:
        late = type(error).__name__
        # Of a resolver that is away nothing follows; one that answers knows that there is no such name.
        if isinstance(error, NameResolutionError) and isinstance(error.__cause__, socket.gaierror):
            unknown = error.__cause__.errno != socket.EAI_AGAIN
    # Outside of the handler, or a log would show the address in the error it came from.
    if unknown:
        raise Refused("no such host")
    raise NotNow(late)


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
