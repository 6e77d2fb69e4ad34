"""A mail as it travels: RFC 5322, text and HTML, with what lets a mailbox end it by one click (RFC 8058)."""

from datetime import datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from typing import cast

from mundotango.mail.model import Mail, Rendered


class _Unfolded(UnstructuredHeader):
    """One word, longer than a line should be. Python would encode it, and no mailbox looks for a link in that."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> Policy:
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", cast(type[BaseHeader], _Unfolded))
    return SMTP.clone(header_factory=headers)


def compose(mail: Mail, rendered: Rendered, *, sender: str, to: str, site: str, at: datetime) -> bytes:
    """`sender` may have a name: `Mundo Tango <hola@example.org>`. `site` is where the links lead.

    Its Message-ID is made of the mail's id, the same each time. (SES writes one of its own over it.)

    Raises:
        ValueError: an address cannot stand in a header.
    """
    message = EmailMessage(policy=_policy())
    message["From"] = sender
    message["To"] = to
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    if mail.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{site}{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language
    return message.as_bytes()
