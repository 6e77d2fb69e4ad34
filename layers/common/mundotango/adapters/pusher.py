"""Frames to open sockets, and their end, through the gateway's management address (`{stage}/@connections/{id}`).

The address is the connection's own, as it was stored when it opened. Where the SDK was told to find AWS elsewhere,
requests go there and carry the domain as their Host, as every other AWS call does.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.session import get_session

from mundotango import settings
from mundotango.realtime.model import Delivery, Outcome, Socket

_ATTEMPTS = 4
_FIRST_PAUSE = 0.05
_THREADS = 32
_GONE = 410
_THROTTLED = 429


class SocketPusher:
    """Keeps its connections to the gateway open between calls."""

    def __init__(self, region: settings.Region, *, timeout: float = settings.SOCKET_DELIVERY_TIMEOUT) -> None:
        self._region = region
        credentials = get_session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        self._credentials = credentials
        # The stubs say whole seconds; urllib3 takes fractions.
        self._http = URLLib3Session(timeout=timeout, max_pool_connections=_THREADS)  # type: ignore[arg-type]

    def send(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        queues: defaultdict[str, list[int]] = defaultdict(list)
        for index, delivery in enumerate(deliveries):
            queues[delivery.socket.connection_id].append(index)
        outcomes: dict[int, Outcome] = {}

        def work_off(queue: list[int]) -> None:
            outcome: Outcome = "sent"
            for index in queue:
                if outcome == "sent":  # to a socket that is gone or hangs the rest would fare no better
                    outcome = self._ask("POST", deliveries[index].socket, deliveries[index].text.encode())
                outcomes[index] = outcome

        _side_by_side(work_off, queues.values())
        return [outcomes[index] for index in range(len(deliveries))]

    def close(self, sockets: Collection[Socket]) -> None:
        _side_by_side(lambda socket: self._ask("DELETE", socket), sockets)

    def _ask(self, method: str, socket: Socket, body: bytes = b"") -> Outcome:
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 (jitter, no secret)
            request = self._request(method, socket, body)
            try:
                status = self._http.send(request).status_code
            except (ConnectTimeoutError, ReadTimeoutError):
                return "failed"
            except BotoCoreError:
                continue
            if status < 300:
                return "sent"
            if status == _GONE:
                return "gone"
            if status != _THROTTLED and status < 500:
                return "failed"
        return "failed"

    def _request(self, method: str, socket: Socket, body: bytes) -> AWSPreparedRequest:
        path = f"/{socket.stage}/@connections/{quote(socket.connection_id, safe='')}"
        request = AWSRequest(method, url=f"https://{socket.domain}{path}", data=body)
        SigV4Auth(self._credentials, "execute-api", self._region.name).add_auth(request)
        if self._region.endpoint:
            request.headers["Host"] = socket.domain
            request.url = self._region.endpoint.rstrip("/") + path
        return request.prepare()


def _side_by_side[T](work: Callable[[T], object], items: Collection[T]) -> None:
    if len(items) == 1:
        work(*items)
    elif items:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(_THREADS, len(items))) as threads:
            list(threads.map(work, items))
