from uuid import UUID


def profile_key(user_id: UUID) -> str:
    """Where the cache has a profile, its counts among it.

    Apart from the rest of profiles, whose import the routes of posts do without.
    """
    return f"user:{user_id}"
