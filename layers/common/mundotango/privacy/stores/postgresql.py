"""What of a person is in PostgreSQL."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mundotango.ids import new_id
from mundotango.privacy.model import Eraser, Person, Rows, Store
from mundotango.privacy.stores import repository as tables
from mundotango.privacy.stores.repository import Table
from mundotango.realtime.model import Activity, Kind

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

PAGE = 200
# Of rows that are only looked at.
LOOKED_AT = 5000

UNTIL_DELETED = "until its owner deletes it"
WITH_THE_ACCOUNT = "as long as the account"


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


def without_rows_of(table: Table) -> Eraser:
    def erase(platform: "Platform", person: Person) -> Iterator[int]:
        deleted = PAGE
        while deleted == PAGE:
            with platform.unit_of_work() as work:
                deleted = work.person.delete(table, person.id, PAGE)
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


OUTBOX = Store(
    name="Outbox",
    system="PostgreSQL",
    holds=("outbox.actor_id", "outbox.payload"),
    what="what happened, as it is announced: who did it and what they wrote",
    how_long="7 days after it was announced",
    why="what was committed is announced even when a store was away",
    exported="no: it repeats what stands in the other files",
    erased="rows that name the person are deleted, others' too; what deletes the sign-in, an id, goes after 7 days",
    erase=erase_outbox,
)

STORES = (
    Store(
        name="Follows",
        system="PostgreSQL",
        holds=("follows.follower_id", "follows.followee_id"),
        what="whom the person follows, and who follows them, since when",
        how_long="until one of the two ends it",
        why="the feed, and who may see what",
        exported="follows.json, both ways",
        erased="deleted, both ways",
        files=(("follows.json", rows_of(tables.FOLLOWS)),),
        erase=without_rows_of(tables.FOLLOWS),
    ),
    Store(
        name="Follow requests",
        system="PostgreSQL",
        holds=("follow_requests.follower_id", "follow_requests.followee_id"),
        what="who asks to follow a private account",
        how_long="until it is answered or taken back",
        why="the owner of the account decides",
        exported="follow_requests.json, both ways",
        erased="deleted, both ways",
        files=(("follow_requests.json", rows_of(tables.FOLLOW_REQUESTS)),),
        erase=without_rows_of(tables.FOLLOW_REQUESTS),
    ),
    Store(
        name="Former handles",
        system="PostgreSQL",
        holds=("former_handles.user_id",),
        what="handles the person gave up",
        how_long="14 days",
        why="nobody else takes over the links to them",
        exported="former_handles.json",
        erased="deleted",
        files=(("former_handles.json", rows_of(tables.FORMER_HANDLES)),),
        erase=without_rows_of(tables.FORMER_HANDLES),
    ),
    Store(
        name="Blocks",
        system="PostgreSQL",
        holds=("blocks.blocker_id", "blocks.blocked_id"),
        what="who blocked whom",
        how_long="until whoever blocked ends it",
        why="neither of the two sees the other",
        exported="blocks.json, those the person made; who blocked them is told to nobody",
        erased="deleted, both ways",
        files=(("blocks.json", rows_of(tables.BLOCKS)),),
        erase=without_rows_of(tables.BLOCKS),
    ),
    Store(
        name="Mutes",
        system="PostgreSQL",
        holds=("mutes.muter_id", "mutes.muted_id"),
        what="whose posts a person does not want to read",
        how_long="until whoever muted ends it",
        why="lists leave them out",
        exported="mutes.json, those the person made",
        erased="deleted, both ways",
        files=(("mutes.json", rows_of(tables.MUTES)),),
        erase=without_rows_of(tables.MUTES),
    ),
    Store(
        name="Saved posts",
        system="PostgreSQL",
        holds=("saved_posts.user_id",),
        what="posts the person keeps for later",
        how_long="until they are taken off the list or the post is gone",
        why="the list of saved posts",
        exported="saved_posts.json",
        erased="deleted",
        files=(("saved_posts.json", rows_of(tables.SAVED_POSTS)),),
        erase=without_rows_of(tables.SAVED_POSTS),
    ),
    Store(
        name="Notification preferences",
        system="PostgreSQL",
        holds=("notifications_off.user_id", "notification_settings.user_id"),
        what="what the person does not want to be notified of, how often by e-mail, in which language and time zone",
        how_long=WITH_THE_ACCOUNT,
        why="to tell people what they want to be told, when it is day where they are",
        exported="as notifications_off.json and notification_settings.json",
        erased="deleted",
        files=(
            ("notifications_off.json", rows_of(tables.NOTIFICATIONS_OFF)),
            ("notification_settings.json", rows_of(tables.NOTIFICATION_SETTINGS)),
        ),
        erase=erase_notification_preferences,
    ),
    Store(
        name="Digests",
        system="PostgreSQL",
        holds=("digests_sent.user_id", "digest_days.user_id"),
        what="when the person was sent a digest, up to where it told their inbox, a hash of the link that ends them",
        how_long="400 days; the day that was looked at last as long as the account",
        why="nothing is mailed twice, and the link in a mail works for as long as somebody may look for it",
        exported="digests_sent.json and digest_days.json, without the hash",
        erased="deleted",
        files=(
            ("digests_sent.json", rows_of(tables.DIGESTS_SENT)),
            ("digest_days.json", rows_of(tables.DIGEST_DAYS)),
        ),
        erase=erase_digests,
    ),
    Store(
        name="Drafts",
        system="PostgreSQL",
        holds=("drafts.user_id", "drafts.content"),
        what="posts that are not published yet",
        how_long="until they are published or deleted",
        why="to go on writing elsewhere",
        exported="drafts.json",
        erased="deleted",
        files=(("drafts.json", rows_of(tables.DRAFTS)),),
        erase=without_rows_of(tables.DRAFTS),
    ),
    Store(
        name="Comments",
        system="PostgreSQL",
        holds=("comments.user_id",),
        what="what the person said below posts",
        how_long=UNTIL_DELETED,
        why="conversations",
        exported="comments.json",
        erased="deleted; where others replied an empty place stays, without a name and without a word",
        files=(("comments.json", rows_of(tables.COMMENTS)),),
        erase=erase_comments,
    ),
    Store(
        name="Posts",
        system="PostgreSQL",
        holds=(
            "posts.user_id",
            "post_versions.post_id",
            "post_versions.alts",
            "post_media.media_id",
            "post_media.variants",
            "post_media_details.media_id",
            "post_tags.post_id",
        ),
        what="what the person posted and shared, each with its earlier versions, pictures and subjects",
        how_long=UNTIL_DELETED,
        why="it is what the platform is for",
        exported="posts.json, post_versions.json, post_media.json and post_media_details.json",
        erased="deleted, with the comments below them and others' reposts of them",
        files=(
            ("posts.json", rows_of(tables.POSTS)),
            ("post_versions.json", rows_of(tables.POST_VERSIONS)),
            ("post_media.json", rows_of(tables.POST_MEDIA)),
            ("post_media_details.json", rows_of(tables.POST_MEDIA_DETAILS)),
        ),
        erase=erase_posts,
    ),
    Store(
        name="Deleted pictures",
        system="PostgreSQL",
        holds=("removed_media.media_id",),
        what="the ids of pictures that were deleted just now: nobody's name",
        how_long="1 day, 2 at most",
        why="a request that read the picture before does not show it after",
        exported="no: an id that leads nowhere",
        erased="ends by itself",
    ),
    Store(
        name="Messages",
        system="PostgreSQL",
        holds=("messages.user_id", "message_media.media_id", "message_media.picture"),
        what="what the person wrote to others, with its pictures",
        how_long="until its author deletes it, or a day after everybody has left the conversation",
        why="people write to each other",
        exported="messages.json and message_media.json, those the person wrote",
        erased="emptied: in others' conversations an empty place stays, without a name and without a word",
        files=(("messages.json", rows_of(tables.MESSAGES)), ("message_media.json", rows_of(tables.MESSAGE_MEDIA))),
        erase=erase_messages,
    ),
    Store(
        name="Conversations",
        system="PostgreSQL",
        holds=(
            "conversations.one_id",
            "conversations.other_id",
            "conversations.latest_id",
            "conversation_members.user_id",
            "conversation_members.joined_after",
            "conversation_members.read_up_to",
            "conversation_members.latest_id",
        ),
        what="in which conversations the person takes part, is asked to or declined to, and what they have read there",
        how_long="as long as the conversation: a day after everybody has left it",
        why="who may read and write what, and what is unread",
        exported="conversation_members.json",
        erased="deleted; a group and its title are its other members' too and stay with them",
        files=(("conversation_members.json", rows_of(tables.CONVERSATION_MEMBERS)),),
        erase=erase_membership,
    ),
    Store(
        name="Mentions",
        system="PostgreSQL",
        holds=("post_mentions.user_id", "posts.entities", "post_versions.entities", "comments.entities"),
        what="where others' posts and comments name the person",
        how_long="as long as what names them",
        why="it becomes a link, and a post may be for those it mentions",
        exported="no: it is what others wrote",
        erased="deleted; the name others wrote is text again, and theirs",
        erase=erase_mentions,
    ),
    Store(
        name="Events",
        system="PostgreSQL",
        holds=("events.organiser_id",),
        what="dance events the person organises, with their places",
        how_long=UNTIL_DELETED,
        why="people find them",
        exported="events.json",
        erased="deleted",
        files=(("events.json", rows_of(tables.EVENTS)),),
        erase=without_rows_of(tables.EVENTS),
    ),
    Store(
        name="Reports",
        system="PostgreSQL",
        holds=("reports.reporter_id", "reports.target_id"),
        what="what the person reported to the moderators and why, and what others reported of them",
        how_long=WITH_THE_ACCOUNT,
        why="moderators decide by them",
        exported="reports.json, those the person made",
        erased="those they made stay without their name and note, to be looked at; those about them are deleted",
        files=(("reports.json", rows_of(tables.REPORTS)),),
        erase=erase_reports,
    ),
    Store(
        name="Audit",
        system="PostgreSQL",
        holds=("audit.moderator_id", "audit.target_id"),
        what="what moderators did to whom and for what reason: ids, no names",
        how_long="as long as the platform",
        why="who has power over others answers for its use, also after one of the two has left",
        exported="audit.json, what was decided about the person, without who decided",
        erased="kept: by then its ids name nobody any more",
        files=(("audit.json", rows_of(tables.AUDIT)),),
    ),
    Store(
        name="Request keys",
        system="PostgreSQL",
        holds=("request_keys.user_id",),
        what="hashes of the Idempotency-Keys of the person's requests",
        how_long="24 hours",
        why="a request that is sent twice acts once",
        exported="no: they say nothing of the person",
        erased="deleted, and with each the answer that was given",
        erase=erase_request_keys,
    ),
)

PROFILE = Store(
    name="Profile",
    system="PostgreSQL",
    holds=("users.id", "users.avatar", "users.cover", "departures.user_id"),
    what="handle, name, and what else the person says of themselves; settings; when they leave, if they asked to",
    how_long=WITH_THE_ACCOUNT,
    why="so that others find and know them",
    exported="profile.json; departure.json, where somebody without a profile leaves",
    erased="deleted, as the last row: until then the erasing can be begun again",
    files=(("profile.json", rows_of(tables.PROFILE)), ("departure.json", rows_of(tables.DEPARTURES))),
    erase=erase_profile,
)
