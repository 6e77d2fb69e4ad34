"""The two roles that sign in by token: `mundo_migrate` owns the schema, `mundo_app` reads and writes rows.

Run once and again by whoever may make roles: the master of the server, which on RDS is no superuser.
"""

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mundotango import settings

OWNER = "mundo_migrate"
APP = "mundo_app"
# What the platform needs and a role without rights over the server may not install: earthdistance is not trusted.
EXTENSIONS = ("citext", "cube", "earthdistance", "pg_trgm", "unaccent")


def create_roles(connection: Connection) -> None:
    """Makes what is missing in the connected database; what is there is set right and otherwise left alone."""
    with connection.transaction():
        for role in (OWNER, APP):
            if not _exists(connection, role):
                connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
            # There where AWS signs people in; membership is what makes the server take a token for a password.
            if _exists(connection, "rds_iam"):
                connection.execute(SQL("GRANT rds_iam TO {}").format(Identifier(role)))
        for name, value in _app_settings().items():
            connection.execute(SQL("ALTER ROLE {} SET {} = {}").format(Identifier(APP), Identifier(name), value))
        connection.execute(SQL("ALTER ROLE {} SET timezone = 'UTC'").format(Identifier(OWNER)))
        for extension in EXTENSIONS:
            connection.execute(SQL("CREATE EXTENSION IF NOT EXISTS {}").format(Identifier(extension)))
        connection.execute(SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(Identifier(OWNER)))
        connection.execute(SQL("GRANT USAGE ON SCHEMA public TO {}").format(Identifier(APP)))


def _app_settings() -> dict[str, str]:
    """Of the role and not of the connection: so they hold through a proxy too, which forwards no start-up options."""
    return {
        "statement_timeout": f"{settings.SQL_TIMEOUT}s",
        "idle_in_transaction_session_timeout": "10s",
        # A page of a list costs milliseconds, though its plan names everything it might have read; compiling it would
        # cost hundreds.
        "jit": "off",
        "timezone": "UTC",
    }


def _exists(connection: Connection, role: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is not None
