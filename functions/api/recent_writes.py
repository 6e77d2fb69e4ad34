"""Who has written is known for the seconds in which the database's reader may not show it yet."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.callers import user_of
from mundotango.bootstrap import Platform

READS = ("GET", "HEAD", "OPTIONS")


class RecentWrites:
    """Whatever was not a read and went well counts as a write, committed before its answer begins."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READS:
            await self._app(scope, receive, send)
            return
        user_id, reader = user_of(scope), self._platform.reader
        if user_id is None or reader is None:
            await self._app(scope, receive, send)
            return

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                reader.note_write(user_id)
            await send(message)

        await self._app(scope, receive, note)
