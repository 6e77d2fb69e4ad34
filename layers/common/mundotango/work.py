"""The unit of work: one transaction, seen by use cases as the repositories it spans."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mundotango.keys.service import CURSOR

if TYPE_CHECKING:
    from psycopg import Connection

    from mundotango.adapters.postgres import Database
    from mundotango.agenda.repository import AgendaRepository
    from mundotango.attachments.repository import AttachmentRepository
    from mundotango.attendance.repository import AttendanceRepository
    from mundotango.blocks.repository import BlockRepository
    from mundotango.broadcasts.repository import BroadcastRepository
    from mundotango.calendars.repository import CalendarRepository
    from mundotango.comments.repository import CommentRepository
    from mundotango.conversations.repository import ConversationRepository
    from mundotango.digests.repository import DigestRepository
    from mundotango.documents.repository import DocumentRepository
    from mundotango.drafts.repository import DraftRepository
    from mundotango.events.repository import EventRepository
    from mundotango.exports.repository import ExportRepository
    from mundotango.feed.repository import FeedRepository
    from mundotango.follows.repository import FollowRepository
    from mundotango.guests.repository import GuestRepository
    from mundotango.keys.repository import KeyRepository
    from mundotango.marks.repository import MarkRepository
    from mundotango.messages.repository import MessageRepository
    from mundotango.moderation.repository import ModerationRepository
    from mundotango.notifications.repository import NotificationPreferenceRepository
    from mundotango.occurrences.repository import OccurrenceRepository
    from mundotango.outbox.repository import OutboxRepository
    from mundotango.pagination import Keyring, Place, Ranked, Standing
    from mundotango.posts.repository import PostRepository
    from mundotango.privacy.repository import DepartureRepository
    from mundotango.privacy.stores.repository import PersonRepository
    from mundotango.realtime.model import Activity
    from mundotango.registrations.repository import RegistrationRepository
    from mundotango.requests.repository import RequestKeyRepository
    from mundotango.search.repository import SearchRepository
    from mundotango.tonight.repository import TonightRepository
    from mundotango.users.repository import UserRepository
    from mundotango.venues.repository import VenueRepository


class _Uncommitted(Exception):
    """Ends a transaction that nobody committed."""


class UnitOfWork:
    """Takes a connection when a repository is first used, and gives it back at the end, rolled back unless committed.

    Use cases never commit: the boundary does, once, before the answer leaves. A database that is away is raised as
    Unavailable, wherever in the block it was noticed.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._transaction: AbstractContextManager[Connection] | None = None
        self._keyring = keyring
        # The outbox rows of this transaction; to be announced once it is committed.
        self.recorded: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transaction is not None:
            ending = error or _Uncommitted()
            self._transaction.__exit__(type(ending), ending, trace)
            self._transaction = None

    def commit(self) -> None:
        if self._transaction is not None:
            transaction, self._transaction = self._transaction, None
            transaction.__exit__(None, None, None)

    def record(self, activity: Activity) -> None:
        """Announce this, if and only if the transaction is committed."""
        self.recorded.append(self.outbox.add(activity))

    def record_all(self, activities: Sequence[Activity]) -> None:
        """Likewise, in this order, by one statement however many there are."""
        if activities:
            self.recorded += self.outbox.add_all(activities)

    def sign_cursor(self, name: str, place: Place | Ranked | Standing) -> str:
        """`name` is the list's: a cursor signed for one list is refused by another."""
        return self._keyring.sign(name, place, self._cursor_secrets)

    def read_cursor(self, name: str, cursor: str) -> Place:
        return self._keyring.read(name, cursor, self._cursor_secrets)

    def read_ranked_cursor(self, name: str, cursor: str) -> Ranked:
        return self._keyring.read_ranked(name, cursor, self._cursor_secrets)

    def read_standing_cursor(self, name: str, cursor: str) -> Standing:
        return self._keyring.read_standing(name, cursor, self._cursor_secrets)

    def _cursor_secrets(self) -> Sequence[bytes]:
        return self.keys.list_secrets(CURSOR)

    @cached_property
    def _connection(self) -> Connection:
        transaction = self._database.transaction()
        connection = transaction.__enter__()
        self._transaction = transaction
        return connection

    @cached_property
    def users(self) -> UserRepository:
        from mundotango.users.repository import UserRepository

        return UserRepository(self._connection)

    @cached_property
    def follows(self) -> FollowRepository:
        from mundotango.follows.repository import FollowRepository

        return FollowRepository(self._connection)

    @cached_property
    def blocks(self) -> BlockRepository:
        from mundotango.blocks.repository import BlockRepository

        return BlockRepository(self._connection)

    @cached_property
    def search(self) -> SearchRepository:
        from mundotango.search.repository import SearchRepository

        return SearchRepository(self._connection)

    @cached_property
    def posts(self) -> PostRepository:
        from mundotango.posts.repository import PostRepository

        return PostRepository(self._connection)

    @cached_property
    def attachments(self) -> AttachmentRepository:
        from mundotango.attachments.repository import AttachmentRepository

        return AttachmentRepository(self._connection)

    @cached_property
    def feed(self) -> FeedRepository:
        from mundotango.feed.repository import FeedRepository

        return FeedRepository(self._connection)

    @cached_property
    def marks(self) -> MarkRepository:
        from mundotango.marks.repository import MarkRepository

        return MarkRepository(self._connection)

    @cached_property
    def comments(self) -> CommentRepository:
        from mundotango.comments.repository import CommentRepository

        return CommentRepository(self._connection)

    @cached_property
    def drafts(self) -> DraftRepository:
        from mundotango.drafts.repository import DraftRepository

        return DraftRepository(self._connection)

    @cached_property
    def digests(self) -> DigestRepository:
        from mundotango.digests.repository import DigestRepository

        return DigestRepository(self._connection)

    @cached_property
    def events(self) -> EventRepository:
        from mundotango.events.repository import EventRepository

        return EventRepository(self._connection)

    @cached_property
    def occurrences(self) -> OccurrenceRepository:
        from mundotango.occurrences.repository import OccurrenceRepository

        return OccurrenceRepository(self._connection)

    @cached_property
    def agenda(self) -> AgendaRepository:
        from mundotango.agenda.repository import AgendaRepository

        return AgendaRepository(self._connection)

    @cached_property
    def documents(self) -> DocumentRepository:
        from mundotango.documents.repository import DocumentRepository

        return DocumentRepository(self._connection)

    @cached_property
    def registrations(self) -> RegistrationRepository:
        from mundotango.registrations.repository import RegistrationRepository

        return RegistrationRepository(self._connection)

    @cached_property
    def tonight(self) -> TonightRepository:
        from mundotango.tonight.repository import TonightRepository

        return TonightRepository(self._connection)

    @cached_property
    def attendance(self) -> AttendanceRepository:
        from mundotango.attendance.repository import AttendanceRepository

        return AttendanceRepository(self._connection)

    @cached_property
    def guests(self) -> GuestRepository:
        from mundotango.guests.repository import GuestRepository

        return GuestRepository(self._connection)

    @cached_property
    def venues(self) -> VenueRepository:
        from mundotango.venues.repository import VenueRepository

        return VenueRepository(self._connection)

    @cached_property
    def broadcasts(self) -> BroadcastRepository:
        from mundotango.broadcasts.repository import BroadcastRepository

        return BroadcastRepository(self._connection)

    @cached_property
    def calendars(self) -> CalendarRepository:
        from mundotango.calendars.repository import CalendarRepository

        return CalendarRepository(self._connection)

    @cached_property
    def conversations(self) -> ConversationRepository:
        from mundotango.conversations.repository import ConversationRepository

        return ConversationRepository(self._connection)

    @cached_property
    def messages(self) -> MessageRepository:
        from mundotango.messages.repository import MessageRepository

        return MessageRepository(self._connection)

    @cached_property
    def moderation(self) -> ModerationRepository:
        from mundotango.moderation.repository import ModerationRepository

        return ModerationRepository(self._connection)

    @cached_property
    def notification_preferences(self) -> NotificationPreferenceRepository:
        from mundotango.notifications.repository import NotificationPreferenceRepository

        return NotificationPreferenceRepository(self._connection)

    @cached_property
    def outbox(self) -> OutboxRepository:
        from mundotango.outbox.repository import OutboxRepository

        return OutboxRepository(self._connection)

    @cached_property
    def request_keys(self) -> RequestKeyRepository:
        from mundotango.requests.repository import RequestKeyRepository

        return RequestKeyRepository(self._connection)

    @cached_property
    def keys(self) -> KeyRepository:
        from mundotango.keys.repository import KeyRepository

        return KeyRepository(self._connection)

    @cached_property
    def departures(self) -> DepartureRepository:
        from mundotango.privacy.repository import DepartureRepository

        return DepartureRepository(self._connection)

    @cached_property
    def person(self) -> PersonRepository:
        from mundotango.privacy.stores.repository import PersonRepository

        return PersonRepository(self._connection)

    @cached_property
    def exports(self) -> ExportRepository:
        from mundotango.exports.repository import ExportRepository

        return ExportRepository(self._connection)
