"""The one policy of who sees whom and what, as conditions that every list and every lookup puts into its query.

Two people of whom one blocked the other do not see each other. Who is suspended, or is leaving, is seen by nobody but
themselves. A post is seen by its author and, unless a moderator hid it, by those its visibility names: everybody,
followers, or those it mentions; of an account whose owner approves followers, at most by followers.

A reader who is signed in is the parameter `reader_id` of the query. Pages for everybody have no reader: they show what
is public, of people whose profile is public. Names of tables are passed in, so that a query may join one twice.
"""

from psycopg.sql import SQL, Composed, Identifier

# Whom the reader does not see, and who does not see the reader. A subquery is run once and then looked up by hash.
_APART = SQL("""
    SELECT blocked_id FROM blocks WHERE blocker_id = %(reader_id)s
    UNION ALL SELECT blocker_id FROM blocks WHERE blocked_id = %(reader_id)s
""")
_MUTED = SQL("SELECT muted_id FROM mutes WHERE muter_id = %(reader_id)s")

_PERSON = SQL("""(
    {person}.id = %(reader_id)s
    OR ({person}.suspended_at IS NULL AND {person}.leaves_at IS NULL AND {person}.id NOT IN ({apart}))
)""")

_POST = SQL("""(
    {post}.user_id = %(reader_id)s
    OR ({post}.hidden_at IS NULL AND {person} AND CASE {post}.visibility
        WHEN 'public' THEN NOT {author}.private OR {follows}
        WHEN 'followers' THEN {follows} OR {mentioned}
        ELSE {mentioned} END)
)""")
_FOLLOWS = SQL("""EXISTS (
    SELECT FROM follows WHERE follows.follower_id = %(reader_id)s AND follows.followee_id = {post}.user_id
)""")
_MENTIONED = SQL("""EXISTS (
    SELECT FROM post_mentions WHERE post_mentions.post_id = {post}.id AND post_mentions.user_id = %(reader_id)s
)""")

_PERSON_FOR_EVERYBODY = SQL("""(
    {person}.visibility = 'public' AND {person}.suspended_at IS NULL AND {person}.leaves_at IS NULL
)""")
_POST_FOR_EVERYBODY = SQL("""(
    {post}.visibility = 'public' AND {post}.hidden_at IS NULL AND NOT {author}.private AND {person}
)""")


def sees_person(person: str) -> Composed:
    """Whether the reader sees this row of `users`."""
    return _PERSON.format(person=Identifier(person), apart=_APART)


def sees_post(post: str, author: str) -> Composed:
    """Whether the reader sees this row of `posts`, whose author's row of `users` is joined as `author`."""
    return _POST.format(
        post=Identifier(post),
        author=Identifier(author),
        person=sees_person(author),
        follows=_FOLLOWS.format(post=Identifier(post)),
        mentioned=_MENTIONED.format(post=Identifier(post)),
    )


def not_muted(user_id: Composed) -> Composed:
    """Whether this author is not muted by the reader; for lists that were not asked for by the author's name."""
    return SQL("{} NOT IN ({})").format(user_id, _MUTED)


def everybody_sees_person(person: str) -> Composed:
    """Whether this row of `users` may stand on a page for everybody."""
    return _PERSON_FOR_EVERYBODY.format(person=Identifier(person))


def everybody_sees_post(post: str, author: str) -> Composed:
    return _POST_FOR_EVERYBODY.format(
        post=Identifier(post), author=Identifier(author), person=everybody_sees_person(author)
    )
