from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row
from psycopg.sql import SQL, Identifier

from mundotango.pagination import Place, Ranked
from mundotango.users.model import Found, Listed, Person
from mundotango.users.repository import PERSON, list_people, person_from
from mundotango.visibility.repository import not_muted, sees_person

# The person of this very handle comes first, then those whose handle begins so, then by how much of a word's spelling
# is what was asked, in thousandths: as a whole number a cursor carries it without loss.
_FOUND = SQL("""
    SELECT {person}, users.rank FROM (
        SELECT like_it.*, (1000 * word_similarity(%(asked)s, search_key))::integer
            + CASE WHEN handle = %(asked)s::citext THEN 2000
                WHEN starts_with(handle::text, %(asked)s) THEN 500 ELSE 0 END AS rank
        FROM people_like(%(asked)s, %(pattern)s, %(most)s) AS like_it
        OFFSET 0
    ) AS users
    WHERE {seen} {beyond}
    ORDER BY users.rank DESC, users.id DESC LIMIT %(limit)s
""")
_OF_CITY = SQL("""
    SELECT {person}, users.created_at FROM users
    WHERE users.city_key = %(city_key)s AND {seen} {beyond}
    ORDER BY users.created_at DESC, users.id DESC LIMIT %(limit)s
""")
# Whom the reader need not be told of: themselves, and those they follow, asked to follow or muted.
_NEW_TO_READER = SQL("""
    users.id <> %(reader_id)s AND {seen} AND {not_muted}
    AND NOT EXISTS (SELECT FROM follows WHERE follower_id = %(reader_id)s AND followee_id = users.id)
    AND NOT EXISTS (SELECT FROM follow_requests WHERE follower_id = %(reader_id)s AND followee_id = users.id)
""")
_FOLLOWED_BY_FOLLOWED = SQL("""
    SELECT {person} FROM (
        SELECT theirs.followee_id AS id, count(*) AS shared
        FROM (
            SELECT followee_id AS id FROM follows WHERE follower_id = %(reader_id)s
            ORDER BY created_at DESC, followee_id DESC LIMIT %(middlemen)s
        ) AS middleman
        CROSS JOIN LATERAL (
            SELECT followee_id FROM follows WHERE follower_id = middleman.id
            ORDER BY created_at DESC, followee_id DESC LIMIT %(of_each)s
        ) AS theirs
        GROUP BY theirs.followee_id
    ) AS candidate JOIN users USING (id)
    WHERE {new_to_reader}
    ORDER BY candidate.shared DESC, users.id DESC LIMIT %(limit)s
""")
_NEIGHBOURS = SQL("""
    SELECT {person} FROM users
    WHERE users.city_key = (SELECT city_key FROM users WHERE id = %(reader_id)s AND city_key <> '')
    AND {new_to_reader} AND users.id <> ALL(%(others)s)
    ORDER BY users.created_at DESC, users.id DESC LIMIT %(limit)s
""")


class SearchRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_found(
        self, reader_id: UUID, *, asked: str, pattern: str, most: int, after: Ranked | None, limit: int
    ) -> list[Found]:
        """Who best fits first. Of `most` who contain what was asked, and `most` who are spelt nearly so."""
        query = _FOUND.format(
            person=PERSON,
            seen=sees_person("users"),
            beyond=SQL("AND (users.rank, users.id) < (%(rank)s, %(id)s)" if after else ""),
        )
        values = {"reader_id": reader_id, "asked": asked, "pattern": pattern, "most": most, "limit": limit}
        place: dict[str, object] = {"rank": after.rank, "id": after.id} if after else {}
        with self._connection.cursor(row_factory=args_row(_found)) as cursor:
            return cursor.execute(query, values | place).fetchall()

    def list_of_city(self, reader_id: UUID, city_key: str, after: Place | None, limit: int) -> list[Listed]:
        """Who joined last first."""
        query = _OF_CITY.format(
            person=PERSON,
            seen=sees_person("users"),
            beyond=SQL("AND (users.created_at, users.id) < (%(at)s, %(id)s)" if after else ""),
        )
        place: dict[str, object] = {"at": after.at, "id": after.id} if after else {}
        return list_people(
            self._connection, query, {"reader_id": reader_id, "city_key": city_key, "limit": limit} | place
        )

    def list_followed_by_followed(self, reader_id: UUID, *, middlemen: int, of_each: int, limit: int) -> list[Person]:
        """Whom most of those whom the reader follows follow."""
        values = {"reader_id": reader_id, "middlemen": middlemen, "of_each": of_each, "limit": limit}
        return self._list_new(_FOLLOWED_BY_FOLLOWED, values)

    def list_neighbours(self, reader_id: UUID, others: Sequence[UUID], limit: int) -> list[Person]:
        """People of the reader's city, without those others."""
        return self._list_new(_NEIGHBOURS, {"reader_id": reader_id, "others": list(others), "limit": limit})

    def _list_new(self, query: SQL, values: dict[str, object]) -> list[Person]:
        new = _NEW_TO_READER.format(
            seen=sees_person("users"), not_muted=not_muted(SQL("{}").format(Identifier("users", "id")))
        )
        rows = self._connection.execute(query.format(person=PERSON, new_to_reader=new), values).fetchall()
        return [person_from(row) for row in rows]


def _found(*row: Any) -> Found:
    return Found(person_from(row[:-1]), row[-1])
