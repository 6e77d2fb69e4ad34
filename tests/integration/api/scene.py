"""A small community in which each route has something to act on, and everybody of the access matrix stands ready.

The *owner* made one of everything. The paths and bodies of the API's description name those things: the ids of its
examples are replaced by the scene's. Every text the owner wrote carries MARKER. What is asked is rolled back.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from functions.api.openapi import Operation, describe
from functions.api.schemas import examples
from functions.api.schemas.registration_examples import SETTINGS
from functions.api.schemas.registrations import RegistrationSettings
from mundotango import ids
from mundotango.attendance.service import answer
from mundotango.bootstrap import Platform
from mundotango.guests.model import Guest
from mundotango.links import token_hash
from mundotango.media.model import Media
from mundotango.media.policy import review_day
from mundotango.registrations import deciding
from mundotango.registrations.codes import code_of
from mundotango.registrations.model import Chosen, Dancer, Limits, Settings
from mundotango.registrations.service import register
from mundotango.users.model import User
from mundotango.webpush.policy import MOST_DEVICES
from mundotango.work import UnitOfWork
from tests.factories.devices import make_device
from tests.factories.media import ready_media
from tests.factories.people import make_event, make_post, make_user
from tests.fixtures.gateway import Answer, Gateway, fake_platform
from tests.fixtures.postgres import RolledBackDatabase

MARKER = "quebradita"
MODERATORS = ("moderators",)
FORM = "application/x-www-form-urlencoded"
# What a route asks for by its rules, though its schema can do without.
ASKED_FOR = frozenset({"if-match", "latitude", "longitude", "q"})


@dataclass(frozen=True, slots=True)
class People:
    """Of the access matrix, and one whom the owner did not block but who blocked the owner."""

    owner: User
    stranger: User
    blocked: User
    moderator: User
    suspended: User
    blocker: User


class Scene:
    """`make_platform` is asked for the stores of each request: by default fakes that nothing was written to."""

    def __init__(self, connection: Connection, make_platform: Callable[[], Platform] = fake_platform) -> None:
        self._connection, self._make_platform = connection, make_platform
        self.platform = make_platform()
        self.platform.database = RolledBackDatabase(connection)
        self.gateway = Gateway(self.platform)
        self.description = describe()
        with self.platform.unit_of_work() as work:
            self.people = _people(work, self.platform)
            self.picture = ready_media(owner_id=self.people.owner.id)
            self.device = make_device(self.people.owner.id)
            self.attached = ready_media(owner_id=self.people.owner.id, purpose="message")
            self._owned = _things(work, self.platform, self.people.owner, self.picture)
            self._elsewhere = _things(work, self.platform, self.people.stranger, self.picture)
            for things, organiser in ((self._owned, self.people.owner), (self._elsewhere, self.people.stranger)):
                things.update(_registered(work, self.platform, things, organiser, self.people.owner))
        with connection.transaction():
            self._estrange()
            self._owned |= self._written_below(self._owned, self.people.owner)
            self._elsewhere |= self._written_below(self._elsewhere, self.people.owner)
            people = self.people
            self._owned[examples.DEVICE_ID] = str(self.device.id)
            self._owned |= self._reported() | self._drafted() | self._exported()
            self._owned |= self._said(people.owner, people.stranger)
            self._elsewhere |= self._said(people.owner, people.stranger, people.blocked, people.blocker)

    def answer(self, operation: Operation, who: str, *, elsewhere: bool = False) -> Answer:
        """What the person is answered to the example of the description. Whatever it did is undone."""
        with self.undone():
            self.forget()
            return self.act(operation, who, elsewhere=elsewhere)

    def act(self, operation: Operation, who: str, *, elsewhere: bool = False, **sent: Any) -> Answer:
        """Likewise, and what it did stays until the block ends. What is `sent` stands in for the example's."""
        return self.gateway.call(
            operation.method,
            operation.path.format(**self.path_parameters(operation, elsewhere=elsewhere)),
            user=None if who == "anonymous" else getattr(self.people, who).id,
            groups=MODERATORS if who == "moderator" else (),
            **self._sent(operation) | sent,
        )

    def ask(self, method: str, path: str, **sent: Any) -> Answer:
        """Whatever it did is undone."""
        with self._connection.transaction(force_rollback=True):
            self.forget()
            return self.gateway.call(method, path, **sent)

    @contextmanager
    def undone(self) -> Iterator[Connection]:
        """What is set on the connection holds for what is asked in the block."""
        with self._connection.transaction(force_rollback=True):
            yield self._connection

    def described(self, operation: Operation) -> dict[str, Any]:
        found: dict[str, Any] = self.description["paths"][operation.path][operation.method.lower()]
        return found

    def path_parameters(self, operation: Operation, *, elsewhere: bool = False) -> dict[str, str]:
        values = {}
        for parameter in self.described(operation).get("parameters", []):
            if parameter["in"] == "path":
                values[parameter["name"]] = self.here(parameter["example"], elsewhere=elsewhere)
                assert values[parameter["name"]] != parameter["example"], f"the scene has no {parameter['name']}"
        return values

    def here(self, example: Any, *, elsewhere: bool = False) -> Any:
        """An example of the description with the scene's own ids in it."""
        if isinstance(example, dict):
            return {name: self.here(value, elsewhere=elsewhere) for name, value in example.items()}
        if isinstance(example, list):
            return [self.here(value, elsewhere=elsewhere) for value in example]
        known = self._owned | (self._elsewhere if elsewhere else {})
        return known.get(example, example) if isinstance(example, str) else example

    def close(self) -> None:
        self.gateway.close()

    def _sent(self, operation: Operation) -> dict[str, Any]:
        """What has to be sent beside the path, and the body."""
        described = self.described(operation)
        sent: dict[str, Any] = {"query": {}, "headers": {}}
        for parameter in described.get("parameters", []):
            asked_for = parameter["required"] or parameter["name"] in ASKED_FOR
            if asked_for and parameter["in"] in {"query", "header"}:
                place = "query" if parameter["in"] == "query" else "headers"
                sent[place][parameter["name"]] = self.here(parameter["example"])
        body = self.body(operation)
        if body is None:
            return sent
        if self._is_form(operation):
            return sent | {"body": urlencode(body), "headers": sent["headers"] | {"content-type": FORM}}
        return sent | {"json": body}

    def body(self, operation: Operation) -> Any | None:
        described = self.described(operation).get("requestBody")
        if not described:
            return None
        (content,) = described["content"].values()
        return self.here(content["example"])

    def _is_form(self, operation: Operation) -> bool:
        return FORM in self.described(operation)["requestBody"]["content"]

    def forget(self) -> None:
        """Stores as they were."""
        vars(self.platform).update(vars(self._make_platform()))
        media = self.platform.media
        for picture in (self.picture, self.attached):
            if picture.measures and media.find(picture.media_id) is None:
                media.add(replace(picture, status="pending", measures=None))
                media.mark_ready(picture.media_id, picture.measures, review_day(self.platform.clock.now()))
        self.platform.devices.put(self.device, limit=MOST_DEVICES)

    def _estrange(self) -> None:
        """Blocks between people of whom one still follows the other: it is the block that counts."""
        owner, at = self.people.owner.id, self.platform.clock.now()
        for reader in (self.people.blocked, self.people.blocker):
            self._connection.execute("INSERT INTO follows VALUES (%s, %s, %s)", (reader.id, owner, at))
        for blocker, blocked in ((owner, self.people.blocked.id), (self.people.blocker.id, owner)):
            self._connection.execute("INSERT INTO blocks VALUES (%s, %s, %s)", (blocker, blocked, at))
        self._connection.execute("INSERT INTO follows VALUES (%s, %s, %s)", (owner, self.people.stranger.id, at))
        self._connection.execute("UPDATE users SET suspended_at = %s WHERE id = %s", (at, self.people.suspended.id))

    def _written_below(self, things: Mapping[str, str], author: User) -> dict[str, str]:
        comment_id = ids.new_id()
        self._connection.execute(
            "INSERT INTO comments (id, post_id, user_id, body, created_at) VALUES (%s, %s, %s, %s, %s)",
            (comment_id, things[examples.POST_ID], author.id, f"¡Qué {MARKER}!", self.platform.clock.now()),
        )
        return {examples.COMMENT_ID: str(comment_id)}

    def _said(self, author: User, *others: User) -> dict[str, str]:
        """In a group of their own."""
        conversation_id, message_id, nothing = ids.new_id(), ids.new_id(), UUID(int=0)
        at = self.platform.clock.now()
        self._connection.execute(
            "INSERT INTO conversations (id, kind, created_at, latest_id) VALUES (%s, 'group', %s, %s)",
            (conversation_id, at, message_id),
        )
        self._connection.cursor().executemany(
            "INSERT INTO conversation_members VALUES (%s, %s, 'active', %s, %s, %s, %s, %s)",
            [(conversation_id, one.id, at, nothing, nothing, message_id, at) for one in (author, *others)],
        )
        self._connection.execute(
            "INSERT INTO messages (id, conversation_id, user_id, text, created_at) VALUES (%s, %s, %s, %s, %s)",
            (message_id, conversation_id, author.id, f"¡Qué {MARKER}!", at),
        )
        return {
            examples.CONVERSATION_ID: str(conversation_id),
            examples.MESSAGE_ID: str(message_id),
            examples.ATTACHED_ID: str(self.attached.media_id),
        }

    def _reported(self) -> dict[str, str]:
        report_id = ids.new_id()
        self._connection.execute(
            """
            INSERT INTO reports (id, reporter_id, target_kind, target_id, reason, note, created_at)
            VALUES (%s, %s, 'post', %s, 'spam', '', %s)
            """,
            (report_id, self.people.stranger.id, self._owned[examples.POST_ID], self.platform.clock.now()),
        )
        return {examples.REPORT_ID: str(report_id)}

    def _drafted(self) -> dict[str, str]:
        draft_id = ids.new_id()
        content: dict[str, Any] = {
            "body": MARKER,
            "city": "",
            "media": [],
            "visibility": "public",
            "language": "",
            "event_id": None,
        }
        self._connection.execute(
            "INSERT INTO drafts (id, user_id, content, updated_at) VALUES (%s, %s, %s, %s)",
            (draft_id, self.people.owner.id, Jsonb(content), self.platform.clock.now()),
        )
        return {examples.DRAFT_ID: str(draft_id)}

    def _exported(self) -> dict[str, str]:
        """Long enough ago for another to be asked for."""
        token, now = ids.new_secret(), self.platform.clock.now()
        self._connection.execute(
            """
            INSERT INTO exports (id, user_id, state, object_key, token_hash, requested_at, ready_at, expires_at)
            VALUES (%s, %s, 'ready', 'exports/one.zip', %s, %s, %s, %s)
            """,
            (
                ids.new_id(),
                self.people.owner.id,
                sha256(token.encode()).hexdigest(),
                now - timedelta(days=2),
                now - timedelta(days=2),
                now + timedelta(days=5),
            ),
        )
        self._digested(token)
        self._guested(token)
        self._subscribed(token)
        return {examples.TOKEN: token}

    def _subscribed(self, token: str) -> None:
        """A calendar's address has it too."""
        self._connection.execute(
            "INSERT INTO calendar_feeds (user_id, token_hash, created_at) VALUES (%s, %s, %s)",
            (self.people.owner.id, sha256(token.encode()).hexdigest(), self.platform.clock.now()),
        )

    def _digested(self, token: str) -> None:
        """A mail whose link has the same token: the description has one for all links."""
        self._connection.execute(
            """
            INSERT INTO digests_sent (id, user_id, period, at, up_to, token_hash)
            VALUES (%s, %s, '2026-11-23', %s, '', %s)
            """,
            (ids.new_id(), self.people.owner.id, self.platform.clock.now(), sha256(token.encode()).hexdigest()),
        )

    def _guested(self, token: str) -> None:
        """Somebody without an account was mailed a link to register for another event of the owner's."""
        clock = self.platform.clock
        with self.platform.unit_of_work() as work:
            dated = make_event(work, clock, self.people.owner.id, title="Práctica", venue_name="Salón de la práctica")
            now, guest_id = clock.now(), ids.new_id()
            work.registrations.choose(dated.event.id, Chosen(Settings(Limits(), timedelta(days=1))), now)
            work.guests.ask(
                Guest(
                    id=guest_id, occurrence_id=dated.occurrence.id, email="ana@example.org", name="Ana", language="es",
                    created_at=now, confirmed_at=None, kept_until=now + timedelta(days=7),
                )
            )  # fmt: skip
            work.guests.add_links([(token_hash(token), guest_id)], now)


