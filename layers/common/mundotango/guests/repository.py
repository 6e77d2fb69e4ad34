from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row
from psycopg.sql import SQL

from mundotango.errors import NotFound
from mundotango.guests.model import Guest

_GUEST = SQL("""
    guests.id, guests.occurrence_id, guests.email, guests.name, guests.language, guests.created_at, guests.confirmed_at,
    guests.kept_until
""")


class GuestRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, guest: Guest) -> Guest:
        """As they are kept: who is known by this address stays, and whom nobody confirmed has what was said last."""
        query = SQL("""
            INSERT INTO guests (id, occurrence_id, email, name, language, created_at, kept_until)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (occurrence_id, email) DO UPDATE SET
                name = CASE WHEN guests.confirmed_at IS NULL THEN excluded.name ELSE guests.name END,
                language = CASE WHEN guests.confirmed_at IS NULL THEN excluded.language ELSE guests.language END,
                kept_until = greatest(guests.kept_until, excluded.kept_until)
            RETURNING {}
        """).format(_GUEST)
        values = (
            guest.id, guest.occurrence_id, guest.email, guest.name, guest.language, guest.created_at, guest.kept_until,
        )  # fmt: skip
        try:
            with self._connection.cursor(row_factory=class_row(Guest)) as cursor:
                return cursor.execute(query, values).fetchall()[0]
        except ForeignKeyViolation as violation:  # its series has lost it meanwhile
            raise NotFound("no such occurrence") from violation

    def find_known(self, occurrence_id: UUID, email: str) -> Guest | None:
        """Who has registered by this address."""
        query = SQL("""
            SELECT {} FROM guests WHERE occurrence_id = %s AND email = %s AND confirmed_at IS NOT NULL
        """).format(_GUEST)
        with self._connection.cursor(row_factory=class_row(Guest)) as cursor:
            return cursor.execute(query, (occurrence_id, email)).fetchone()

    def find_by_link(self, token_hash: str) -> Guest | None:
        query = SQL("""
            SELECT {} FROM guest_links JOIN guests ON guests.id = guest_links.guest_id
            WHERE guest_links.token_hash = %s
        """).format(_GUEST)
        with self._connection.cursor(row_factory=class_row(Guest)) as cursor:
            return cursor.execute(query, (token_hash,)).fetchone()

    def find_many(self, guest_ids: Collection[UUID]) -> dict[UUID, Guest]:
        query = SQL("SELECT {} FROM guests WHERE id = ANY(%s)").format(_GUEST)
        with self._connection.cursor(row_factory=class_row(Guest)) as cursor:
            return {guest.id: guest for guest in cursor.execute(query, (list(guest_ids),))}

    def add_links(self, links: Sequence[tuple[str, UUID]], now: datetime) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO guest_links (token_hash, guest_id, written_at) VALUES (%s, %s, %s)",
                [(token_hash, guest_id, now) for token_hash, guest_id in links],
            )

    def confirm(self, guest_id: UUID, name: str, kept_until: datetime, now: datetime) -> bool:
        """Whose link was followed; False where they are not kept any more. Until the transaction ends they are."""
        return (
            self._connection.execute(
                """
                UPDATE guests SET name = %s, kept_until = %s, confirmed_at = coalesce(confirmed_at, %s)
                WHERE id = %s
                """,
                (name, kept_until, now, guest_id),
            ).rowcount
            == 1
        )

    def forget(self, guest_ids: Collection[UUID]) -> None:
        """With what they registered, and what they answered. Who holds a place gives it back before."""
        rows = self._connection.execute(
            "DELETE FROM registration_dancers WHERE guest_id = ANY(%s) RETURNING registration_id", (list(guest_ids),)
        ).fetchall()
        self._connection.execute(
            """
            DELETE FROM registrations WHERE id = ANY(%s)
            AND NOT EXISTS (SELECT FROM registration_dancers WHERE registration_id = registrations.id)
            """,
            ([registration_id for (registration_id,) in rows],),
        )
        self._connection.execute("DELETE FROM guests WHERE id = ANY(%s)", (list(guest_ids),))

    # --- By time ---

    def keep_longer(self, after: timedelta, now: datetime) -> None:
        """Of those whose time is up, whose event was put off meanwhile: until so long after it. Where it has no date
        yet, they hold their places until there is one."""
        self._connection.execute(
            """
            UPDATE guests
            SET kept_until = CASE occurrences.status WHEN 'postponed' THEN %(now)s ELSE occurrences.ends_at END
                + %(after)s
            FROM occurrences
            WHERE guests.kept_until <= %(now)s AND guests.confirmed_at IS NOT NULL
            AND occurrences.id = guests.occurrence_id
            AND (occurrences.ends_at + %(after)s > %(now)s OR occurrences.status = 'postponed')
            """,
            {"after": after, "now": now},
        )

    def list_to_forget(self, now: datetime, limit: int) -> list[UUID]:
        rows = self._connection.execute(
            "SELECT id FROM guests WHERE kept_until <= %s ORDER BY kept_until LIMIT %s FOR UPDATE SKIP LOCKED",
            (now, limit),
        )
        return [guest_id for (guest_id,) in rows]

    def list_to_remind(self, number: int, ahead: timedelta, now: datetime, limit: int) -> list[Guest]:
        """Who has a place at what begins within that time, and was not yet written this reminder or a later one. Who
        came by the place later than that needs none."""
        query = SQL("""
            SELECT {} FROM guests
            JOIN occurrences ON occurrences.id = guests.occurrence_id
            JOIN registration_dancers ON registration_dancers.guest_id = guests.id AND registration_dancers.is_open
            JOIN registrations ON registrations.id = registration_dancers.registration_id
            WHERE occurrences.starts_at > %(now)s AND occurrences.starts_at <= %(now)s + %(ahead)s
            AND occurrences.status = 'published' AND guests.reminded < %(number)s
            AND registrations.state = 'accepted' AND registrations.changed_at < occurrences.starts_at - %(ahead)s
            ORDER BY occurrences.starts_at, guests.id LIMIT %(limit)s FOR UPDATE OF guests SKIP LOCKED
        """).format(_GUEST)
        values = {"number": number, "ahead": ahead, "now": now, "limit": limit}
        with self._connection.cursor(row_factory=class_row(Guest)) as cursor:
            return cursor.execute(query, values).fetchall()

    def note_reminded(self, guest_ids: Collection[UUID], number: int) -> None:
        self._connection.execute("UPDATE guests SET reminded = %s WHERE id = ANY(%s)", (number, list(guest_ids)))

    def remind_anew(self, occurrence_ids: Collection[UUID]) -> None:
        self._connection.execute(
            "UPDATE guests SET reminded = 0 WHERE occurrence_id = ANY(%s)", (list(occurrence_ids),)
        )

    def note_changed(self, occurrence_ids: Collection[UUID]) -> None:
        """Whoever's registration for one of these has not ended is to be written to."""
        self._connection.execute(
            """
            UPDATE guests SET change_untold = true WHERE id IN (
                SELECT guest_id FROM registration_dancers
                WHERE occurrence_id = ANY(%s) AND guest_id IS NOT NULL AND is_open
            )
            """,
            (list(occurrence_ids),),
        )

    def note_moved(self, venue_id: UUID, now: datetime) -> None:
        """Likewise for what is not over of what takes place there."""
        self._connection.execute(
            """
            UPDATE guests SET change_untold = true WHERE id IN (
                SELECT registration_dancers.guest_id FROM registration_dancers
                JOIN occurrences ON occurrences.id = registration_dancers.occurrence_id
                WHERE occurrences.venue_id = %s AND occurrences.ends_at > %s
                AND occurrences.status IN ('published', 'postponed') AND registration_dancers.is_open
            )
            """,
            (venue_id, now),
        )

    def take_untold(self, limit: int) -> list[Guest]:
        """Those who are still to be written to, and from now on are not."""
        query = SQL("""
            UPDATE guests SET change_untold = false WHERE id IN (
                SELECT id FROM guests WHERE change_untold ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            ) RETURNING {}
        """).format(_GUEST)
        with self._connection.cursor(row_factory=class_row(Guest)) as cursor:
            return cursor.execute(query, (limit,)).fetchall()
