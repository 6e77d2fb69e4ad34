"""People, their posts and their events, made through the platform's own use cases where a rule could be bypassed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from mundotango.events.model import Dated
from mundotango.events.said import Said
from mundotango.events.service import create_event
from mundotango.ids import new_id
from mundotango.ports import Clock, MediaRepository
from mundotango.posts.model import Post
from mundotango.posts.service import create_post
from mundotango.users.model import User
from mundotango.users.service import create_profile
from mundotango.work import UnitOfWork
from tests.fakes.media import FakeMedia

_numbers = count(1)


def make_user(work: UnitOfWork, clock: Clock, **chosen: Any) -> User:
    number = next(_numbers)
    given: dict[str, Any] = {
        "user_id": new_id(),
        "handle": f"dancer_{number}",
        "display_name": f"Dancer {number}",
        "city": "Buenos Aires",
        "bio": "",
    }
    return create_profile(work, **given | chosen, clock=clock)


def make_post(
    work: UnitOfWork,
    clock: Clock,
    author_id: UUID,
    *,
    body: str = "Who is at La Viruta tonight?",
    city: str = "Buenos Aires",
    media: Sequence[tuple[UUID, str]] = (),
    media_repo: MediaRepository | None = None,
) -> Post:
    repository = media_repo or FakeMedia()
    return create_post(work, repository, author_id=author_id, body=body, city=city, media=media, clock=clock)


def make_event(
    work: UnitOfWork, clock: Clock, organiser_id: UUID, *, media_repo: MediaRepository | None = None, **chosen: Any
) -> Dated:
    """A milonga of four hours that begins in an hour."""
    starts_at: datetime = chosen.get("starts_at", clock.now() + timedelta(hours=1))
    given: dict[str, Any] = {
        "title": "La Viruta",
        "description": "",
        "kind": "milonga",
        "city": "Buenos Aires",
        "country": "AR",
        "venue_name": "La Viruta",
        "address": "Armenia 1366",
        "latitude": -34.5889,
        "longitude": -58.4260,
        "zone": "America/Argentina/Buenos_Aires",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=4),
    }
    return create_event(
        work, media_repo or FakeMedia(), organiser_id=organiser_id, said=Said(**given | chosen), clock=clock
    )
