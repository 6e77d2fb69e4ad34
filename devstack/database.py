"""The database of a local cloud as RDS would hand it over, and the few tables devstack keeps in it for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import sql

from devstack.postgres import Server
from mundotango.migrations.roles import create_roles

NAME = "mundotango"


def create(server: Server) -> None:
    """The empty database, with the roles and extensions that the migration makes at AWS by the master's secret."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    with _connect(server) as connection:
        create_roles(connection)
        connection.execute("CREATE SCHEMA IF NOT EXISTS devstack")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS devstack.remembered (name text PRIMARY KEY, value text NOT NULL)"
        )


def remember(server: Server, name: str, value: str) -> None:
    with _connect(server) as connection:
        connection.execute(
            "INSERT INTO devstack.remembered (name, value) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )


def recall(server: Server, name: str) -> str | None:
    with _connect(server) as connection:
        row = connection.execute("SELECT value FROM devstack.remembered WHERE name = %s", (name,)).fetchone()
    return None if row is None else str(row[0])


def forget(server: Server, name: str) -> None:
    with _connect(server) as connection:
        connection.execute("DELETE FROM devstack.remembered WHERE name = %s", (name,))


def people(server: Server) -> set[UUID]:
    """The ids of all profiles, none where the tables are not made yet."""
    return _ids(server, "users", "SELECT id FROM users")


def attached_media(server: Server) -> set[UUID]:
    """The ids of all pictures of posts, none where the tables are not made yet."""
    return _ids(server, "post_media", "SELECT DISTINCT media_id FROM post_media")


def _ids(server: Server, table: str, query: str) -> set[UUID]:
    with _connect(server) as connection:
        if connection.execute("SELECT to_regclass(%s)", (f"public.{table}",)).fetchone() == (None,):
            return set()
        return {row[0] for row in connection.execute(query.encode())}


@contextmanager
def _connect(server: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.dsn(NAME)) as connection:
        yield connection
