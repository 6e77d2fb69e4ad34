"""Chooses the real adapters. Each is made and imported when first asked for: a function pays for what it uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from functools import cached_property
from typing import TYPE_CHECKING

from mundotango import settings
from mundotango.adapters.clock import SystemClock
from mundotango.errors import ReaderAway

if TYPE_CHECKING:
    from uuid import UUID

    from mundotango import ports
    from mundotango.adapters.dead_letters import SqsDeadLetters
    from mundotango.adapters.postgres import Database
    from mundotango.adapters.reader import Reader
    from mundotango.growth import service as growth
    from mundotango.mail import ports as mail_ports
    from mundotango.notifications import ports as notifications_ports
    from mundotango.pagination import Keyring
    from mundotango.reactions import ports as reactions_ports
    from mundotango.realtime import ports as realtime_ports
    from mundotango.realtime.traffic import Traffic
    from mundotango.webpush import ports as webpush_ports
    from mundotango.work import UnitOfWork


class Platform:
    """One environment's adapters; lives as long as the process and is shared by its requests."""

    clock: ports.Clock = SystemClock()

    @cached_property
    def region(self) -> settings.Region:
        return settings.Region.from_env()

    @cached_property
    def site(self) -> settings.Site:
        return settings.Site.from_env()

    @cached_property
    def database(self) -> Database:
        from mundotango.adapters.postgres import Database

        return Database(settings.Database.from_env(), self.region.name)

    @cached_property
    def reader(self) -> Reader | None:
        host, primary = settings.Reader.from_env().host, settings.Database.from_env()
        if host in {"", primary.host}:
            return None
        from mundotango.adapters.postgres import Database
        from mundotango.adapters.reader import WAIT_SECONDS, Reader

        database = Database(replace(primary, host=host), self.region.name, wait=WAIT_SECONDS, away=ReaderAway)
        return Reader(database, lambda: self.cache)

    @cached_property
    def keyring(self) -> Keyring:
        from mundotango.pagination import Keyring

        return Keyring()

    @cached_property
    def cache(self) -> ports.Cache:
        from mundotango.adapters.cache import Cache

        return Cache(settings.Cache.from_env(), self.region.name)

    @cached_property
    def answers(self) -> ports.Answers:
        from mundotango.adapters.idempotency import DynamoAnswers

        return DynamoAnswers(settings.table("idempotency"), self.region)

    @cached_property
    def rates(self) -> ports.Rates:
        from mundotango.limits.repository import DynamoRates

        return DynamoRates(settings.table("idempotency"), self.region)

    @cached_property
    def objects(self) -> ports.ObjectStore:
        from mundotango.adapters.object_store import S3ObjectStore

        return S3ObjectStore(uploads=settings.bucket("uploads"), media=settings.bucket("media"), region=self.region)

    @cached_property
    def media(self) -> ports.MediaRepository:
        from mundotango.media.repository import DynamoMedia

        return DynamoMedia(settings.table("media"), self.region)

    @cached_property
    def reactions(self) -> reactions_ports.Reactions:
        from mundotango.reactions.repository import DynamoReactions

        return DynamoReactions(settings.table("reactions"), self.region)

    @cached_property
    def engagements(self) -> reactions_ports.Engagements:
        from mundotango.reactions.repository import DynamoEngagements

        return DynamoEngagements(settings.table("reactions"), self.region)

    @cached_property
    def buckets(self) -> reactions_ports.Buckets:
        from mundotango.reactions.buckets import DynamoBuckets

        return DynamoBuckets(settings.table("reactions"), self.region)

    @cached_property
    def counters(self) -> reactions_ports.Counters:
        from mundotango.reactions.counters import DynamoCounters

        return DynamoCounters(settings.table("counters"), self.region)

    @cached_property
    def activities(self) -> realtime_ports.ErasableActivities:
        from mundotango.realtime.repository import DynamoActivities

        return DynamoActivities(settings.table("activities"), self.region)

    @cached_property
    def edges(self) -> realtime_ports.Edges:
        from mundotango.realtime.edges import DynamoEdges

        return DynamoEdges(settings.table("edges"), self.region)

    @cached_property
    def tickets(self) -> realtime_ports.Tickets:
        from mundotango.realtime.repository import DynamoTickets

        return DynamoTickets(settings.table("tickets"), self.region)

    @cached_property
    def grants(self) -> realtime_ports.Grants:
        from mundotango.realtime.repository import DynamoGrants

        return DynamoGrants(settings.table("tickets"), self.region)

    @cached_property
    def traffic(self) -> Traffic:
        from mundotango.realtime.traffic import Traffic

        return Traffic()

    @cached_property
    def connections(self) -> realtime_ports.Connections:
        from mundotango.realtime.connections import DynamoConnections

        return DynamoConnections(settings.table("connections"), self.region)

    @cached_property
    def chunks(self) -> realtime_ports.Chunks | None:
        """None where large audiences are told without a queue."""
        url = settings.ChunkQueue.from_env().url
        if not url:
            return None
        from mundotango.realtime.chunks import SqsChunks

        return SqsChunks(url, self.region)

    @cached_property
    def waiting_mails(self) -> mail_ports.WaitingMails:
        from mundotango.mail.queue import SqsWaitingMails

        return SqsWaitingMails(settings.queue("mails"), self.region)

    # The table of inboxes and of devices stands at home alone: elsewhere these two raise MissingSetting.
    @cached_property
    def inbox(self) -> notifications_ports.Inbox:
        from mundotango.notifications.inbox_table import DynamoInbox

        return DynamoInbox(settings.table("notifications"), self.region)

    @cached_property
    def devices(self) -> webpush_ports.Devices:
        from mundotango.webpush.repository import DynamoDevices

        return DynamoDevices(settings.table("notifications"), self.region)

    @cached_property
    def push_services(self) -> tuple[str, ...]:
        from mundotango.webpush.policy import KNOWN_SERVICES

        return (*KNOWN_SERVICES, *settings.PushServices.from_env().further)

    @cached_property
    def waiting_pushes(self) -> webpush_ports.WaitingPushes:
        from mundotango.webpush.queue import SqsWaitingPushes

        return SqsWaitingPushes(settings.queue("web_pushes"), self.region)

    @cached_property
    def dead_letters(self) -> SqsDeadLetters:
        from mundotango.adapters.dead_letters import SqsDeadLetters

        return SqsDeadLetters(settings.DeadLetterQueues.from_env().urls, self.region)

    @cached_property
    def turns(self) -> webpush_ports.Turns:
        from mundotango.webpush.turns import DynamoTurns

        return DynamoTurns(settings.table("idempotency"), self.region)

    @cached_property
    def push_service(self) -> webpush_ports.PushService:
        from mundotango.adapters.push_service import HttpPushService
        from mundotango.adapters.vapid import Vapid

        key, public = settings.VapidKey.from_env(), settings.VapidPublicKey.from_env()
        vapid = Vapid(key, public, self.site.url, self.region)
        return HttpPushService(vapid, self.push_services, self.clock)

    @cached_property
    def vapid_public_key(self) -> str:
        return settings.VapidPublicKey.from_env().key

    @cached_property
    def pusher(self) -> realtime_ports.Pusher:
        from mundotango.adapters.pusher import SocketPusher

        return SocketPusher(self.region)

    @cached_property
    def commands(self) -> ports.Commands:
        from mundotango.commands.repository import DynamoCommands

        return DynamoCommands(settings.table("commands"), self.region)

    @cached_property
    def erasures(self) -> ports.Erasures:
        from mundotango.privacy.ledger import DynamoErasures

        return DynamoErasures(settings.table("erasures"), self.region)

    @cached_property
    def identities(self) -> ports.Identities:
        from mundotango.adapters.identities import CognitoIdentities

        return CognitoIdentities(settings.UserPool.from_env(), self.region)

    @cached_property
    def sender(self) -> settings.Sender:
        return settings.Sender.from_env()

    @cached_property
    def mailer(self) -> mail_ports.Mailer:
        from mundotango.adapters.mailer import SesMailer

        return SesMailer(self.sender, self.region)

    @cached_property
    def sends(self) -> mail_ports.Sends:
        from mundotango.mail.repository import DynamoSends

        return DynamoSends(settings.table("idempotency"), self.region)

    @cached_property
    def edge(self) -> ports.Edge:
        from mundotango.adapters.edge import CloudFrontEdge

        return CloudFrontEdge(settings.Distribution.from_env(), self.region)

    @cached_property
    def traces(self) -> ports.Traces:
        from mundotango.adapters.traces import XRayTraces

        return XRayTraces(self.region)

    @cached_property
    def measurements(self) -> growth.Measurements:
        from mundotango.adapters.measurements import CloudWatchMeasurements

        return CloudWatchMeasurements(settings.Grown.from_env(), settings.UserPool.from_env(), self.region)

    @cached_property
    def operator(self) -> growth.Operator:
        from mundotango.adapters.measurements import TopicOperator

        return TopicOperator(settings.Topic.from_env().arn, self.region)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """One transaction: commits once when the block ends well, then announces what it recorded."""
        from mundotango.work import UnitOfWork

        with UnitOfWork(self.database, self.keyring) as work:
            yield work
            work.commit()
        if work.recorded:
            from mundotango.realtime.relay import relay_outbox

            relay_outbox(self, work.recorded)

    @contextmanager
    def rehearsal(self) -> Iterator[UnitOfWork]:
        """One transaction in which everything is checked as it would be, and which is rolled back at its end."""
        from mundotango.work import UnitOfWork

        with UnitOfWork(self.database, self.keyring) as work:
            yield work

    @contextmanager
    def reading(self, user_id: UUID | None = None) -> Iterator[UnitOfWork]:
        """A transaction for what only reads, at the reader where there is one that may answer this person.

        Not for what fills the cache: there a reader's lag would outlast it.

        Raises:
            ReaderAway: it may be repeated at once, and is at the primary then.
        """
        from mundotango.work import UnitOfWork

        reader = self.reader
        if reader is None or not reader.serves(user_id):
            with UnitOfWork(self.database, self.keyring) as work:
                yield work
            return
        try:
            with UnitOfWork(reader.database, self.keyring) as work:
                yield work
        except ReaderAway:
            reader.note_failure()
            raise
