"""Who is here, and who is typing. Nothing of it is kept: the one is looked up, the other said once.

Who hides is shown to nobody, and is shown nobody either: so hiding is no way to watch.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from mundotango.errors import BadChannel, NotAllowed, TooManyRequests, Unavailable
from mundotango.realtime import policy
from mundotango.realtime.delivery import hand_over
from mundotango.realtime.model import Delivery, Socket, encoded
from mundotango.realtime.service import Stores
from mundotango.realtime.speech import Frame, control


def note(stores: Stores, socket: Socket) -> bool:
    """Something came from this socket. What this environment noted in the last minute it does not ask about again.

    False where the socket was forgotten, though the gateway did not close it: it would be answered and told nothing.
    """
    now = stores.clock.now()
    if stores.traffic.is_news(socket.connection_id, now):
        with suppress(Unavailable):  # what they ask for is not worth less because of it
            return stores.connections.hear(socket, now, each=policy.HEARD_EACH)
    return True


def who_is_here(stores: Stores, socket: Socket) -> Frame:
    """Those of whom this person follows, without those they mute; of very many only as many as a frame holds.

    Raises:
        TooManyRequests: looked a moment ago.
    """
    now = stores.clock.now()
    if not stores.connections.may(socket.connection_id, "presence", now, each=policy.LOOKING_EACH):
        pause = int(policy.LOOKING_EACH.total_seconds())
        raise TooManyRequests("who is here is told once in ten seconds", retry_after=pause)
    return control("presence", here=[str(each) for each in _here(stores, socket.user_id, now)])


def _here(stores: Stores, user_id: UUID, now: datetime) -> list[UUID]:
    if stores.edges.hidden([user_id]):
        return []
    followed = stores.edges.followed(user_id, policy.MAX_LOOKED_FOR)
    here = stores.connections.here(followed, now, since=now - policy.HERE_FOR)
    unseen = (stores.edges.hidden(here) | stores.edges.apart(user_id, here)) if here else set()
    return [each for each in here if each not in unseen][: policy.MAX_HERE]


def type_in(stores: Stores, socket: Socket, channel: object) -> Iterator[Frame]:
    """Tell the others who have the conversation open; who types is told the same, as an answer.

    Raises:
        NotAllowed: not in the conversation, or hidden.
        TooManyRequests: typed a moment ago.
    """
    name = policy.subscribable(channel, socket.user_id)
    if policy.family_of(name) != "conversation":
        raise BadChannel("one types in conversation:{uuid}")
    members = set(stores.edges.members(UUID(name.partition(":")[2])))
    if socket.user_id not in members:
        raise NotAllowed("this conversation is not yours")
    if stores.edges.hidden([socket.user_id]):
        raise NotAllowed("who hides does not show that they type")
    now = stores.clock.now()
    if not stores.connections.may(socket.connection_id, "typing", now, each=policy.TYPING_EACH):
        pause = int(policy.TYPING_EACH.total_seconds())
        raise TooManyRequests("typing is told once in three seconds", retry_after=pause)
    until = (now + policy.TYPING_FOR).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    typing = control("typing", channel=name, user_id=str(socket.user_id), until=until)
    listening = [
        each for each in stores.connections.of_channel(name, now) if each.user_id in members - {socket.user_id}
    ]
    unseen = _strangers(stores, socket.user_id, {each.user_id for each in listening})
    hand_over(stores, [Delivery(each, encoded(typing)) for each in listening if each.user_id not in unseen])
    yield typing


def _strangers(stores: Stores, user_id: UUID, others: set[UUID]) -> set[UUID]:
    return stores.edges.apart(user_id, others) | stores.edges.hidden(others) if others else set()
