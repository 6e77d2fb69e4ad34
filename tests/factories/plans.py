"""How the server goes about what is asked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.sql import SQL, Composed


class Plans:
    """Of what was asked over a connection, oldest first."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self.asked: list[tuple[Any, Any]] = []

    def all(self) -> list[str]:
        return [self._explain(query, params) for query, params in self.asked]

    def of_last_composed(self) -> str:
        return self._explain(*next(each for each in reversed(self.asked) if isinstance(each[0], Composed)))

    def _explain(self, query: Any, params: Any) -> str:
        explain = SQL("EXPLAIN ") + (query if isinstance(query, Composed) else SQL(query))
        with psycopg.Cursor(self._connection) as cursor:
            return "\n".join(line for (line,) in cursor.execute(explain, params))


@contextmanager
def listening(connection: psycopg.Connection) -> Iterator[Plans]:
    plans = Plans(connection)

    class Listening(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
            plans.asked.append((query, params))
            return super().execute(query, params, **options)

    usual, connection.cursor_factory = connection.cursor_factory, Listening
    yield plans
    connection.cursor_factory = usual
