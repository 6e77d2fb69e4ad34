"""Somebody who writes through the platform's use cases and keeps a log of their own: what was acknowledged, and when.

The log knows nothing of the database's; it is what a restored database is held to.
"""

import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread
from uuid import UUID

from mundotango import ids, settings
from mundotango.adapters.clock import SystemClock
from mundotango.adapters.postgres import Database
from mundotango.errors import NotFound, Unavailable
from mundotango.media.repository import DynamoMedia
from mundotango.pagination import Keyring
from mundotango.posts.policy import MOST_VERSIONS
from mundotango.posts.service import Changes, create_post, edit_post, get_post
from mundotango.users.service import create_profile
from mundotango.work import UnitOfWork

PAUSE_SECONDS = 0.01
EDITED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A post said so, once the commit had returned at that time."""

    post_id: UUID
    body: str
    at: datetime


@dataclass(slots=True)
class Writer:
    """In a thread of its own. It waits while somebody else holds `gate`, so that nothing is under way then."""

    database: Database
    random: random.Random
    gate: Lock = field(default_factory=Lock)
    log: list[Acknowledged] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self.database.close()

    def _run(self) -> None:
        clock = SystemClock()
        author = ids.new_id()
        versions: dict[UUID, int] = {}
        try:
            with UnitOfWork(self.database, Keyring()) as work:
                handle = f"writer_{author.hex[-8:]}"
                create_profile(work, user_id=author, clock=clock, handle=handle, display_name=handle, city="Rosario")
                work.commit()
            while not self._over.is_set():
                with self.gate:
                    self._write(author, versions, clock)
                time.sleep(PAUSE_SECONDS)
        except Unavailable:
            pass  # the disaster; everything before it was acknowledged

    def _write(self, author: UUID, versions: dict[UUID, int], clock: SystemClock) -> None:
        body = str(self.random.random())
        with UnitOfWork(self.database, Keyring()) as work:
            if versions and self.random.random() < EDITED_SHARE:
                chosen, version = self.random.choice(list(versions.items()))
                changes: Changes = {"body": body}
                post = edit_post(work, post_id=chosen, author_id=author, version=version, changes=changes, clock=clock)
            else:
                pictures = DynamoMedia("none", settings.Region("us-east-1", ""))  # never asked: there are none
                post = create_post(work, pictures, author_id=author, body=body, city="Rosario", media=(), clock=clock)
            work.commit()
        self.log.append(Acknowledged(post.id, body, clock.now()))
        versions[post.id] = post.version
        if post.version >= MOST_VERSIONS:
            del versions[post.id]


def wrong(database: Database, log: list[Acknowledged], until: datetime) -> list[Acknowledged]:
    """What of the log is not in the database as it was said last by then, or is there though it was said later."""
    said: dict[UUID, Acknowledged] = {}
    later: dict[UUID, Acknowledged] = {}
    for one in log:
        (said if one.at <= until else later)[one.post_id] = one
    with UnitOfWork(database, Keyring()) as work:
        lost = [one for one in said.values() if _body(work, one.post_id) != one.body]
        early = [one for one in later.values() if one.post_id not in said and _body(work, one.post_id) is not None]
    return lost + early


def first_lost(database: Database, log: list[Acknowledged]) -> Acknowledged | None:
    """The earliest that was acknowledged and is not there, neither as it was said nor as it was edited after."""
    bodies: dict[UUID, list[str]] = {}
    for one in log:
        bodies.setdefault(one.post_id, []).append(one.body)
    with UnitOfWork(database, Keyring()) as work:
        for one in log:
            known = bodies[one.post_id]
            there = _body(work, one.post_id)
            if there is None or known.index(there) < known.index(one.body):
                return one
    return None


def _body(work: UnitOfWork, post_id: UUID) -> str | None:
    try:
        return get_post(work, post_id, None).body
    except NotFound:
        return None
