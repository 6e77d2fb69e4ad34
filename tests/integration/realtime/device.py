"""A client of the sockets at the functions themselves: it holds, sorts and drops as docs/realtime.md tells clients to.

Frames are taken when it is told to; a connection ends by being lost, by hanging, or by saying so.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from mundotango.realtime.model import Socket
from mundotango.realtime.policy import comes_by_itself
from tests.fixtures.sockets import Sockets

KNOWN_IDS = 1000
Frame = dict[str, Any]


class Device:
    """`show` is given each frame of what happened, once; `granted` asks the API to listen to channels."""

    def __init__(
        self, sockets: Sockets, user_id: UUID, show: Callable[[Frame], None], granted: Callable[[list[str]], str]
    ) -> None:
        self.user_id = user_id
        self._sockets, self._show_it, self._granted = sockets, show, granted
        self._socket: Socket | None = None
        self._positions: dict[str, str] = {}
        self._known: list[str] = []
        self._held: list[Frame] | None = None
        self._read = 0

    @property
    def is_open(self) -> bool:
        return self._socket is not None and self._socket.connection_id not in self._sockets.pusher.gone

    @property
    def is_resumed(self) -> bool:
        return self.is_open and self._held is None

    def connect(self) -> None:
        """A new socket, whose frames are held until it has resumed."""
        self.lose()
        self._socket = self._sockets.connect(self.user_id)
        self._held, self._read = [], len(self._sockets.pusher.sent)

    def resume(self) -> None:
        chosen = [channel for channel in self._positions if not comes_by_itself(channel, self.user_id)]
        grant = {"grant": self._granted(chosen)} if chosen else {}
        self._send({"action": "resume", "positions": self._positions} | grant)

    def subscribe(self, *channels: str) -> None:
        self._send({"action": "subscribe", "channels": list(channels), "grant": self._granted(list(channels))})

    def lose(self) -> None:
        """Without a word: the platform learns of it by the next frame it sends."""
        self.take()
        if self._socket is not None:
            self._sockets.pusher.gone.add(self._socket.connection_id)

    def hang(self) -> None:
        """The next frame is not taken."""
        self.take()
        if self._socket is not None:
            self._sockets.pusher.hanging.add(self._socket.connection_id)

    def leave(self) -> None:
        self.take()
        if self._socket is not None and self.is_open:
            self._sockets.pusher.gone.add(self._socket.connection_id)
            self._sockets.disconnect(self._socket)

    def take(self) -> None:
        """What came since."""
        sent = self._sockets.pusher.sent
        new, self._read = sent[self._read :], len(sent)
        for each in new:
            if each.socket == self._socket:
                self._take(json.loads(each.text))

    def _send(self, frame: Frame) -> None:
        assert self._socket is not None
        self._sockets.send(self._socket, frame)
        self.take()

    def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "resumed":
                held, self._held = self._held or [], None
                for each in frame["omitted"]:
                    self._is_new(each)
                for each in sorted(held, key=lambda each: str(each["position"])):
                    self._show(each)
                for channel in {*self._positions, *frame["channels"]}:
                    self._advance(channel, frame["position"])
            case "subscribed":
                for channel in frame["channels"]:
                    self._advance(channel, frame["position"])
            case "error" if frame["code"] == "not-allowed":
                del self._positions[frame["channel"]]
            case "resync" | "error":
                raise AssertionError(f"nothing here is too old, too much or wrong: {frame}")
            case _ if self._held is None:
                self._show(frame)
            case _:
                self._held.append(frame)

    def _show(self, frame: Frame) -> None:
        self._advance(frame["channel"], frame["position"])
        if self._is_new(frame["id"]):
            self._show_it(frame)

    def _is_new(self, frame_id: str) -> bool:
        known = frame_id in self._known
        self._known = [*(each for each in self._known if each != frame_id), frame_id][-KNOWN_IDS:]
        return not known

    def _advance(self, channel: str, position: str) -> None:
        self._positions[channel] = max(position, self._positions.get(channel, ""))
