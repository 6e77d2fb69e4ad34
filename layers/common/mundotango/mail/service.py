"""Send a mail, once, however often it is asked for.

Who sends mail knows no key under which a second request would be the first one, so a row says that somebody began. It
is written just before the message is handed over, after everything else that can fail. What stops in between leaves a
mail of which nobody knows whether it went, and that is not sent again: docs/decisions/0023 says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mundotango.mail.message import compose
from mundotango.mail.ports import NotNow, Refused, Unsure
from mundotango.mail.rendering import render
from mundotango.observability import count, logger

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform
    from mundotango.mail.model import Mail, SendState


# It names people as its reader saw them, and was wanted, when it was written; only the database knows of later.
OLDEST = timedelta(hours=12)


def send_mail(platform: Platform, mail: Mail) -> None:
    """What became of it is counted, as `mail_sent`, `mail_nobody`, `mail_refused`, `mail_unsure` or `mail_again`.

    Raises:
        NotNow: it was not sent, and may be tried again.
    """
    address = _address(platform, mail)
    message = None if address is None else _message(platform, mail, address)
    began = platform.sends.begin(mail.id, platform.clock.now())
    if began not in (None, "sending"):
        count("mail_again")
        return
    if began == "sending":
        state: SendState = "unsure"
    elif address is None:
        state = "nobody"
    elif _is_too_old(mail, platform.clock.now()):
        state = "refused"
    else:
        state = _hand_over(platform, mail, address, message)
    platform.sends.end(mail.id, state)
    _tell(mail, state)


def _address(platform: Platform, mail: Mail) -> str | None:
    """None where there is none, or nobody here who sends."""
    if not platform.sender.address:
        return None
    return mail.address or None if mail.user_id is None else platform.identities.find_address(mail.user_id)


def _message(platform: Platform, mail: Mail, address: str) -> bytes | None:
    """None where no message can be made for this address."""
    rendered = render(mail, platform.site.url)
    try:
        return compose(
            mail,
            rendered,
            sender=platform.sender.address,
            to=address,
            site=platform.site.url,
            at=platform.clock.now(),
        )
    except ValueError:  # what it says has the address in it
        return None


def _hand_over(platform: Platform, mail: Mail, address: str, message: bytes | None) -> SendState:
    if message is None:
        return "refused"
    try:
        platform.mailer.send(address, message)
    except Refused:
        return "refused"
    except Unsure:
        return "unsure"
    except NotNow:
        platform.sends.give_back(mail.id)
        raise
    return "sent"


def _is_too_old(mail: Mail, now: datetime) -> bool:
    return now - mail.written_at > OLDEST or (mail.until is not None and now >= mail.until)


def _tell(mail: Mail, state: SendState) -> None:
    count(f"mail_{state}")
    if state in ("refused", "unsure"):
        logger().warning(
            "mail not sent",
            extra={"mail_id": str(mail.id), "user_id": mail.user_id and str(mail.user_id), "state": state},
        )
