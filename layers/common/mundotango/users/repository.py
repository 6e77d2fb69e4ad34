from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import args_row, class_row
from psycopg.sql import SQL, Composed, Identifier, Placeholder
from psycopg.types.json import Jsonb

from mundotango import text
from mundotango.errors import HandleTaken, ProfileExists, Said
from mundotango.users import policy
from mundotango.users.model import Listed, Person, Profile, Relation, User
from mundotango.visibility.repository import present, sees_person

_USER = SQL(", ").join(Identifier("users", field.name) for field in fields(User))
PERSON = SQL(", ").join(Identifier("users", field.name) for field in fields(Person))
_PROFILE = SQL("""
    SELECT {user},
        (SELECT count(*) FROM follows WHERE followee_id = users.id) AS followers,
        (SELECT count(*) FROM follows WHERE follower_id = users.id) AS following,
        (SELECT count(*) FROM posts WHERE user_id = users.id AND hidden_at IS NULL AND visibility <> 'mentioned')
            AS posts,
        {present} AS present
    FROM users WHERE id = %s
""")
_RELATION = SQL("""
    SELECT users.id AS person_id, users.private, {seen} AS seen,
        EXISTS (SELECT FROM follows WHERE follower_id = %(reader_id)s AND followee_id = users.id) AS following,
        EXISTS (SELECT FROM follow_requests WHERE follower_id = %(reader_id)s AND followee_id = users.id) AS requested,
        EXISTS (SELECT FROM follows WHERE follower_id = users.id AND followee_id = %(reader_id)s) AS followed_by,
        EXISTS (SELECT FROM mutes WHERE muter_id = %(reader_id)s AND muted_id = users.id) AS muted,
        EXISTS (SELECT FROM blocks WHERE blocker_id = %(reader_id)s AND blocked_id = users.id) AS blocked
    FROM users WHERE {which}
""")
_JSON = ("avatar", "cover")


class UserRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user: User) -> None:
        row = _row(user) | {"created_at": user.created_at, "updated_at": user.created_at, "id": user.id}
        with _handle_taken(user.handle):
            self._connection.execute(
                SQL("INSERT INTO users ({}) VALUES ({})").format(
                    SQL(", ").join(map(Identifier, row)), SQL(", ").join(map(Placeholder, row))
                ),
                row,
            )

    def update(self, user: User, updated_at: datetime) -> None:
        row = _row(user) | {"updated_at": updated_at}
        with _handle_taken(user.handle):
            self._connection.execute(
                SQL("UPDATE users SET {} WHERE id = %(id)s").format(
                    SQL(", ").join(SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in row)
                ),
                row | {"id": user.id},
            )

    def find(self, user_id: UUID) -> User | None:
        return self._find(SQL("id = %s"), user_id)

    def find_held(self, user_id: UUID) -> User | None:
        """As it is now; until this transaction ends nobody else changes it."""
        return self._find(SQL("id = %s FOR NO KEY UPDATE"), user_id)

    def find_profile(self, user_id: UUID) -> Profile | None:
        with self._connection.cursor(row_factory=class_row(Profile)) as cursor:
            return cursor.execute(_PROFILE.format(user=_USER, present=present("users")), (user_id,)).fetchone()

    def find_id(self, handle: str) -> UUID | None:
        row = self._connection.execute("SELECT id FROM users WHERE handle = %s", (handle,)).fetchone()
        return row[0] if row else None

    def find_present_id(self, handle: str) -> UUID | None:
        """Whoever blocked whom; not of somebody suspended or leaving."""
        query = SQL("SELECT id FROM users WHERE handle = %s AND {}").format(present("users"))
        row = self._connection.execute(query, (handle,)).fetchone()
        return row[0] if row else None

    def find_relation(self, reader_id: UUID, person_id: UUID) -> Relation | None:
        return self._relation(SQL("users.id = %(person_id)s"), {"reader_id": reader_id, "person_id": person_id})

    def find_relation_by_handle(self, reader_id: UUID, handle: str) -> Relation | None:
        return self._relation(SQL("users.handle = %(handle)s"), {"reader_id": reader_id, "handle": handle})

    def list_seen(self, user_ids: Collection[UUID], reader_id: UUID) -> dict[UUID, Person]:
        """Those of these people whom the reader sees."""
        query = SQL("SELECT {} FROM users WHERE id = ANY(%(user_ids)s) AND {}").format(PERSON, sees_person("users"))
        with self._connection.cursor(row_factory=class_row(Person)) as cursor:
            found = cursor.execute(query, {"user_ids": list(user_ids), "reader_id": reader_id}).fetchall()
        return {person.id: person for person in found}

    def hold(self, user_ids: Sequence[UUID]) -> set[UUID]:
        """Those of these people who exist. Until this transaction ends they follow, block and mute nobody elsewhere,
        nor do they pin a post, keep a draft, attach a picture or delete one.

        Whatever changes how a person stands to others holds that person first, so that what it then reads stays true:
        a block never leaves a follow across it, and the copy of a follow never says what neither of two changes meant.
        Rows are taken in one order, so that two who block each other do not wait for each other.
        """
        rows = self._connection.execute(
            "SELECT id FROM users WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (list(user_ids),)
        )
        return {user_id for (user_id,) in rows}

    def find_presence(self, user_id: UUID) -> bool | None:
        """Whether others are shown that this person is here; None without a profile."""
        row = self._connection.execute("SELECT shows_presence FROM users WHERE id = %s", (user_id,)).fetchone()
        return None if row is None else bool(row[0])

    def hold_presence(self, user_ids: Sequence[UUID]) -> dict[UUID, bool]:
        """Whether these people are shown as here, but for who is leaving; until the transaction ends it stays so."""
        rows = self._connection.execute(
            """
            SELECT id, shows_presence AND leaves_at IS NULL FROM users WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
            """,
            (list(user_ids),),
        )
        return dict(rows.fetchall())

    def show_presence(self, user_id: UUID, shown: bool) -> bool:
        """False when it was so already."""
        return (
            self._connection.execute(
                "UPDATE users SET shows_presence = %s WHERE id = %s AND shows_presence <> %s", (shown, user_id, shown)
            ).rowcount
            == 1
        )

    def list_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """In the order of ids, for work that goes through everybody in pages."""
        rows = self._connection.execute(
            "SELECT id FROM users WHERE %(after)s::uuid IS NULL OR id > %(after)s ORDER BY id LIMIT %(limit)s",
            {"after": after, "limit": limit},
        )
        return [user_id for (user_id,) in rows]

    def keep_handle(self, handle: str, user_id: UUID, free_at: datetime) -> None:
        """Nobody else gets it before then."""
        self._connection.execute(
            """
            INSERT INTO former_handles (handle, user_id, free_at) VALUES (%s, %s, %s)
            ON CONFLICT (handle) DO UPDATE SET user_id = excluded.user_id, free_at = excluded.free_at
            """,
            (handle, user_id, free_at),
        )

    def take_handle(self, handle: str, user_id: UUID, now: datetime) -> int:
        """Forgets that this person once gave it up, and all that is free again; how many others they still keep.

        To be called once the handle is this person's: whoever gave it up has then done so for all to see.

        Raises:
            HandleTaken: another person gave it up a short time ago.
        """
        row = self._connection.execute(
            """
            WITH forgotten AS (
                DELETE FROM former_handles
                WHERE free_at <= %(now)s OR (handle = %(handle)s::citext AND user_id = %(user_id)s)
            )
            SELECT count(*) FILTER (WHERE user_id = %(user_id)s AND handle <> %(handle)s::citext),
                count(*) FILTER (WHERE user_id <> %(user_id)s)
            FROM former_handles
            WHERE free_at > %(now)s AND (user_id = %(user_id)s OR handle = %(handle)s::citext)
            """,
            {"handle": handle, "user_id": user_id, "now": now},
        ).fetchone()
        kept, anothers = row or (0, 0)
        if anothers:
            raise HandleTaken("this handle is taken")
        return int(kept)

    def _find(self, which: SQL, value: object) -> User | None:
        with self._connection.cursor(row_factory=class_row(User)) as cursor:
            return cursor.execute(SQL("SELECT {} FROM users WHERE {}").format(_USER, which), (value,)).fetchone()

    def _relation(self, which: SQL, values: Mapping[str, object]) -> Relation | None:
        with self._connection.cursor(row_factory=class_row(Relation)) as cursor:
            return cursor.execute(_RELATION.format(seen=sees_person("users"), which=which), values).fetchone()


def list_people(connection: Connection, query: Composed, values: Mapping[str, object]) -> list[Listed]:
    """What a query answers that selects `PERSON` and then the moment it is ordered by."""
    with connection.cursor(row_factory=args_row(_listed)) as cursor:
        return cursor.execute(query, values).fetchall()


def _listed(*row: Any) -> Listed:
    return Listed(person_from(row[:-1]), row[-1])


def person_from(row: Sequence[Any]) -> Person:
    """Of the columns `PERSON`."""
    return Person(**dict(zip((field.name for field in fields(Person)), row, strict=True)))


def _row(user: User) -> dict[str, object]:
    """All that may change of a person."""
    row: dict[str, object] = {
        field.name: getattr(user, field.name) for field in fields(User) if field.name not in ("id", "created_at")
    }
    pictures = {name: None if row[name] is None else Jsonb(row[name]) for name in _JSON}
    return row | pictures | {"city_key": text.key(user.city), "search_key": policy.search_key(user)}


@contextmanager
def _handle_taken(handle: str) -> Iterator[None]:
    try:
        yield
    except UniqueViolation as violation:
        if violation.diag.constraint_name == "users_handle_key":
            raise HandleTaken(Said("the handle {handle} is taken", handle=handle)) from violation
        raise ProfileExists("this account has a profile already") from violation
