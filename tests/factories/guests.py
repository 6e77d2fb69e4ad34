"""An event that guests come to, and the mails that they are written."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from mundotango.bootstrap import Platform
from mundotango.mail.model import Mail, mail_from
from mundotango.registrations.model import Chosen, Entry, Limits, Settings, State
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fixtures.gateway import Answer, Gateway

EMAIL = "ana@example.org"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Ball:
    """A milonga in ten days. Requests come from `viewer`."""

    gateway: Gateway
    clock: FakeClock
    commands: FakeCommands
    organiser_id: UUID
    event_id: UUID
    occurrence_id: UUID
    viewer: str = "203.0.113.7"
    _seen: set[str] = field(default_factory=set)

    @property
    def platform(self) -> Platform:
        return self.gateway.platform

    def ask(self, email: str = EMAIL, **chosen: Any) -> Answer:
        said = {"occurrence_id": str(self.occurrence_id), "email": email, "name": "Ana", "language": "es"}
        return self.gateway.post("/api/public/guests", json=said | chosen, source=self.viewer)

    def mails(self) -> list[Mail]:
        """Those that were written since this was last asked, the oldest first."""
        fresh = [
            command
            for key, command in self.commands.rows.items()
            if key not in self._seen and command.kind == "send_mail"
        ]
        self._seen |= self.commands.rows.keys()
        return [mail_from(command.payload) for command in sorted(fresh, key=lambda command: command.version)]

    def link(self, email: str = EMAIL) -> str:
        """That of the mail which is written to who asks for one."""
        answer = self.ask(email)
        assert answer.status == 202, answer.text
        (mail,) = self.mails()
        assert mail.address == email
        return str(mail.values["link"])

    def send(self, link: str, act: str, **fields: Any) -> Answer:
        return self.gateway.post(link, body=urlencode({"act": act} | fields, doseq=True), headers=FORM)

    def registered(self, email: str = EMAIL, role: str = "follower", **fields: Any) -> str:
        """The link of somebody who has registered."""
        link = self.link(email)
        answer = self.send(link, "register", name=fields.pop("name", "Ana"), role=role, **fields)
        assert answer.status == 303, answer.text
        return link

    def entries(self) -> list[Entry]:
        with self.platform.unit_of_work() as work:
            return work.registrations.list_of(self.occurrence_id, get_args(State), after=0, limit=100)

    def choose(self, *questions: str, **settings: Any) -> None:
        limits = Limits(settings.pop("capacity", None))
        chosen = Chosen(Settings(limits, **{"offered_for": timedelta(days=1)} | settings), questions)
        with self.platform.unit_of_work() as work:
            work.registrations.choose(self.event_id, chosen, self.clock.now())

    def rows(self, table: str) -> int:
        with self.platform.database.transaction() as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])


def make_ball(gateway: Gateway, **chosen: Any) -> Ball:
    platform = gateway.platform
    clock, commands = FakeClock(), FakeCommands()
    platform.clock, platform.commands = clock, commands
    with platform.unit_of_work() as work:
        organiser_id = make_user(work, clock).id
        starts_at = clock.now() + timedelta(days=10)
        dated = make_event(work, clock, organiser_id, **{"starts_at": starts_at} | chosen)
    ball = Ball(gateway, clock, commands, organiser_id, dated.event.id, dated.occurrence.id)
    ball.choose()
    return ball
