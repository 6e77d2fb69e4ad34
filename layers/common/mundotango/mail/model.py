"""What is said to a person by mail.

A *mail* names whom it is for and what it says, not the address: that is looked up in the moment of sending, and kept
nowhere. Only a guest has no account in which it could be looked up, so a mail to one has it along. How it is said
stands in the template, in the person's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mundotango.languages import Language

Template = Literal["digest", "guest", "offer"]

SendState = Literal["sending", "sent", "nobody", "refused", "unsure"]
"""How far the sending of a mail came. `nobody`: no confirmed address was there. `refused`: for good, by who sends,
or because it had become old.
`unsure`: somebody began to send it, and nobody knows whether it went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`values` is what the template says it with, as JSON has it and as it was at `written_at`. `unsubscribe` is the
    path of a link that ends such mails; there is none where it is about what the person asked for. It is to somebody
    with an account, or to the `address` of a guest. After `until` it says nothing any more."""

    id: UUID
    user_id: UUID | None = None
    address: str = ""
    template: Template
    language: Language
    values: Mapping[str, Any]
    unsubscribe: str | None = None
    written_at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """As a person reads it."""

    subject: str
    text: str
    html: str


def mail_payload(mail: Mail) -> dict[str, Any]:
    """As a command carries it."""
    return {
        "mail_id": str(mail.id),
        "user_id": mail.user_id and str(mail.user_id),
        "address": mail.address,
        "template": mail.template,
        "language": mail.language,
        "values": dict(mail.values),
        "unsubscribe": mail.unsubscribe,
        "written_at": mail.written_at.isoformat(),
        "until": None if mail.until is None else mail.until.isoformat(),
    }


def mail_from(payload: Mapping[str, Any]) -> Mail:
    return Mail(
        id=UUID(payload["mail_id"]),
        user_id=UUID(payload["user_id"]) if payload["user_id"] else None,
        address=payload.get("address", ""),  # of the version before
        template=payload["template"],
        language=payload["language"],
        values=payload["values"],
        unsubscribe=payload["unsubscribe"],
        written_at=datetime.fromisoformat(payload["written_at"]),
        until=datetime.fromisoformat(payload["until"]) if payload.get("until") else None,
    )