def _people(work: UnitOfWork, platform: Platform) -> People:
    made = {}
    for name in (field.name for field in fields(People)):
        made[name] = make_user(work, platform.clock, handle=f"the_{name}", bio=MARKER if name == "owner" else "")
    return People(**made)


def _things(work: UnitOfWork, platform: Platform, owner: User, picture: Media) -> dict[str, str]:
    """One of each, by the id it has in the examples."""
    text = MARKER if owner.handle == "the_owner" else "milonguita"
    post = make_post(work, platform.clock, owner.id, body=f"Una #{text} para todos")
    event = make_event(work, platform.clock, owner.id, title=f"La {text}", rule="FREQ=WEEKLY;COUNT=3")
    found: dict[str, UUID | str] = {
        examples.HANDLE: owner.handle,
        examples.USER_ID: owner.id,
        examples.POST_ID: post.id,
        examples.PARAMETERS["tag"]: text,
        examples.EVENT_ID: event.event.id,
        examples.OCCURRENCE_ID: event.occurrence.id,
        examples.VENUE_ID: event.venue.id,
        examples.PARAMETERS["original_start"]: event.occurrence.original.isoformat(),
        examples.MEDIA_ID: picture.media_id,
        examples.PARAMETERS["city_name"]: event.venue.city,
    }
    return {example: str(value) for example, value in found.items()}


def _registered(
    work: UnitOfWork, platform: Platform, things: Mapping[str, str], organiser: User, dancer: User
) -> dict[str, str]:
    """The dancer has a place at the event, which takes registrations, and had only been interested before."""
    event_id, occurrence_id = UUID(things[examples.EVENT_ID]), UUID(things[examples.OCCURRENCE_ID])
    clock = platform.clock
    chosen = RegistrationSettings(**SETTINGS).chosen()
    deciding.change_settings(work, event_id=event_id, editor_id=organiser.id, chosen=chosen, clock=clock)
    answer(work, occurrence_id=occurrence_id, user_id=dancer.id, answer="interested", hidden=False, clock=clock)
    entry = register(
        work,
        occurrence_id=occurrence_id,
        by=dancer.id,
        dancers=[Dancer(dancer.id, "both")],
        answers=[MARKER],
        clock=clock,
    )
    return {examples.REGISTRATION_ID: str(entry.id), examples.CHECK_IN_CODE: code_of(work, entry.id)}
