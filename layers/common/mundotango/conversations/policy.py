"""Who takes part in a conversation, and who has to be asked first.

Whoever follows somebody hears from them at once. Everybody else is asked by the first message, and until they accept
there is no second one; whoever declined is not asked again, and the one who asked cannot tell that from waiting.
"""

from collections.abc import Sequence
from dataclasses import replace

from mundotango.conversations.model import Held, Seat, State
from mundotango.errors import Conflict, FieldError, Invalid, Said
from mundotango.text import clean

MOST_MEMBERS = 16
LONGEST_TITLE = 100
# Of unread messages and conversations: more are shown as "99+".
MOST_COUNTED = 100
_THERE: tuple[State, ...] = ("active", "requested")


def title(value: str) -> str:
    return clean("title", value, longest=LONGEST_TITLE, required=False)


def sees(held: Held) -> bool:
    """Whether the one who acts finds the conversation at all."""
    return held.me.state in _THERE and (held.kind == "group" or all(seat.seen for seat in held.others))


def taking_part(held: Held) -> Held:
    if held.me.state != "active":
        raise Conflict("accept this conversation first")
    return held


def asked(held: Held) -> Held:
    if held.me.state != "requested":
        raise Conflict("you take part in this conversation already; you can leave it")
    return held


def group(held: Held) -> Held:
    if held.kind != "group":
        raise Conflict("a conversation of two has no title and no other members; begin a group")
    return held


def is_over(held: Held) -> bool:
    """Whether nobody is left but those who left or declined, the one who acts among them."""
    return not any(seat.state in _THERE for seat in held.others)


def enough_room(members: int) -> None:
    if members > MOST_MEMBERS:
        raise Conflict(
            Said("a conversation has at most {most} members", most=MOST_MEMBERS),
            FieldError("members", Said("must be at most {most} with you", most=MOST_MEMBERS)),
        )


def somebody(others: Sequence[object]) -> None:
    if not others:
        raise Invalid("a conversation needs somebody else", FieldError("members", "must name somebody else"))


def added(follows: bool, before: State | None) -> State:
    """How somebody takes part whom another adds; who was there and left is asked."""
    return "active" if follows and before is None else "requested"


def after_writing(held: Held, seat: Seat) -> Seat:
    """The other's place once the one who acts writes: of two, the first message asks, and accepts what was asked.

    Raises:
        Conflict: they were asked and have not accepted.
    """
    if held.kind == "group" or seat.state == "active":
        return seat
    if seat.follows:
        return replace(seat, state="active")
    if seat.state == "left":
        return replace(seat, state="requested")
    if held.latest_id > seat.joined_after:
        raise Conflict("they have not accepted the conversation yet; until they do, you can send one message")
    return seat


def reachable(held: Held) -> Held:
    """Of two of whom one is gone, nobody is left to write to."""
    if held.kind == "direct" and not held.others:
        raise Conflict("nobody else is left in this conversation")
    return held
