"""How a person's row holds each of their sockets: as one text of a set, with when it opened and when it ends."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from mundotango.realtime.model import Socket


@dataclass(frozen=True, slots=True)
class Packed:
    """`str` of it is the text, the same each time: moments in whole milliseconds."""

    socket: Socket
    opened_at: datetime
    ends_at: datetime

    def __str__(self) -> str:
        socket = self.socket
        moments = (str(round(moment.timestamp() * 1000)) for moment in (self.opened_at, self.ends_at))
        return "|".join((socket.connection_id, socket.domain, socket.stage, *moments))

    @classmethod
    def of(cls, user_id: UUID, text: str) -> Self:
        connection_id, domain, stage, opened, ends = text.split("|")
        opened_at, ends_at = (datetime.fromtimestamp(int(each) / 1000, UTC) for each in (opened, ends))
        return cls(Socket(connection_id, user_id, domain, stage), opened_at, ends_at)
