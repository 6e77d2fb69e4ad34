"""Posts as they are kept, and the one way in which lists and lookups read them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Composed
from psycopg.types.json import Jsonb

from mundotango.errors import Conflict
from mundotango.notifications.model import NotificationKind
from mundotango.notifications.repository import wants
from mundotango.pagination import Place
from mundotango.posts import entities
from mundotango.posts.entities import Entity, entity_kept, entity_payload
from mundotango.posts.model import Author, Picture, Post, Reactable, Version, alts_of, repost_of
from mundotango.text import key
from mundotango.visibility.repository import (
    everybody_sees_person,
    everybody_sees_post,
    hears_of_post,
    present,
    sees_person,
    sees_post,
)

# `page` selects the id of each post to be shown and where it stands in its list (`at`). Of a repost that is the repost,
# and `shown` is the original.
_SHOWN = SQL("""
    WITH page AS MATERIALIZED ({page})
    SELECT page.at, posts.id, posts.created_at, posts.repost_of,
        author.id AS author_id, author.handle AS author_handle, author.display_name AS author_name,
        author.avatar AS author_avatar,
        shown.id AS shown_id, shown.created_at AS shown_at, shown.body, shown.city, shown.version, shown.visibility,
        shown.language, shown.event_id, shown.entities, shown.edited_at, shown.pinned_at IS NOT NULL AS pinned,
        shown.hidden_at IS NOT NULL AS hidden,
        writer.id AS writer_id, writer.handle AS writer_handle, writer.display_name AS writer_name,
        writer.avatar AS writer_avatar, pictures.media, spoken_of.handles
    FROM page
    JOIN posts ON posts.id = page.id
    JOIN users AS author ON author.id = posts.user_id
    JOIN posts AS shown ON shown.id = COALESCE(posts.repost_of, posts.id)
    JOIN users AS writer ON writer.id = shown.user_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(
            jsonb_build_object(
                'media_id', picture.media_id, 'alt', picture.alt, 'width', picture.width, 'height', picture.height,
                'blurhash', picture.blurhash, 'variants', picture.variants, 'color', details.color,
                'animated', COALESCE(details.animated, false), 'attribution', details.attribution
            ) ORDER BY picture.position
        ) AS media
        FROM post_media AS picture LEFT JOIN post_media_details AS details ON details.media_id = picture.media_id
        WHERE picture.post_id = shown.id
    ) AS pictures ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(person.id, person.handle) AS handles
        FROM post_mentions JOIN users AS person ON person.id = post_mentions.user_id
        WHERE post_mentions.post_id = shown.id AND {seen}
    ) AS spoken_of ON true
    ORDER BY page.at DESC, page.id DESC
""")
_ONE = SQL("""
    SELECT posts.id, posts.created_at AS at FROM posts JOIN users AS author ON author.id = posts.user_id
    WHERE posts.id = %(post_id)s AND {seen}
""")
_VIEWABLE = SQL("""
    SELECT DISTINCT shown.id FROM posts JOIN users AS author ON author.id = posts.user_id
    JOIN posts AS shown ON shown.id = COALESCE(posts.repost_of, posts.id)
    WHERE posts.id = ANY(%(post_ids)s) AND shown.user_id <> %(reader_id)s AND {seen}
""").format(seen=sees_post("posts", "author"))

_SEEN = SQL("""
    SELECT posts.id, posts.user_id FROM posts JOIN users AS author ON author.id = posts.user_id
    WHERE posts.id = ANY(%(post_ids)s) AND {seen}
""").format(seen=sees_post("posts", "author"))

_HEARING = SQL("""
    SELECT listener.id FROM posts JOIN users AS author ON author.id = posts.user_id
    JOIN users AS listener ON listener.id = ANY(%(user_ids)s)
    WHERE posts.id = %(post_id)s AND {hears} AND {wants}
    ORDER BY array_position(%(user_ids)s, listener.id)
""").format(hears=hears_of_post("posts", "author", "listener"), wants=wants(SQL("listener.id")))

_REACTABLE = SQL("""
    SELECT shown.id AS post_id, CASE WHEN writer.id <> %(reader_id)s AND {hears} AND {wants} THEN writer.id END AS told
    FROM posts JOIN users AS author ON author.id = posts.user_id
    JOIN posts AS shown ON shown.id = COALESCE(posts.repost_of, posts.id)
    JOIN users AS writer ON writer.id = shown.user_id
    WHERE posts.id = %(post_id)s AND {seen}
