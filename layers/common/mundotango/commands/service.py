"""Commands: recorded with the fact they follow from, handed on by the relay, carried out outside the network.

work.record(identity_deletion(user_id, clock))
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mundotango.commands.model import Command
from mundotango.ids import new_id
from mundotango.mail.model import Mail, mail_from, mail_payload
from mundotango.media.policy import variants_of
from mundotango.observability import correlate, count
from mundotango.outbox.model import Outgoing
from mundotango.ports import Clock, Edge
from mundotango.realtime.model import Activity, Closing, Kind

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

_COMMAND = "command."
# The field of the payload that says what a command is about.
_ABOUT = {
    "close_sockets": "user_id",
    "edge_forget": "forgetting_id",
    "identity_delete": "user_id",
    "media_delete": "media_id",
    "send_mail": "mail_id",
}


# Each region has sockets and copies of pictures of its own. All else is done in one region, by that which wrote it.
_EVERYWHERE = {"close_sockets", "media_delete"}

# Who asks an origin so long after an act is told what is true since. What began before it fills the cache inside of the
# API within five seconds, which keeps it for five more; a reader lags by less; the edge waits five for an answer.
# What EdgeSettles of the template is, but where there is neither reader nor a cache of answers at the edge.
SETTLES = timedelta(seconds=15)
# Each is paid for. For more of them at once, as when somebody leaves who announced a hundred events for tonight, all of
# the public answers are forgotten for the price of one.
MOST_TAGS_AT_ONCE = 50
EVERYTHING_PUBLIC = "/api/public/*"


class UnknownCommand(Exception):
    """Nobody carries out this kind; trying again does not help, until a newer version is deployed."""


def identity_deletion(user_id: UUID, clock: Clock) -> Activity:
    """To be recorded: this person's sign-in shall be no more. Told to nobody."""
    return _recorded("command.identity_delete", {"user_id": str(user_id)}, clock)


def socket_closing(user_id: UUID, code: Closing, clock: Clock) -> Activity:
    """To be recorded: all sockets that this person has open then shall be closed, and told this code. Their devices are
    forgotten too, which register again at their next start if they may."""
    return _recorded("command.close_sockets", {"user_id": str(user_id), "code": code}, clock)


def media_deletion(media_id: UUID, clock: Clock, *, seen: bool) -> Activity:
    """To be recorded: all there is of this picture shall be no more. `seen` is whether the edge may have it."""
    return _recorded("command.media_delete", {"media_id": str(media_id), "seen": seen}, clock)


def edge_forgetting(tags: Sequence[str], clock: Clock) -> Activity:
    """To be recorded: the edge shall forget the answers that have any of these tags."""
    payload = {"forgetting_id": str(new_id()), "tags": list(tags), "at": clock.now().isoformat()}
    return _recorded("command.edge_forget", payload, clock)


def mail_sending(mail: Mail, clock: Clock) -> Activity:
    """To be recorded: this person shall get this mail."""
    return _recorded("command.send_mail", mail_payload(mail), clock)


def command_of(outgoing: Outgoing) -> Command | None:
    """The command that an activity of the outbox is; None for every other activity."""
    activity = outgoing.activity
    if not activity.kind.startswith(_COMMAND):
        return None
    kind = activity.kind.removeprefix(_COMMAND)
    about = activity.payload[_ABOUT[kind]]
    return Command(f"{kind}#{about}", kind, activity.payload, outgoing.seq, activity.v, activity.correlation_id)


def concerns(command: Command, *, own: bool) -> bool:
    """Whether there is something to be done in this region; `own` is whether it wrote the command."""
    return own or command.kind in _EVERYWHERE


def carry_out(platform: Platform, command: Command) -> None:
    """Doing it twice is doing it once: a command comes again after any failure, and sometimes for no reason. Of another
    region's only what this one has itself is done, and devices are known at home alone, whoever wrote the command.

    What the edge still has is forgotten by `invalidate`, together with what other commands name.

    Raises:
        UnknownCommand: there is no such kind.
    """
    match command.kind:
        case "close_sockets":
            from mundotango.realtime.closing import end_all
            from mundotango.webpush.service import remove_all

            user_id = UUID(command.payload["user_id"])
            end_all(platform, user_id, command.payload["code"])
            if platform.region.is_home:
                remove_all(platform.devices, user_id)
        case "identity_delete":
            platform.identities.delete(UUID(command.payload["user_id"]))
        case "media_delete":
            from mundotango.media.service import delete_objects

            delete_objects(platform.objects, UUID(command.payload["media_id"]))
        case "edge_forget":
            pass  # by `invalidate`
        case "send_mail":
            platform.waiting_mails.put(command.key)
        case _:
            raise UnknownCommand(command.kind)


def send_waiting(platform: Platform, key: str) -> None:
    """Sends the mail of this command; where its row is gone, that was done before."""
    from mundotango.mail.service import send_mail

    command = platform.commands.find(key)
    if command is None:
        count("mail_again")
        return
    correlate(command.correlation_id)
    send_mail(platform, mail_from(command.payload))
    # What it says, and the link that ends the mails, are kept no longer than they are needed.
    platform.commands.forget(command)


def is_forgotten(command: Command) -> bool:
    """Whether the edge may have what it is about."""
    return command.kind == "edge_forget" or (command.kind == "media_delete" and bool(command.payload["seen"]))


def last_act(forgotten: Sequence[tuple[str, Command]]) -> datetime | None:
    """Of those after which an origin may still answer as it was before."""
    acts = (datetime.fromisoformat(one.payload["at"]) for _, one in forgotten if one.kind == "edge_forget")
    return max(acts, default=None)


def invalidate(edge: Edge, forgotten: Sequence[tuple[str, Command]]) -> None:
    """Has the edge forget what these commands, each with its number in the stream, are about: at once, for what is said
    twice is paid for twice, and few may be in progress. The same ones again are the one invalidation."""
    tags = {f"#{tag}" for _, command in forgotten for tag in command.payload.get("tags", ())}
    pictures = {
        f"/{variants_of(UUID(command.payload['media_id']))}*"
        for _, command in forgotten
        if command.kind == "media_delete"
    }
    paths = sorted({*pictures, *(tags if len(tags) <= MOST_TAGS_AT_ONCE else {EVERYTHING_PUBLIC})})
    numbers = sorted(number for number, _ in forgotten)
    edge.invalidate(paths, hashlib.sha256("\n".join([*paths, *numbers]).encode()).hexdigest())


def _recorded(kind: Kind, payload: dict[str, Any], clock: Clock) -> Activity:
    return Activity(id=new_id(), kind=kind, actor_id=None, channel=None, payload=payload, occurred_at=clock.now())
