"""What sending mail asks of the world outside; see mundotango/ports.py.

What these raise names no address: errors are logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mundotango.mail.model import SendState


class Refused(Exception):
    """This mail is not sent to this address, however often it is tried."""


class NotNow(Exception):
    """It was certainly not sent: too many at once, sending is paused, or not allowed yet. It may be tried again."""


class Unsure(Exception):
    """The answer did not come: it may have been sent, or not."""


class WaitingMails(Protocol):
    """Keys of the commands whose mails are to be sent: no command waits behind a mail."""

    def put(self, key: str) -> None: ...


class Mailer(Protocol):
    def send(self, to: str, message: bytes) -> None:
        """A whole message as RFC 5322 has it; tried once, for only the caller knows whether twice does harm.

        Raises:
            Refused, NotNow, Unsure
        """
        ...


class Sends(Protocol):
    """How far the sending of each mail came; known for longer than anything can bring its command again."""

    def begin(self, mail_id: UUID, at: datetime) -> SendState | None:
        """None when it is from now on the caller's to send, and nobody else's; else how far somebody came."""
        ...

    def end(self, mail_id: UUID, state: SendState) -> None: ...

    def give_back(self, mail_id: UUID) -> None:
        """It was not sent: whoever comes next may begin."""
        ...
