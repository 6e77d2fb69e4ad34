"""A link for whoever asks, mailed to the address they give, whoever that is.

Nobody is told whether an address is known here. And nobody is to be buried in mails that others ask for: each address
is written to so often and no more, and whoever asks then is answered as always.
"""

from uuid import UUID

from mundotango.errors import Conflict, NotFound, TooManyRequests, Unavailable
from mundotango.guests import policy
from mundotango.guests.model import Guest
from mundotango.guests.telling import tell
from mundotango.ids import derived_id, new_id
from mundotango.languages import Language
from mundotango.limits import service as limits
from mundotango.limits.model import Limit, Standing
from mundotango.limits.policy import GUEST_ACTS, GUEST_MAIL, GUESTS_OF_ONE, GUESTS_OF_VIEWER
from mundotango.links import token_hash
from mundotango.ports import Cache, Clock, Rates
from mundotango.registrations import policy as registrations
from mundotango.text import clean
from mundotango.work import UnitOfWork


def may_mail(cache: Cache, rates: Rates, *, viewer: str, occurrence_id: UUID, email: str, clock: Clock) -> bool:
    """Counts a request of somebody without an account; False where the address has been written to often enough.

    Raises:
        TooManyRequests: by this viewer, or for this time of an event.
        Unavailable: nothing can count it. Others are let go on without; but these write to people who never asked.
    """
    _take(cache, rates, GUESTS_OF_VIEWER, policy.viewer(viewer), clock)
    _take(cache, rates, GUESTS_OF_ONE, str(occurrence_id), clock)
    try:
        _take(cache, rates, GUEST_MAIL, policy.mailbox(email), clock)
    except TooManyRequests:
        return False
    return True


def ask_link(
    work: UnitOfWork, *, occurrence_id: UUID, email: str, name: str, language: Language, mails: bool, clock: Clock
) -> None:
    """Where `mails` is false everything is looked at and nothing happens. Who registered before stays as they are."""
    now = clock.now()
    name = clean("name", name, longest=policy.LONGEST_NAME)
    dated = work.events.find_at(occurrence_id)
    if dated is None or dated.occurrence.status == "draft":
        raise NotFound("no such occurrence")
    chosen = registrations.takes_registrations(work.registrations.find_chosen(dated.event.id))
    occurrence, before = dated.occurrence, chosen.settings.opens_before
    opens_at = None if before is None else occurrence.starts_at - before
    policy.takes_guests(occurrence.status, opens_at, occurrence.ends_at, now)
    if not mails:
        return
    if now >= occurrence.starts_at - chosen.settings.closes_before:
        guest = work.guests.find_known(occurrence_id, email)
    else:
        kept_until = policy.kept_until(confirmed=False, ends_at=occurrence.ends_at, now=now)
        guest = work.guests.ask(Guest(new_id(), occurrence_id, email, name, language, now, None, kept_until))
    if guest is not None:
        tell(work, dated, [(guest, "link", None)], clock)


def check_acts(cache: Cache, rates: Rates, token: str, clock: Clock) -> None:
    """Counts what is done by a link. Where nothing can count it, it is done.

    Raises:
        TooManyRequests: by this one.
    """
    standing = limits.take(cache, rates, derived_id(GUEST_ACTS.name, token_hash(token)), GUEST_ACTS, clock)
    _hold_back(standing)


def check_sends(sender: str) -> None:
    if not sender:
        raise Conflict("this platform sends no mail; register with an account")


def _take(cache: Cache, rates: Rates, limit: Limit, who: str, clock: Clock) -> None:
    """Under a number made of it: neither store is told an address."""
    standing = limits.take(cache, rates, derived_id(limit.name, who), limit, clock)
    if standing is None:
        raise Unavailable("the limit of mails cannot be looked at; try again")
    _hold_back(standing)


def _hold_back(standing: Standing | None) -> None:
    if standing is not None and standing.left < 0:
        raise TooManyRequests("too many requests; slow down", retry_after=standing.resets_in)
