"""Rows in the outbox, and stores that cannot take them."""

from typing import Any
from uuid import UUID

import pytest

from mundotango.bootstrap import Platform
from mundotango.errors import Unavailable
from mundotango.users.model import User
from tests.factories.people import make_post
from tests.fakes.clock import FakeClock


def ample() -> float:
    """More seconds than any job needs."""
    return 300.0


def post_by(community: Platform, author: User, clock: FakeClock, body: str = "Tonight!") -> UUID:
    with community.unit_of_work() as work:
        return make_post(work, clock, author.id, body=body).id


def waiting(community: Platform) -> int:
    with community.database.transaction() as connection:
        (count,) = connection.execute("SELECT count(*) FROM outbox WHERE relayed_at IS NULL").fetchone() or (0,)
    return int(count)


def fail(store: object, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the real one does when DynamoDB does not answer."""

    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("the table does not answer; try again")

    monkeypatch.setattr(store, method, away)
