"""What people write to each other.

Whoever writes is held, as is who blocks: what is sent beside a block is either there before it or refused.
"""

from collections.abc import Sequence
from uuid import UUID

from mundotango.attachments.service import check_attachable, measures_of, release
from mundotango.conversations import policy as taking_part
from mundotango.conversations import service as conversations
from mundotango.conversations.announcement import announce as announce_conversation
from mundotango.conversations.announcement import announce_read
from mundotango.conversations.model import Held, Seat
from mundotango.errors import NotFound
from mundotango.ids import new_id_after
from mundotango.media.model import kept_picture
from mundotango.messages import announcement, policy
from mundotango.messages.model import Message
from mundotango.pagination import Page, Place, checked_limit, page_of
from mundotango.ports import Clock, MediaRepository
from mundotango.posts.policy import pictures
from mundotango.posts.service import get_author
from mundotango.work import UnitOfWork


def send(
    work: UnitOfWork,
    media_repo: MediaRepository,
    *,
    conversation_id: UUID,
    author_id: UUID,
    text: str,
    media: Sequence[tuple[UUID, str]],
    clock: Clock,
) -> Message:
    """Writing accepts what one was asked. A picture must be the author's own, made for a message and ready.

    Raises:
        Conflict: the other was asked by a message before, and has not accepted.
    """
    wanted = pictures(media, policy.MOST_PICTURES)
    said = policy.text(text, required=not wanted)
    found = measures_of(media_repo, author_id, [media_id for media_id, _ in wanted], "message")
    work.users.hold([author_id])
    check_attachable(work, [media_id for media_id, _ in wanted])
    author = get_author(work, author_id)
    held = taking_part.reachable(conversations.hold(work, conversation_id, author_id))
    seats = [taking_part.after_writing(held, seat) for seat in held.others]
    message = Message(
        id=new_id_after(held.latest_id),
        conversation_id=conversation_id,
        author=author,
        text=said,
        media=tuple(
            kept_picture(media_id, measures) | {"alt": alt}
            for (media_id, alt), measures in zip(wanted, found, strict=True)
        ),
        created_at=clock.now(),
    )
    changed = _take_places(work, held, seats, clock)
    work.messages.add(message, author_id)
    _tell(work, held, seats, message, changed, clock)
    return message


def get_message(work: UnitOfWork, conversation_id: UUID, message_id: UUID, reader_id: UUID) -> Message:
    message = work.messages.find(conversation_id, message_id, reader_id)
    if message is None:
        raise NotFound("no such message")
    return message


def list_messages(
    work: UnitOfWork, conversation_id: UUID, reader_id: UUID, cursor: str | None, limit: int
) -> Page[Message]:
    """Newest first, from when the reader joined."""
    checked_limit(limit)
    name = f"messages-of-{conversation_id}"
    before = work.read_cursor(name, cursor).id if cursor else None
    found = work.messages.list_of(conversation_id, reader_id, before, limit + 1)
    if not found:
        conversations.get_conversation(work, conversation_id, reader_id)
    return page_of(found, limit, lambda last: work.sign_cursor(name, Place(last.created_at, last.id)))


def delete_message(work: UnitOfWork, conversation_id: UUID, message_id: UUID, author_id: UUID, clock: Clock) -> None:
    """One's own, also where one has left or sees the conversation no more. An empty place stays."""
    work.users.hold([author_id])
    if not _empty(work, conversation_id, message_id, author_id, author_id, clock):
        raise NotFound("no such message of yours")


def remove_reported(work: UnitOfWork, message_id: UUID, clock: Clock) -> None:
    """By a moderator, as its author would. One that is gone already is no error."""
    said = work.messages.author_of(message_id)
    if said is None:
        return
    conversation_id, author_id = said
    work.users.hold([author_id])
    _empty(work, conversation_id, message_id, author_id, None, clock)


def mark_read(work: UnitOfWork, conversation_id: UUID, message_id: UUID, reader_id: UUID, clock: Clock) -> None:
    """Up to this message; what was read stays so. Who is only asked is not said to have read anything."""
    get_message(work, conversation_id, message_id, reader_id)
    moved = work.messages.mark_read(conversation_id, reader_id, message_id)
    if moved and work.conversations.taking_part(reader_id, [conversation_id]):
        announce_read(work, conversation_id, reader_id, message_id, clock)


def _tell(
    work: UnitOfWork, held: Held, seats: Sequence[Seat], message: Message, changed: Sequence[UUID], clock: Clock
) -> None:
    """Those whom it reaches of the message; those for whom writing changed who takes part, of the conversation."""
    author_id = held.me.user_id
    reached = [seat for seat in seats if seat.seen and seat.state in ("active", "requested")]
    work.conversations.note_message(
        held.id, message.id, author_id, [seat.user_id for seat in reached], message.created_at
    )
    announce_conversation(work, held.id, changed, author_id, conversations.unseen(held), clock)
    active = [seat.user_id for seat in reached if seat.state == "active"]
    announcement.announce(work, message, author_id, active, clock)


def _take_places(work: UnitOfWork, held: Held, seats: Sequence[Seat], clock: Clock) -> list[UUID]:
    """What writing changes of who takes part; whom the conversation is told to for it.

    Who is asked is told by the message that asks, and hears of no other.
    """
    told = []
    if conversations.join(work, held, clock):
        told = [held.me.user_id, *(seat.user_id for seat in seats if seat.state == "active")]
    for before, after in zip(held.others, seats, strict=True):
        if before.state == after.state:
            told += [after.user_id] if held.kind == "direct" and after.state == "requested" else []
            continue
        if before.state == "left":
            conversations.enter_again(work, held, after, clock)
        else:
            conversations.settle(work, held.id, after.user_id, after.state, clock)
        told += [after.user_id, held.me.user_id]
    return told


def _empty(
    work: UnitOfWork, conversation_id: UUID, message_id: UUID, author_id: UUID, actor_id: UUID | None, clock: Clock
) -> bool:
    """The author is held. False where it was empty or is not there."""
    shown = work.messages.empty(conversation_id, message_id, author_id, clock.now())
    if shown is None:
        return False
    release(work, author_id, shown, clock)
    told = [
        seat.user_id
        for seat in work.conversations.list_seats(conversation_id, author_id)
        if seat.seen and seat.state in ("active", "requested") and seat.joined_after < message_id
    ]
    announcement.announce_removal(work, conversation_id, message_id, actor_id, told, clock)
    return True
