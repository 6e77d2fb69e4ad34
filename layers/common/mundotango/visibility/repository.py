"""The one policy of who sees whom and what, as conditions that every list and every lookup puts into its query.

Two people of whom one blocked the other do not see each other. Who is suspended, or is leaving, is seen by nobody but
themselves. A post is seen by its author and, unless a moderator hid it, by those it mentions and those its visibility
names: everybody, followers, or nobody else; of an account whose owner approves followers, followers at most. A repost
is seen by who sees the post it shows. An event is seen by everybody while whoever announced it is. A conversation is
seen by who takes part in it or is asked to, one of two only while they see each other; in a group everybody sees those
members, and what they said, whom they see.

A reader who is signed in is the parameter `reader_id` of the query. Pages for everybody have no reader: they show what
is public, of people whose profile is public. Names of tables are passed in, so that a query may join one twice.
"""

from psycopg.sql import SQL, Composed, Identifier, Placeholder

# One look into an index for each direction and row. A list of all that the reader blocked, to be looked up by hash, is
# priced anew for each row by the planner, which then reads everybody instead.
_NOT_APART = SQL("""
    NOT EXISTS (SELECT FROM blocks WHERE blocks.blocker_id = %(reader_id)s AND blocks.blocked_id = {person}.id)
    AND NOT EXISTS (SELECT FROM blocks WHERE blocks.blocked_id = %(reader_id)s AND blocks.blocker_id = {person}.id)
""")
_NOT_MUTED = SQL("NOT EXISTS (SELECT FROM mutes WHERE mutes.muter_id = %(reader_id)s AND mutes.muted_id = {user_id})")

_PRESENT = SQL("({person}.suspended_at IS NULL AND {person}.leaves_at IS NULL)")
_ACTOR_IS_PRESENT = SQL("EXISTS (SELECT FROM users AS actor WHERE actor.id = %(actor_id)s AND {present})").format(
    present=_PRESENT.format(person=Identifier("actor"))
)
_PERSON = SQL("(({person}.id = %(reader_id)s OR {present}) AND {not_apart})")

_POST = SQL("""(
    {post}.user_id = %(reader_id)s OR ({post}.hidden_at IS NULL AND {person} AND (
        ({post}.visibility = 'public' AND NOT {author}.private)
        OR ({post}.visibility <> 'mentioned' AND {follows})
        OR {mentioned}
    ))
)""")
_FOLLOWS = SQL("""EXISTS (
    SELECT FROM follows WHERE follows.follower_id = %(reader_id)s AND follows.followee_id = {post}.user_id
)""")
_MENTIONED = SQL("""EXISTS (
    SELECT FROM post_mentions WHERE post_mentions.post_id = {post}.id AND post_mentions.user_id = %(reader_id)s
)""")

_PERSON_FOR_EVERYBODY = SQL("({person}.visibility = 'public' AND {present})")
# A repost shows another post, so it is seen by who sees that one too. Scalar subqueries and no EXISTS, which the server
# may turn into a hash of all posts there are.
_ORIGINAL = SQL("""({post}.repost_of IS NULL OR (
    SELECT {seen} FROM posts AS original JOIN users AS writer ON writer.id = original.user_id
    WHERE original.id = {post}.repost_of
))""")
_ORIGINAL_NOT_MUTED = SQL("""({post}.repost_of IS NULL OR (
    SELECT {not_muted} FROM posts AS original WHERE original.id = {post}.repost_of
))""")
_COMMENT = SQL("""(
    {comment}.user_id IS NULL OR {comment}.user_id = %(reader_id)s OR ({comment}.hidden_at IS NULL AND {person})
)""")

_MESSAGE = SQL("({message}.user_id IS NULL OR {person})")
_CONVERSATION = SQL("""(
    {mine}.user_id = %(reader_id)s AND {mine}.state IN ('active', 'requested')
    AND ({conversation}.kind = 'group' OR NOT EXISTS (
        SELECT FROM conversation_members AS counterpart JOIN users AS unseen ON unseen.id = counterpart.user_id
        WHERE counterpart.conversation_id = {conversation}.id AND NOT {person}
    ))
)""")

_POST_FOR_EVERYBODY = SQL("""(
    {post}.visibility = 'public' AND {post}.hidden_at IS NULL AND NOT {author}.private AND {person}
)""")

