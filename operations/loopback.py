"""HTTP to the local cloud, whose names glibc does not know."""

import httpx


class Loopback(httpx.HTTPTransport):
    """Connects names below `.localhost` to this machine, as browsers and curl do and glibc does not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")  # the header Host keeps the name
        return super().handle_request(request)
