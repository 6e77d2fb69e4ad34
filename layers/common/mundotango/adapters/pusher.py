"""Frames to open sockets, through the gateway's management address (`POST {stage}/@connections/{id}`).

The address is the connection's own, as it was stored when it opened. Where the SDK was told to find AWS elsewhere,
requests go there and carry the domain as their Host, as every other AWS call does.
"""

import random
import time
from collections import defaultdict
from collections.abc import Sequence
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
                    outcome = self._deliver(deliveries[index])
                outcomes[index] = outcome

        if len(queues) == 1:
            work_off(*queues.values())
        elif queues:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(min(_THREADS, len(queues))) as threads:
                list(threads.map(work_off, queues.values()))
        return [outcomes[index] for index in range(len(deliveries))]

    def _deliver(self, delivery: Delivery) -> Outcome:
        body = delivery.text.encode()
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 (jitter, no secret)
            request = self._request(delivery.socket, body)
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

    def _request(self, socket: Socket, body: bytes) -> AWSPreparedRequest:
        path = f"/{socket.stage}/@connections/{quote(socket.connection_id, safe='')}"
        request = AWSRequest("POST", url=f"https://{socket.domain}{path}", data=body)
        SigV4Auth(self._credentials, "execute-api", self._region.name).add_auth(request)
        if self._region.endpoint:
            request.headers["Host"] = socket.domain
            request.url = self._region.endpoint.rstrip("/") + path
        return request.prepare()
