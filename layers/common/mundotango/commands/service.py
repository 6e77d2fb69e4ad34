"""Commands: recorded with the fact they follow from, handed on by the relay, carried out outside the network.

work.record(identity_deletion(user_id, clock))
"""

from uuid import UUID

from mundotango.commands.model import Command
from mundotango.ids import new_id
from mundotango.outbox.model import Outgoing
from mundotango.ports import Clock, Identities
from mundotango.realtime.model import Activity

_COMMAND = "command."


class UnknownCommand(Exception):
    """Nobody carries out this kind; trying again does not help, until a newer version is deployed."""


def identity_deletion(user_id: UUID, clock: Clock) -> Activity:
    """To be recorded: this person's sign-in shall be no more. Told to nobody."""
    return Activity(
        id=new_id(),
        kind="command.identity_delete",
        actor_id=None,
        channel=None,
        payload={"user_id": str(user_id)},
        occurred_at=clock.now(),
    )


def command_of(outgoing: Outgoing) -> Command | None:
    """The command that an activity of the outbox is; None for every other activity."""
    activity = outgoing.activity
    if not activity.kind.startswith(_COMMAND):
        return None
    kind = activity.kind.removeprefix(_COMMAND)
    return Command(f"{kind}#{activity.payload['user_id']}", kind, activity.payload, outgoing.seq, activity.v)


def carry_out(identities: Identities, command: Command) -> None:
    """Doing it twice is doing it once: a command comes again after any failure, and sometimes for no reason.

    Raises:
        UnknownCommand: there is no such kind.
    """
    match command.kind:
        case "identity_delete":
            identities.delete(UUID(command.payload["user_id"]))
        case _:
            raise UnknownCommand(command.kind)
