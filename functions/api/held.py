"""An answer kept back until it is whole, for whoever must know all of it before its first byte leaves."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Held:
    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    @classmethod
    async def of(cls, app: ASGIApp, scope: Scope, receive: Receive) -> "Held":
        held = cls()
        await app(scope, receive, held._take)
        return held

    @property
    def status(self) -> int:
        found: int = self.start["status"]
        return found

    async def send(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})

    async def _take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")
