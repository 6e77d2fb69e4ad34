"""How a person's rows in PostgreSQL are read, and how they go: a page and a transaction at a time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mundotango.ids import new_id
from mundotango.privacy.leaving import hand_over_events
from mundotango.privacy.model import Eraser, Person, Rows
from mundotango.privacy.stores import repository as tables
from mundotango.privacy.stores.repository import Table
from mundotango.realtime.model import Activity, Kind
from mundotango.registrations.service import withdraw

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

PAGE = 200
# With each go up to a thousand times that it takes place, and who registered for them.
EVENTS_AT_ONCE = 10
# Of rows that are only looked at.
LOOKED_AT = 5000


def rows_of(table: Table) -> Rows:
    def rows(platform: "Platform", user_id: UUID) -> Iterator[dict[str, Any]]:
        after: tuple[Any, ...] = ()
        while True:
            with platform.unit_of_work() as work:
                page = work.person.page(table, user_id, after, PAGE)
            yield from (row for row, _ in page)
            if len(page) < PAGE:
                return
            after = page[-1][1]

    return rows


def without_rows_of(table: Table, page: int = PAGE) -> Eraser:
    def erase(platform: "Platform", person: Person) -> Iterator[int]:
        deleted = page
        while deleted == page:
            with platform.unit_of_work() as work:
                deleted = work.person.delete(table, person.id, page)
            yield deleted

    return erase


def erase_outbox(platform: "Platform", person: Person) -> Iterator[int]:
    after: int | None = 0
    while after is not None:
        with platform.unit_of_work() as work:
            deleted, after = work.person.forget_announcements(person.id, after, LOOKED_AT)
        yield deleted


def erase_comments(platform: "Platform", person: Person) -> Iterator[int]:
    """From below: a reply goes before what it replies to, which may then go too."""
    gone = 1
    while gone:
        with platform.unit_of_work() as work:
            deleted = work.person.delete_comments(person.id, PAGE)
            emptied = [] if deleted else work.person.empty_comments(person.id, platform.clock.now(), PAGE)
            for each in (*deleted, *emptied):
                if each.counted:
                    named = {"post_id": str(each.post_id), "comment_id": str(each.id)}
                    work.record(_no_more(platform, "comment.removed", named))
            gone = len(deleted) + len(emptied)
        yield gone


def erase_posts(platform: "Platform", person: Person) -> Iterator[int]:
    gone = PAGE
    while gone == PAGE:
        with platform.unit_of_work() as work:
            deleted = work.person.delete_posts(person.id, PAGE)
            for each in deleted:
                if each.repost_of is None:
                    work.record(_no_more(platform, "post.removed", {"post_id": str(each.id)}))
                else:
                    named = {"post_id": str(each.repost_of), "repost_id": str(each.id)}
                    work.record(_no_more(platform, "post.unshared", named))
            gone = len(deleted)
        yield gone


def _no_more(platform: "Platform", kind: Kind, payload: dict[str, str]) -> Activity:
    """Told to nobody: the post's totals follow from it."""
    return Activity(
        id=new_id(),
        kind=kind,
        actor_id=None,
        channel=None,
        payload=payload,
        occurred_at=platform.clock.now(),
    )


def erase_messages(platform: "Platform", person: Person) -> Iterator[int]:
    gone = PAGE
    while gone == PAGE:
        with platform.unit_of_work() as work:
            gone = work.person.empty_messages(person.id, platform.clock.now(), PAGE)
        yield gone


def erase_membership(platform: "Platform", person: Person) -> Iterator[int]:
    gone = PAGE
    while gone == PAGE:
        with platform.unit_of_work() as work:
            gone = work.person.leave_conversations(person.id, platform.clock.now(), PAGE)
        yield gone


def erase_mentions(platform: "Platform", person: Person) -> Iterator[int]:
    yield from without_rows_of(tables.POST_MENTIONS)(platform, person)
    for table in tables.MENTIONING:
        changed = PAGE
        while changed == PAGE:
            with platform.unit_of_work() as work:
                changed = work.person.forget_mentions(table, person.id, PAGE)
            yield changed


# Of so many events: each word is looked for in those of others.
WORDS_AT_ONCE = 20


def erase_events(platform: "Platform", person: Person) -> Iterator[int]:
    yield from hand_over_events(platform, person)
    left = PAGE
    while left == PAGE:
        with platform.unit_of_work() as work:
            left = work.documents.leave_events(person.id, PAGE)
        yield left
    page: list[UUID] = []
    while not page or len(page) == WORDS_AT_ONCE:
        with platform.unit_of_work() as work:
            page = work.documents.forget_words_of(person.id, page[-1] if page else None, WORDS_AT_ONCE)
        yield 0
        if not page:
            break
    yield from without_rows_of(tables.EVENTS, EVENTS_AT_ONCE)(platform, person)
    yield from without_rows_of(tables.EVENT_MEDIA)(platform, person)
    changed = PAGE
    while changed == PAGE:
        with platform.unit_of_work() as work:
            changed = work.person.forget_parts(person.id, PAGE)
        yield changed


def erase_broadcasts(platform: "Platform", person: Person) -> Iterator[int]:
    with platform.unit_of_work() as work:
        yield work.broadcasts.forget_person(person.id)


def erase_registrations(platform: "Platform", person: Person) -> Iterator[int]:
    """Places that they hold are free again first, one at a time, as each is a lock on what it is for."""
    with platform.unit_of_work() as work:
        open_ones = work.registrations.list_open_of(person.id)
    for registration_id in open_ones:
        with platform.unit_of_work() as work:
            withdraw(work, registration_id=registration_id, clock=platform.clock)
        yield 1
    left = PAGE
    while left == PAGE:
        with platform.unit_of_work() as work:
            left = work.person.leave_registrations(person.id, PAGE)
        yield left
    yield from without_rows_of(tables.RSVPS)(platform, person)


def erase_reports(platform: "Platform", person: Person) -> Iterator[int]:
    yield from without_rows_of(tables.REPORTS)(platform, person)
    cleared = PAGE
    while cleared == PAGE:
        with platform.unit_of_work() as work:
            cleared = work.person.clear_reports(person.id, PAGE)
        yield cleared


def erase_request_keys(platform: "Platform", person: Person) -> Iterator[int]:
    """The row last, for by it the answer is found."""
    while True:
        with platform.unit_of_work() as work:
            key_hashes = work.person.list_request_keys(person.id, PAGE)
        if not key_hashes:
            return
        for key_hash in key_hashes:
            platform.answers.forget(key_hash.hex())
        with platform.unit_of_work() as work:
            work.person.forget_request_keys(person.id, key_hashes)
        yield len(key_hashes)


def erase_notification_preferences(platform: "Platform", person: Person) -> Iterator[int]:
    for table in (tables.NOTIFICATIONS_OFF, tables.NOTIFICATION_SETTINGS):
        yield from without_rows_of(table)(platform, person)


def erase_digests(platform: "Platform", person: Person) -> Iterator[int]:
    for table in (tables.DIGESTS_SENT, tables.DIGEST_DAYS):
        yield from without_rows_of(table)(platform, person)


def erase_profile(platform: "Platform", person: Person) -> Iterator[int]:
    for table in (tables.PROFILE, tables.DEPARTURES):
        yield from without_rows_of(table)(platform, person)
