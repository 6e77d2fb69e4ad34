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
    from mundotango.events.repository import EventRepository
    from mundotango.keys.repository import KeyRepository
    from mundotango.moderation.repository import ModerationRepository
    from mundotango.outbox.repository import OutboxRepository
    from mundotango.pagination import Keyring, Place
    from mundotango.posts.repository import PostRepository
    from mundotango.realtime.model import Activity
    from mundotango.users.repository import FollowRepository, UserRepository


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

    def sign_cursor(self, name: str, place: Place) -> str:
        """`name` is the list's: a cursor signed for one list is refused by another."""
        return self._keyring.sign(name, place, self._cursor_secrets)

    def read_cursor(self, name: str, cursor: str) -> Place:
        return self._keyring.read(name, cursor, self._cursor_secrets)

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
        from mundotango.users.repository import FollowRepository

        return FollowRepository(self._connection)

    @cached_property
    def posts(self) -> PostRepository:
        from mundotango.posts.repository import PostRepository

        return PostRepository(self._connection)

    @cached_property
    def events(self) -> EventRepository:
        from mundotango.events.repository import EventRepository

        return EventRepository(self._connection)

    @cached_property
    def moderation(self) -> ModerationRepository:
        from mundotango.moderation.repository import ModerationRepository

        return ModerationRepository(self._connection)

    @cached_property
    def outbox(self) -> OutboxRepository:
        from mundotango.outbox.repository import OutboxRepository

        return OutboxRepository(self._connection)

    @cached_property
    def keys(self) -> KeyRepository:
        from mundotango.keys.repository import KeyRepository

        return KeyRepository(self._connection)
