"""Reports and what moderators do about them. Moderators see everybody and everything; who reports, what they see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Composed, Identifier

from mundotango.errors import ProfileMissing
from mundotango.moderation.model import Act, OpenReport, Report, Resolution, Target, TargetKind, Told
from mundotango.moderation.policy import LONGEST_EXCERPT
from mundotango.pagination import Place
from mundotango.visibility.repository import present, sees_comment, sees_post

_REPORT = SQL("id, reporter_id, target_kind, target_id, reason, note, created_at, resolved_at, resolution")
_ACT = SQL("id, moderator_id, action, target_kind, target_id, report_id, reason, at")

# Each kind's rows under the names that Target has; `person` is whose it is.
_TARGETS: dict[TargetKind, SQL] = {
    "user": SQL("""
        SELECT person.id, person.id AS person_id, person.handle::text, person.display_name,
               left(person.bio, {excerpt}) AS text, false AS hidden, person.suspended_at IS NOT NULL AS suspended
        FROM users person
    """),
    "post": SQL("""
        SELECT posts.id, person.id AS person_id, person.handle::text, person.display_name,
               left(posts.body, {excerpt}) AS text, posts.hidden_at IS NOT NULL AS hidden,
               person.suspended_at IS NOT NULL AS suspended
        FROM posts JOIN users person ON person.id = posts.user_id
    """),
    "comment": SQL("""
        SELECT comments.id, person.id AS person_id, person.handle::text, person.display_name,
               left(comments.body, {excerpt}) AS text, comments.hidden_at IS NOT NULL AS hidden,
               person.suspended_at IS NOT NULL AS suspended
        FROM comments
        JOIN posts ON posts.id = comments.post_id
        JOIN users author ON author.id = posts.user_id
        LEFT JOIN users person ON person.id = comments.user_id
    """),
    "message": SQL("""
        SELECT messages.id, person.id AS person_id, person.handle::text, person.display_name,
               left(messages.text, {excerpt}) AS text, messages.deleted_at IS NOT NULL AS hidden,
               person.suspended_at IS NOT NULL AS suspended
        FROM messages JOIN users person ON person.id = messages.user_id
    """),
}
_TABLES: dict[TargetKind, str] = {"user": "person", "post": "posts", "comment": "comments", "message": "messages"}
_HIDDEN: dict[TargetKind, tuple[str, str]] = {"post": ("posts", "hidden_at"), "comment": ("comments", "hidden_at")}
# Whatever has become of how the two stand since: who was written to can report it.
_SAID_TO_READER = SQL("""messages.deleted_at IS NULL AND EXISTS (
    SELECT FROM conversation_members AS mine WHERE mine.conversation_id = messages.conversation_id
    AND mine.user_id = %(reader_id)s AND mine.joined_after < messages.id
)""")
_SUSPENDED = ("users", "suspended_at")


def _reportable(kind: TargetKind) -> SQL | Composed:
    """Whether the reader sees a row of that kind; a person, and what they said to the reader, also where one of the two
    blocked the other."""
    if kind == "user":
        return present("person")
    if kind == "post":
        return sees_post("posts", "person")
    if kind == "message":
        return _SAID_TO_READER
    return SQL("{post} AND {comment} AND comments.deleted_at IS NULL").format(
        post=sees_post("posts", "author"), comment=sees_comment("comments", "person")
    )


class ModerationRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_reportable(self, kind: TargetKind, target_id: UUID, reader_id: UUID) -> Target | None:
        """What is there for this reader to report: what they see, and whoever blocked them or was blocked by them."""
        return self._target(kind, target_id, SQL("AND {}").format(_reportable(kind)), {"reader_id": reader_id})

    def find_target(self, kind: TargetKind, target_id: UUID) -> Target | None:
        return self._target(kind, target_id, SQL(""), {})

    def _target(self, kind: TargetKind, target_id: UUID, only: SQL | Composed, values: dict[str, Any]) -> Target | None:
        query = SQL("{targets} WHERE {table}.id = %(target_id)s {only}").format(
            targets=_TARGETS[kind].format(excerpt=LONGEST_EXCERPT), table=Identifier(_TABLES[kind]), only=only
        )
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(query, {"target_id": target_id} | values).fetchone()
        return Target(kind=kind, **row) if row else None

    def report(self, report: Report) -> Report:
        """The report as it stands: the first one, where this person's report of this thing is open already."""
        query = SQL("""
            INSERT INTO reports (id, reporter_id, target_kind, target_id, reason, note, created_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (reporter_id, target_kind, target_id) WHERE resolved_at IS NULL
            DO UPDATE SET note = reports.note
            RETURNING {report}
        """).format(report=_REPORT)
        values = (
            report.id,
            report.reporter_id,
            report.target_kind,
            report.target_id,
            report.reason,
            report.note,
            report.created_at,
        )
        try:
            with self._connection.cursor(row_factory=class_row(Report)) as cursor:
                stands = cursor.execute(query, values).fetchone()
        except ForeignKeyViolation as violation:
            raise ProfileMissing("create a profile before reporting anything") from violation
        if stands is None:
            raise AssertionError("INSERT … RETURNING returned nothing")
        return stands

    def get_for_update(self, report_id: UUID) -> Report | None:
        """Held until the transaction ends, and with it every open report of the same thing: of two moderators one
        resolves them. They are taken in one order, so that two with a report each do not wait for each other."""
        query = SQL("""
            SELECT {report} FROM reports
            WHERE (target_kind, target_id) = (SELECT target_kind, target_id FROM reports WHERE id = %(id)s)
            AND (resolved_at IS NULL OR id = %(id)s) ORDER BY id FOR UPDATE
        """).format(report=_REPORT)
        with self._connection.cursor(row_factory=class_row(Report)) as cursor:
            held = cursor.execute(query, {"id": report_id}).fetchall()
        return next((report for report in held if report.id == report_id), None)

    def resolve(self, kind: TargetKind, target_id: UUID, resolution: Resolution, at: datetime) -> list[UUID]:
        """Every open report of the thing: what is decided is decided of it, whoever reported it. Who did."""
        reporters = self._connection.execute(
            """
            UPDATE reports SET resolved_at = %s, resolution = %s
            WHERE target_kind = %s AND target_id = %s AND resolved_at IS NULL
            RETURNING reporter_id
            """,
            (at, resolution, kind, target_id),
        )
        return [reporter_id for (reporter_id,) in reporters if reporter_id is not None]

    def find_told(self, post_id: UUID) -> Told | None:
        """None of a repost, of which nobody is told."""
        found = self._told(SQL("posts.id = %(post_id)s"), {"post_id": post_id})
        return found[0] if found else None

    def list_told(self, author_id: UUID, since: datetime, most: int) -> list[Told]:
        """The author's posts that were written or edited since then and are not hidden, newest first."""
        which = SQL("user_id = %(author_id)s AND hidden_at IS NULL AND coalesce(edited_at, created_at) > %(since)s")
        return self._told(which, {"author_id": author_id, "since": since, "most": most})

    def _told(self, which: SQL, values: dict[str, Any]) -> list[Told]:
        query = SQL("""
            SELECT id AS post_id, user_id AS author_id, CASE WHEN visibility = 'mentioned' THEN
                ARRAY(SELECT post_mentions.user_id FROM post_mentions WHERE post_id = posts.id ORDER BY 1)
            END AS mentioned
            FROM posts WHERE repost_of IS NULL AND {which} ORDER BY created_at DESC, id DESC LIMIT %(most)s
        """).format(which=which)
        with self._connection.cursor(row_factory=class_row(Told)) as cursor:
            return cursor.execute(query, {"most": 1} | values).fetchall()

    def list_open(self, after: Place | None, limit: int) -> list[OpenReport]:
        """Oldest first."""
        query = SQL("""
            SELECT {report}, (
                SELECT count(*) FROM reports others WHERE others.target_kind = reports.target_kind
                AND others.target_id = reports.target_id AND others.resolved_at IS NULL
            ) AS reports_on_target
            FROM reports WHERE resolved_at IS NULL {beyond} ORDER BY created_at, id LIMIT %(limit)s
        """).format(report=_REPORT, beyond=SQL("AND (created_at, id) > (%(at)s, %(id)s)" if after else ""))
        values = {"at": after.at if after else None, "id": after.id if after else None, "limit": limit}
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, values).fetchall()
        counts = [row.pop("reports_on_target") for row in rows]
        reports = [Report(**row) for row in rows]
        targets = self._targets(reports)
        return [
            OpenReport(report, count, targets.get((report.target_kind, report.target_id)))
            for report, count in zip(reports, counts, strict=True)
        ]

    def _targets(self, reports: list[Report]) -> dict[tuple[TargetKind, UUID], Target]:
        """One query for each kind there is among them."""
        found: dict[tuple[TargetKind, UUID], Target] = {}
        for kind, table in _TABLES.items():
            asked = [report.target_id for report in reports if report.target_kind == kind]
            if not asked:
                continue
            query = SQL("{targets} WHERE {table}.id = ANY(%s)").format(
                targets=_TARGETS[kind].format(excerpt=LONGEST_EXCERPT), table=Identifier(table)
            )
            with self._connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(query, (asked,)).fetchall()
            found |= {(kind, row["id"]): Target(kind=kind, **row) for row in rows}
        return found

    def hide(self, kind: TargetKind, target_id: UUID, at: datetime) -> bool:
        """False when it was hidden already."""
        return self._mark(_HIDDEN[kind], target_id, at)

    def show(self, kind: TargetKind, target_id: UUID) -> bool:
        """False when it was not hidden."""
        return self._clear(_HIDDEN[kind], target_id)

    def suspend(self, person_id: UUID, at: datetime) -> bool:
        """False when this person was suspended already."""
        return self._mark(_SUSPENDED, person_id, at)

    def restore(self, person_id: UUID) -> bool:
        """False when this person was not suspended."""
        return self._clear(_SUSPENDED, person_id)

    def is_suspended(self, person_id: UUID) -> bool:
        """Nobody without a profile is."""
        row = self._connection.execute(
            "SELECT FROM users WHERE id = %s AND suspended_at IS NOT NULL", (person_id,)
        ).fetchone()
        return row is not None

    def _mark(self, mark: tuple[str, str], row_id: UUID, at: datetime) -> bool:
        query = SQL("UPDATE {table} SET {column} = %s WHERE id = %s AND {column} IS NULL")
        return self._changed(query, mark, (at, row_id))

    def _clear(self, mark: tuple[str, str], row_id: UUID) -> bool:
        query = SQL("UPDATE {table} SET {column} = NULL WHERE id = %s AND {column} IS NOT NULL")
        return self._changed(query, mark, (row_id,))

    def _changed(self, query: SQL, mark: tuple[str, str], values: tuple[Any, ...]) -> bool:
        table, column = mark
        return (
            self._connection.execute(query.format(table=Identifier(table), column=Identifier(column)), values).rowcount
            == 1
        )

    def add_act(self, act: Act) -> None:
        self._connection.execute(
            SQL("INSERT INTO audit ({}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)").format(_ACT),
            (
                act.id,
                act.moderator_id,
                act.action,
                act.target_kind,
                act.target_id,
                act.report_id,
                act.reason,
                act.at,
            ),
        )

    def list_acts(self, after: Place | None, limit: int) -> list[Act]:
        """Newest first."""
        query = SQL("SELECT {act} FROM audit {beyond} ORDER BY at DESC, id DESC LIMIT %(limit)s").format(
            act=_ACT, beyond=SQL("WHERE (at, id) < (%(at)s, %(id)s)" if after else "")
        )
        values = {"at": after.at if after else None, "id": after.id if after else None, "limit": limit}
        with self._connection.cursor(row_factory=class_row(Act)) as cursor:
            return cursor.execute(query, values).fetchall()
