"""Mail in memory."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from mundotango.mail.model import SendState
from mundotango.mail.ports import Refused


class FakeMailer:
    """`outbox` is what was sent, with whom it went to. `raising` is what happens to the next ones, in their order."""

    def __init__(self) -> None:
        self.outbox: list[tuple[str, bytes]] = []
        self.refused: set[str] = set()
        self.raising: list[Exception] = []

    def send(self, to: str, message: bytes) -> None:
        if self.raising:
            raise self.raising.pop(0)
        if to in self.refused:
            raise Refused("MessageRejected")
        self.outbox.append((to, message))

    @property
    def messages(self) -> list[EmailMessage]:
        return [read_message(message) for _, message in self.outbox]


class FakeSends:
    def __init__(self) -> None:
        self.states: dict[UUID, SendState] = {}

    def begin(self, mail_id: UUID, at: datetime) -> SendState | None:
        if mail_id in self.states:
            return self.states[mail_id]
        self.states[mail_id] = "sending"
        return None

    def end(self, mail_id: UUID, state: SendState) -> None:
        self.states[mail_id] = state

    def give_back(self, mail_id: UUID) -> None:
        if self.states.get(mail_id) == "sending":
            del self.states[mail_id]


def read_message(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=policy.default)


class FakeWaitingMails:
    def __init__(self) -> None:
        self._keys: list[str] = []

    def put(self, key: str) -> None:
        self._keys.append(key)

    def take(self) -> list[str]:
        """What waits, once."""
        taken, self._keys = self._keys, []
        return taken
