"""Under which keys the cache has what is shown of people and their posts, for those who make it outdated.

Apart from what is kept there, whose import the routes of posts do without.
"""

from uuid import UUID


def profile_key(user_id: UUID) -> str:
    """A profile, its counts among it."""
    return f"user:{user_id}"


def posts_key(user_id: UUID) -> str:
    """All pages of what everybody sees of a person's posts."""
    return f"posts:{user_id}"


def post_key(post_id: UUID) -> str:
    """A post as everybody sees it."""
    return f"post:{post_id}"


def shown_of(user_id: UUID) -> list[str]:
    """What changes when somebody's posts become more or fewer, or others no longer see what they saw of them."""
    return [profile_key(user_id), posts_key(user_id)]
