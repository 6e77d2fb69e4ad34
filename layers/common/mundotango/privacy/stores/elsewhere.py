"""What of a person is anywhere but in PostgreSQL."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mundotango.cache_keys import cached_of
from mundotango.commands.service import identity_deletion, media_deletion, socket_closing
from mundotango.exports.model import exports_of
from mundotango.media.service import delete_objects
from mundotango.notifications.model import notification_payload
from mundotango.privacy.model import Person, Store
from mundotango.privacy.stores import repository as tables
from mundotango.privacy.stores.rows import rows_of, without_rows_of
from mundotango.realtime.model import author_channel, inbox_channel, user_channel

if TYPE_CHECKING:
    from mundotango.bootstrap import Platform

PAGE = 50


def erase_identity(platform: "Platform", person: Person) -> Iterator[int]:
    with platform.unit_of_work() as work:
        work.record(identity_deletion(person.id, platform.clock))
        work.record(socket_closing(person.id, "ended", platform.clock))
    yield 0


def reactions_of(platform: "Platform", user_id: UUID) -> Iterator[dict[str, Any]]:
    after: UUID | None = None
    while page := platform.reactions.of_user(user_id, after=after, limit=PAGE):
        for post_id, reaction in page:
            yield {"post_id": str(post_id), "kind": reaction.kind, "at": reaction.at.isoformat()}
        after = page[-1][0]


def erase_reactions(platform: "Platform", person: Person) -> Iterator[int]:
    after: UUID | None = None
    while page := platform.reactions.of_user(person.id, after=after, limit=PAGE):
        for post_id, _ in page:
            platform.reactions.remove(post_id, person.id)
        after = page[-1][0]
        yield len(page)


def media_of(platform: "Platform", user_id: UUID) -> Iterator[dict[str, Any]]:
    after: UUID | None = None
    while page := platform.media.of_owner(user_id, after, PAGE):
        for media in platform.media.find_many(page).values():
            yield {
                "id": str(media.media_id),
                "purpose": media.purpose,
                "content_type": media.content_type,
                "size": media.size,
                "status": media.status,
                "reason": media.reason,
                "created_at": media.created_at.isoformat(),
            }
        after = page[-1]


def erase_media(platform: "Platform", person: Person) -> Iterator[int]:
    """The row last, for by it the objects are found. The command has the edge forget what it may have."""
    after: UUID | None = None
    while page := platform.media.of_owner(person.id, after, PAGE):
        ready = {row.media_id for row in platform.media.find_many(page).values() if row.status == "ready"}
        for media_id in page:
            delete_objects(platform.objects, media_id)
            with platform.unit_of_work() as work:
                work.record(media_deletion(media_id, platform.clock, seen=media_id in ready))
            platform.media.remove(media_id)
            yield 1
        after = page[-1]


def erase_exports(platform: "Platform", person: Person) -> Iterator[int]:
    while keys := platform.objects.list_keys("uploads", exports_of(person.id), PAGE):
        for key in keys:
            platform.objects.delete("uploads", key)
        yield len(keys)
    yield from without_rows_of(tables.EXPORTS)(platform, person)


def erase_edges(platform: "Platform", person: Person) -> Iterator[int]:
    while deleted := platform.edges.forget(person.id, PAGE):
        yield deleted


def erase_activities(platform: "Platform", person: Person) -> Iterator[int]:
    for channel in (author_channel(person.id), user_channel(person.id), inbox_channel(person.id)):
        while deleted := platform.activities.forget(channel, PAGE):
            yield deleted


def notifications_of(platform: "Platform", user_id: UUID) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while page := platform.inbox.of_user(user_id, after=after, limit=PAGE):
        yield from (notification_payload(item) for item in page if item.shown)
        after = page[-1].group


def devices_of(platform: "Platform", user_id: UUID) -> Iterator[dict[str, Any]]:
    for device in platform.devices.of_user(user_id):
        yield {
            "id": str(device.id),
            "service": device.service,
            "registered_at": device.registered_at.isoformat(),
        }


def erase_devices(platform: "Platform", person: Person) -> Iterator[int]:
    """What the person wishes goes with their inbox, in whose partition it stands."""
    for device in platform.devices.of_user(person.id):
        yield platform.devices.remove(person.id, device.id)


def erase_notifications(platform: "Platform", person: Person) -> Iterator[int]:
    while deleted := platform.inbox.forget(person.id, PAGE):
        yield deleted


def erase_connections(platform: "Platform", person: Person) -> Iterator[int]:
    yield platform.connections.forget(person.id)


def erase_cached(platform: "Platform", person: Person) -> Iterator[int]:
    for key in cached_of(person.id, person.handle):
        platform.cache.delete(key)
    yield 0


IDENTITY = Store(
    name="Identity",
    system="Cognito",
    holds=("UserPool",),
    what="e-mail address, password (as a proof of it) and sign-ins",
    how_long="as long as the account",
    why="to sign in, and to reach the person",
    exported="no: whoever is signed in asks the user pool itself (GetUser)",
    erased="deleted first, by a command, hours before the rest: so nobody still writes while it is erased",
    erase=erase_identity,
)

STORES = (
    Store(
        name="Reactions",
        system="DynamoDB",
        holds=("ReactionsTable",),
        what="what the person reacted to, how and when, and whom that was told; which posts they saw",
        how_long="until it is taken back; that they saw a post, 2 days",
        why="the truth that totals are counted from",
        exported="reactions.json",
        erased="deleted, and the totals follow; that they saw a post, or were told of a reaction, ends by itself",
        files=(("reactions.json", reactions_of),),
        erase=erase_reactions,
    ),
    Store(
        name="Totals",
        system="DynamoDB",
        holds=("CountersTable",),
        what="how many reacted to a post: numbers, nobody's name",
        how_long="as long as they are asked for",
        why="counting all reactions at each look would be slow",
        exported="no: it is nobody's",
        erased="follows from the reactions and the posts that are deleted",
    ),
    Store(
        name="Pictures",
        system="S3",
        holds=("MediaTable", "UploadsBucket/uploads/", "UploadsBucket/originals/", "MediaBucket/media/"),
        what="pictures the person uploaded: originals without what the camera added, variants, state and measures",
        how_long="until its owner deletes it, or nothing shows it for a week; what never became a picture, 15 days",
        why="to be shown; variants are made anew from originals",
        exported="media.json, and below pictures/ each original, else its largest variant",
        erased="objects and rows deleted, and the edge told to forget its copies",
        files=(("media.json", media_of),),
        erase=erase_media,
    ),
    Store(
        name="Exports",
        system="S3",
        holds=("exports.user_id", "UploadsBucket/exports/"),
        what="archives of the person's own data, and when they asked for them",
        how_long="the archive 7 days, the row 30 days",
        why="to be downloaded",
        exported="exports.json, when one was asked for",
        erased="objects and rows deleted",
        files=(("exports.json", rows_of(tables.EXPORTS)),),
        erase=erase_exports,
    ),
    Store(
        name="Edges",
        system="DynamoDB",
        holds=("EdgesTable",),
        what="a copy of who follows and blocks whom, who takes part in which conversation, and who hides: ids",
        how_long="as long as what it copies; of what ended a mark stays that it ended",
        why="functions outside the network cannot ask PostgreSQL",
        exported="no: it repeats follows.json, blocks.json and conversation_members.json",
        erased="deleted, both ways",
        erase=erase_edges,
    ),
    Store(
        name="Activities",
        system="DynamoDB",
        holds=("ActivitiesTable",),
        what="what happened in the last day, for those who were away",
        how_long="24 hours",
        why="a socket that comes back is told what it missed",
        exported="no: it repeats what stands in the other files",
        erased="the person's own channels are deleted; in others' they end within 24 hours",
        erase=erase_activities,
    ),
    Store(
        name="Devices",
        system="DynamoDB",
        holds=("NotificationsTable",),
        what="browsers that show notifications: their addresses at a push service and the keys to write to them; "
        "copies of what the person does not want there, and of the language they are written to",
        how_long="60 days after the browser was here last, and until DynamoDB has swept them; whose it was a week "
        "more; the copies as long as the account",
        why="to send what is new to who is away, by functions that cannot ask PostgreSQL",
        exported="devices.json, without addresses and keys, which open a way to the browser; what was turned off is in "
        "notifications_off.json",
        erased="deleted",
        files=(("devices.json", devices_of),),
        erase=erase_devices,
    ),
    Store(
        name="Notifications",
        system="DynamoDB",
        holds=("NotificationsTable",),
        what="what the person was notified of: kinds, ids and times; up to where they read it",
        how_long="90 days",
        why="the inbox, and the digest by e-mail",
        exported="the inbox, as notifications.json",
        erased="the person's own inbox is deleted; in others' an id stays that names nobody, 90 days at most",
        files=(("notifications.json", notifications_of),),
        erase=erase_notifications,
    ),
    Store(
        name="Connections",
        system="DynamoDB",
        holds=("ConnectionsTable",),
        what="open sockets, what they listen to and who wrote it, and when something came from the person last",
        how_long="2 hours and a quarter, and days at most until DynamoDB has swept what is over",
        why="to deliver what happens, and to show followers who is here",
        exported="no: gone before it could be read",
        erased="deleted; of sockets that were closed hours before what they left has ended; beside others' an id stays "
        "that names nobody, until they end",
        erase=erase_connections,
    ),
    Store(
        name="Frames on their way",
        system="SQS",
        holds=("ChunkQueue", "ChunkDeadLetters"),
        what="what happened in channels with many listeners, with what was written, and the ids of the listeners",
        how_long="an hour at most; what could not be read, a day",
        why="many sockets are told by several functions at once; an operator can give back what was given up",
        exported="no: it repeats what stands in the other files",
        erased="end by themselves long before",
    ),
    Store(
        name="Tickets",
        system="DynamoDB",
        holds=("TicketsTable",),
        what="permissions to open one socket or to listen to some channels: a hash, ids of the person and of who wrote "
        "what the channels tell of",
        how_long="60 seconds; those to listen 10 minutes",
        why="a browser opens a socket without a token, and sockets cannot ask the database who sees what",
        exported="no: gone before it could be read",
        erased="ends by itself long before",
    ),
    Store(
        name="Answers to repeated requests",
        system="DynamoDB",
        holds=("IdempotencyTable",),
        what="first answers to requests with an Idempotency-Key; how many requests were made, by a hash of whose; "
        "by a mail's id, whether it was sent; by a notification's id, which devices were told it",
        how_long="24 hours, and until DynamoDB has swept them, a few days at most; of mails 30 days",
        why="a request that is sent again happens once, and so does a mail; nobody asks too often",
        exported="no: it repeats what stands in the other files",
        erased="answers to what was done are deleted with the request keys; refusals and counts end by themselves",
    ),
    Store(
        name="Cached copies",
        system="Valkey",
        holds=(
            "user:{id}",
            "handle:{handle}",
            "posts:{id}",
            "standing:{id}",
            "relation:{id}:{id}",
            "wrote:{id}",
            "rate:{limit}:{id}:{window}",
        ),
        what="the profile as it was answered; who stands to whom; that an id was suspended, wrote, or asked how often; "
        "of who has no account a hash of the address a link was asked for, and of where it was asked from",
        how_long="5 minutes at most; how often somebody asked, as long as the limit's window: 24 hours at most",
        why="the same question is asked again and again",
        exported="no: it repeats what stands in the other files",
        erased="profile, handle and standing deleted; the rest ends by itself",
        erase=erase_cached,
    ),
)

# What is not of the person alone, or outlives them on purpose.
REMAINING = (
    Store(
        name="Commands",
        system="DynamoDB",
        holds=("CommandsTable",),
        what="that a sign-in or a picture is to be deleted, or sockets closed: the person's id, the picture's; what "
        "a mail says, for whom; of one to a guest the address",
        how_long="7 days; a mail until it was sent",
        why="the network has no way to Cognito, to the edge and to who sends mail",
        exported="no: ids and verbs, and what is on its way to the person",
        erased="the last ones, which delete the sign-in and the pictures, end after 7 days and hold ids alone; "
        "a mail to somebody without a sign-in is not sent, and its row goes",
    ),
    Store(
        name="Ledger of erasures",
        system="DynamoDB",
        holds=("ErasuresTable",),
        what="the ids of those who were erased, and when",
        how_long="400 days",
        why="a restored backup is told whom to erase again; backups live 35 days, snapshots made by hand a year",
        exported="no: it is empty while there is somebody to ask",
        erased="kept: an id that names nobody any more",
    ),
    Store(
        name="Logs",
        system="CloudWatch",
        holds=("logs",),
        what="one line a request: route, status, time, some ids; never a name, a text, an address or a token",
        how_long="14 days (`LogRetentionDays`)",
        why="to find out what went wrong",
        exported="no: nothing personal is in them",
        erased="end by themselves",
    ),
    Store(
        name="Copies on the way",
        system="CloudFront",
        holds=("edge",),
        what="pictures and public pages, in the edge and in browsers",
        how_long="in the edge until a picture is deleted, in browsers a year; public pages up to an hour in the edge, "
        "until they change, and 5 minutes in browsers (10 more while the platform is away)",
        why="what does not change is not fetched again",
        exported="no",
        erased="pictures in the edge are deleted; what browsers have ends by itself, and nobody else finds its address",
    ),
)