# By whoever announced it alone: others become its organisers without being asked.
_EVENT_FOR_EVERYBODY = SQL("EXISTS (SELECT FROM users AS host WHERE host.id = {event}.organiser_id AND {present})")


def present(person: str) -> Composed:
    """Whether others may see this row of `users` at all: enough in a reader's own list of whom they blocked."""
    return _PRESENT.format(person=Identifier(person))


def sees_person(person: str) -> Composed:
    """Whether the reader sees this row of `users`."""
    name = Identifier(person)
    return _PERSON.format(person=name, present=present(person), not_apart=_NOT_APART.format(person=name))


def sees_post(post: str, author: str) -> Composed:
    """Whether the reader sees this row of `posts`, whose author's row of `users` is joined as `author`."""
    return _with_original(post, _sees_written(post, author), _sees_written("original", "writer"))


def hears_of_post(post: str, author: str, listener: str) -> Composed:
    """Whether somebody is told what another, the parameter `actor_id`, does to a post: who sees it and does not mute
    them, and nobody of somebody who is leaving. Asked of many at once, so that the reader is the row of `users` joined
    as `listener`."""
    asked = SQL("({} AND {} AND {})").format(
        sees_post(post, author), _NOT_MUTED.format(user_id=Placeholder("actor_id")), _ACTOR_IS_PRESENT
    )
    reader = Identifier(listener, "id").as_string()
    return Composed([SQL(asked.as_string().replace("%(reader_id)s", reader))])


def _sees_written(post: str, author: str) -> Composed:
    return _POST.format(
        post=Identifier(post),
        author=Identifier(author),
        person=sees_person(author),
        follows=_FOLLOWS.format(post=Identifier(post)),
        mentioned=_MENTIONED.format(post=Identifier(post)),
    )


def _with_original(post: str, seen: Composed, original_seen: Composed) -> Composed:
    return SQL("({} AND {})").format(seen, _ORIGINAL.format(post=Identifier(post), seen=original_seen))


def not_muted(user_id: Composed) -> Composed:
    """Whether this author is not muted by the reader; for lists that were not asked for by the author's name."""
    return _NOT_MUTED.format(user_id=user_id)


def post_not_muted(post: str) -> Composed:
    """Whether the reader mutes neither who wrote this row of `posts` nor, of a repost, who wrote the original."""
    author, writer = (not_muted(SQL("{}.user_id").format(Identifier(name))) for name in (post, "original"))
    return SQL("({} AND {})").format(author, _ORIGINAL_NOT_MUTED.format(post=Identifier(post), not_muted=writer))


def sees_comment(comment: str, author: str) -> Composed:
    """Whether the reader sees this row of `comments`; its author's row of `users` is joined, if there is one.

    Where there is none the comment was deleted, and is an empty place above its replies.
    """
    return _COMMENT.format(comment=Identifier(comment), person=sees_person(author))


def sees_message(message: str, author: str) -> Composed:
    """Whether somebody in the conversation sees this row of `messages`; its author's row of `users` is joined, if there
    is one. Where there is none they are gone, and it is an empty place."""
    return _MESSAGE.format(message=Identifier(message), person=sees_person(author))


def sees_conversation(conversation: str, mine: str) -> Composed:
    """Whether the reader sees this row of `conversations`; the rows of `conversation_members` are joined as `mine`."""
    return _CONVERSATION.format(
        conversation=Identifier(conversation), mine=Identifier(mine), person=sees_person("unseen")
    )


def everybody_sees_person(person: str) -> Composed:
    """Whether this row of `users` may stand on a page for everybody."""
    return _PERSON_FOR_EVERYBODY.format(person=Identifier(person), present=present(person))


def everybody_sees_event(event: str) -> Composed:
    """Whether this row of `events`, once it is announced, is for everybody."""
    return _EVENT_FOR_EVERYBODY.format(event=Identifier(event), present=present("host"))


def everybody_sees_post(post: str, author: str) -> Composed:
    return _with_original(post, _written_for_everybody(post, author), _written_for_everybody("original", "writer"))


def _written_for_everybody(post: str, author: str) -> Composed:
    return _POST_FOR_EVERYBODY.format(
        post=Identifier(post), author=Identifier(author), person=everybody_sees_person(author)
    )
