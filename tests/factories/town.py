"""A town whose people have inboxes, and the digests that are written to them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mundotango import ids
from mundotango.bootstrap import Platform
from mundotango.commands.model import Command
from mundotango.digests import sending
from mundotango.notifications.model import Notification, NotificationKind, NotificationPreferences
from mundotango.realtime.policy import position_at
from mundotango.users.model import User
from tests.factories.people import make_post, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands
from tests.fakes.notifications import FakeInbox

BUENOS_AIRES, BERLIN = ZoneInfo("America/Argentina/Buenos_Aires"), ZoneInfo("Europe/Berlin")
# A Monday.
MORNING = datetime(2026, 11, 30, 9, 5, tzinfo=BUENOS_AIRES)


def ample() -> float:
    return 300.0


@dataclass
class Town:
    platform: Platform
    clock: FakeClock
    inbox: FakeInbox
    commands: FakeCommands

    def at(self, moment: datetime) -> None:
        self.clock.advance(moment - self.clock.now())

    def join(self, zone: ZoneInfo = BUENOS_AIRES, **chosen: Any) -> User:
        with self.platform.unit_of_work() as work:
            user = make_user(work, self.clock)
            wanted = NotificationPreferences(**{"digest": "daily", "language": "es", "zone": zone.key} | chosen)
            work.notification_preferences.replace(user.id, wanted, self.clock.now())
        return user

    def tell(self, user: User, kind: NotificationKind = "mention", actors: int = 1) -> Notification:
        """Something of a minute ago."""
        with self.platform.unit_of_work() as work:
            people = [make_user(work, self.clock).id for _ in range(actors)]
            post = make_post(work, self.clock, user.id)
        at = self.clock.now() - timedelta(minutes=1)
        item = Notification(
            user_id=user.id, group=str(ids.new_id()), kind=kind, subject={"post_id": str(post.id)}, version=1,
            position=position_at(at + timedelta(milliseconds=len(self.inbox.items))), at=at,
            actors={actor: number for number, actor in enumerate(people)},
        )  # fmt: skip
        assert self.inbox.put(item)
        return item

    def run(self, time_left: Callable[[], float] = ample) -> dict[str, object]:
        return sending.send_digests(self.platform, time_left)

    def written(self) -> list[Command]:
        return sorted(self.commands.rows.values(), key=lambda one: one.version)

    def written_to(self) -> list[UUID]:
        return [UUID(one.payload["user_id"]) for one in self.written()]