""").format(
    hears=hears_of_post("shown", "writer", "writer"),
    wants=wants(SQL("writer.id")),
    seen=sees_post("posts", "author"),
)


def read_posts(
    connection: Connection, page: Composed, values: dict[str, Any], reader_id: UUID | None
) -> list[tuple[Place, Post]]:
    """The posts of a page with their places in the list, in its order, by one statement.

    Without a reader the people mentioned are named as everybody sees them.
    """
    seen = everybody_sees_person("person") if reader_id is None else sees_person("person")
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SHOWN.format(page=page, seen=seen), values | {"reader_id": reader_id}).fetchall()
    return [(Place(row["at"], row["id"]), _post(row)) for row in rows]


def _post(row: dict[str, Any]) -> Post:
    handles = {UUID(user_id): handle for user_id, handle in (row["handles"] or {}).items()}
    written = Post(
        id=row["shown_id"],
        author=_author(row, "writer"),
        body=row["body"],
        city=row["city"],
        created_at=row["shown_at"],
        version=row["version"],
        media=[Picture(**picture | {"media_id": UUID(picture["media_id"])}) for picture in row["media"] or ()],
        visibility=row["visibility"],
        language=row["language"],
        event_id=row["event_id"],
        entities=entities.as_shown([entity_kept(kept) for kept in row["entities"]], handles),
        edited_at=row["edited_at"],
        pinned=row["pinned"],
        hidden=row["hidden"],
    )
    if row["repost_of"] is None:
        return written
    return repost_of(written, id=row["id"], author=_author(row, "author"), created_at=row["created_at"])


def _author(row: dict[str, Any], role: str) -> Author:
    return Author(row[f"{role}_id"], row[f"{role}_handle"], row[f"{role}_name"], row[f"{role}_avatar"])


class PostRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_author(self, user_id: UUID) -> Author | None:
        """Somebody as shown with what they write."""
        with self._connection.cursor(row_factory=class_row(Author)) as cursor:
            return cursor.execute(
                "SELECT id, handle, display_name, avatar FROM users WHERE id = %s", (user_id,)
            ).fetchone()

    def people_called(self, handles: Collection[str], reader_id: UUID) -> dict[str, UUID]:
        """Those of these handles, in lower case, that are somebody's whom the reader sees."""
        rows = self._connection.execute(
            SQL("SELECT handle, id FROM users WHERE handle = ANY(%(handles)s::citext[]) AND {}").format(
                sees_person("users")
            ),
            {"handles": list(handles), "reader_id": reader_id},
        )
        return dict(rows.fetchall())

    def add(self, post: Post) -> None:
        self._connection.execute(
            """
            INSERT INTO posts (
                id, user_id, body, city, city_key, created_at, version, visibility, language, event_id, entities
            ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                post.id, post.author.id, post.body, post.city, key(post.city), post.created_at, post.version,
                post.visibility, post.language, post.event_id, _kept(post.entities),
            ),
        )  # fmt: skip
        self._add_entities(post)
        if post.media:
            self._add_pictures(post)

    def _add_entities(self, post: Post) -> None:
        """One statement for each kind that there is."""
        if tags := entities.tags(post.entities):
            self._connection.execute(
                "INSERT INTO post_tags (tag, created_at, post_id) SELECT unnest(%s::text[]), %s, %s",
                (tags, post.created_at, post.id),
            )
        if people := entities.mentioned(post.entities):
            self._connection.execute(
                "INSERT INTO post_mentions (post_id, user_id) SELECT %s, unnest(%s::uuid[])", (post.id, people)
            )

    def _add_pictures(self, post: Post) -> None:
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    """
                    INSERT INTO post_media (post_id, position, media_id, alt, width, height, blurhash, variants)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                    """,
                    [
                        (post.id, position, p.media_id, p.alt, p.width, p.height, p.blurhash, Jsonb(p.variants))
                        for position, p in enumerate(post.media)
                    ],
                )
                cursor.executemany(
                    "INSERT INTO post_media_details (media_id, color, animated, attribution) VALUES (%s, %s, %s, %s)",
                    [(p.media_id, p.color, p.animated, p.attribution) for p in post.media],
                )
        except UniqueViolation as violation:
            raise Conflict("one of the pictures is in another post already") from violation

    def find(self, post_id: UUID, reader_id: UUID | None) -> Post | None:
        """As this reader sees it, or without one, everybody."""
        seen = everybody_sees_post("posts", "author") if reader_id is None else sees_post("posts", "author")
        found = read_posts(self._connection, _ONE.format(seen=seen), {"post_id": post_id}, reader_id)
        return found[0][1] if found else None

    def is_present(self, author_id: UUID) -> bool:
        """Whether others may see this person at all."""
        query = SQL("SELECT FROM users WHERE id = %s AND {}").format(present("users"))
        return self._connection.execute(query, (author_id,)).fetchone() is not None

    def list_viewable(self, post_ids: Sequence[UUID], reader_id: UUID) -> list[UUID]:
        """Those of the posts that the reader sees and did not write; of reposts their originals."""
        rows = self._connection.execute(_VIEWABLE, {"post_ids": list(post_ids), "reader_id": reader_id})
        return [post_id for (post_id,) in rows]

    def find_reactable(self, post_id: UUID, reader_id: UUID) -> Reactable | None:
        """What the reader reacts to by this post, if they see it."""
        values = {"post_id": post_id, "reader_id": reader_id, "actor_id": reader_id, "kind": "like"}
        with self._connection.cursor(row_factory=class_row(Reactable)) as cursor:
            return cursor.execute(_REACTABLE, values).fetchone()

    def list_seen(self, post_ids: Collection[UUID], reader_id: UUID) -> dict[UUID, UUID]:
        """Those of the posts that the reader sees, each with its author."""
        return dict(self._connection.execute(_SEEN, {"post_ids": list(post_ids), "reader_id": reader_id}))

    def list_hearing(
        self, post_id: UUID, user_ids: Sequence[UUID], actor_id: UUID, kind: NotificationKind | None = None
    ) -> list[UUID]:
        """Those of these people, in their order, who are told what `actor_id` does to the post, and want to be of what
        is of this kind."""
        if not user_ids:
            return []
        values = {"post_id": post_id, "user_ids": list(user_ids), "actor_id": actor_id, "kind": kind}
        return [user_id for (user_id,) in self._connection.execute(_HEARING, values)]

    def change(self, before: Post, after: Post) -> bool:
        """False, and nothing written, when the post is no longer as it was before. What it was is kept."""
        changed = self._connection.execute(
            """
            UPDATE posts SET body = %s, city = %s, city_key = %s, language = %s, event_id = %s, entities = %s,
                edited_at = %s, version = %s
            WHERE id = %s AND version = %s
            """,
            (
                after.body, after.city, key(after.city), after.language, after.event_id, _kept(after.entities),
                after.edited_at, after.version, before.id, before.version,
            ),
        )  # fmt: skip
        if changed.rowcount == 0:
            return False
        self._connection.execute(
            """
            INSERT INTO post_versions (post_id, version, body, city, language, entities, alts, written_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                before.id, before.version, before.body, before.city, before.language, _kept(before.entities),
                Jsonb({str(media_id): alt for media_id, alt in alts_of(before).items()}),
                before.edited_at or before.created_at,
            ),
        )  # fmt: skip
        # Whatever `before` shows: it lacks the mentions of people whom its author does not see now.
        self._connection.execute("DELETE FROM post_tags WHERE post_id = %s", (before.id,))
        self._connection.execute("DELETE FROM post_mentions WHERE post_id = %s", (before.id,))
        self._add_entities(after)
        if after.media != before.media:
            self._connection.execute(
                """
                UPDATE post_media SET alt = said.alt FROM unnest(%s::uuid[], %s::text[]) AS said (media_id, alt)
                WHERE post_media.post_id = %s AND post_media.media_id = said.media_id
                """,
                ([each.media_id for each in after.media], [each.alt for each in after.media], after.id),
            )
            self._connection.execute(
                "DELETE FROM post_media WHERE post_id = %s AND media_id <> ALL(%s)",
                (after.id, [each.media_id for each in after.media]),
            )
        return True

    def forget_alt(self, post_id: UUID, media_id: UUID) -> None:
        """No earlier version says any more what this picture showed."""
        self._connection.execute(
            "UPDATE post_versions SET alts = alts - %s WHERE post_id = %s", (str(media_id), post_id)
        )

    def list_versions(self, post_id: UUID) -> list[Version]:
        """How it read before its edits, newest first."""
        rows = self._connection.execute(
            """
            SELECT version, body, city, language, entities, alts, written_at FROM post_versions
            WHERE post_id = %s ORDER BY version DESC
            """,
            (post_id,),
        )
        return [
            Version(
                version=version,
                body=body,
                city=city,
                language=language,
                entities=tuple(entity_kept(kept) for kept in speaking),
                alts={UUID(media_id): alt for media_id, alt in alts.items()},
                written_at=written_at,
            )
            for version, body, city, language, speaking, alts, written_at in rows
        ]

    def remove(self, post_id: UUID) -> bool:
        """With all that hangs on it: pictures, versions, comments, reposts. False when it was gone already."""
        return self._connection.execute("DELETE FROM posts WHERE id = %s", (post_id,)).rowcount == 1


def _kept(speaking: Sequence[Entity]) -> Jsonb:
    return Jsonb([entity_payload(entity) for entity in speaking])
