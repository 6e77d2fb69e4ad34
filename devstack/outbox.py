"""The mails that the local cloud was asked to send: MiniStack keeps them, and sends none."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import httpx

from devstack.stack import Aws

WAIT_SECONDS = 30.0

_UNSUBSCRIBE = re.compile(r"/api/link/[\w-]+/unsubscribe")


@dataclass(frozen=True, slots=True)
class Received:
    """MiniStack takes messages apart and keeps none of their headers but these."""

    to: str
    subject: str
    text: str
    html: str

    @property
    def unsubscribe(self) -> str:
        """The path of the link that ends such mails; LookupError where there is none."""
        found = _UNSUBSCRIBE.search(self.text)
        if found is None:
            raise LookupError("this mail has no link to end them")
        return found.group()


def address(aws: Aws) -> str:
    """Where a browser finds them, as JSON."""
    return f"{aws.endpoint}/_ministack/ses/messages"


def received(aws: Aws, to: str) -> list[Received]:
    """What was sent to this address, oldest first."""
    answer = httpx.get(address(aws), timeout=10)
    answer.raise_for_status()
    kept = [one for account in answer.json()["messages"].values() for one in account]
    return [
        Received(to, one["Subject"], one["BodyText"] or "", one["BodyHtml"] or "")
        for one in sorted(kept, key=lambda one: one["Timestamp"])
        if to in one["To"]
    ]


def await_mail(aws: Aws, to: str, number: int = 1, seconds: float = WAIT_SECONDS) -> list[Received]:
    """All that was sent to this address, as soon as there are so many.

    Raises:
        TimeoutError: there were fewer for so long.
    """
    deadline = time.monotonic() + seconds
    while len(found := received(aws, to)) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(found)} mails instead of {number} within {seconds:.0f} s")
        time.sleep(0.2)
    return found
