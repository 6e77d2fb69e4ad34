"""What a cold start leaves for the first request that needs a store, timed apart by bench/cold_start.py."""

from uuid import UUID

from mundotango.bootstrap import Platform

NOBODY = UUID(int=0)


def make_clients() -> None:
    """DynamoDB's and S3's, with the imports that waited for them and one question to each."""
    platform = Platform()
    platform.reactions.mine([NOBODY], NOBODY)
    platform.objects.find("media", "health")


def first_query() -> object:
    """With the driver's import, which waited for it, and the connection."""
    with Platform().database.transaction() as connection:
        return connection.execute("SELECT 1").fetchone()
