from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mundotango import ids, settings
from mundotango.adapters.postgres import Database
from mundotango.errors import AlreadyDone
from mundotango.pagination import Keyring
from mundotango.requests.service import LIFE, find_done, forget_keys, note_done
from mundotango.work import UnitOfWork
from tests.fakes.clock import FakeClock

SOMEBODY = ids.new_id()


def note(work: UnitOfWork, clock: FakeClock, key: bytes = b"key") -> None:
    note_done(work, SOMEBODY, key, b"body", "/api/posts/1", clock)


def test_keys_are_forgotten_a_day_later(work: UnitOfWork, clock: FakeClock) -> None:
    note(work, clock)
    clock.advance(timedelta(minutes=1))
    note(work, clock, b"later")
    clock.advance(LIFE)

    assert (forget_keys(work, clock), forget_keys(work, clock)) == (1, 0)
    assert find_done(work, SOMEBODY, b"key", b"body", clock) is None
    known = find_done(work, SOMEBODY, b"later", b"body", clock)
    assert known is not None
    assert known.location == "/api/posts/1"


def test_of_two_at_once_the_second_is_undone(
    real_database: Database, database_settings: settings.Database, clock: FakeClock
) -> None:
    """Both took themselves for the first: the one that comes second waits for the first's commit, and sees it."""
    other = Database(database_settings, "eu-west-1", password=lambda: "trusted")

    def second() -> None:
        with UnitOfWork(other, Keyring()) as work:
            note(work, clock)
            work.commit()

    with ThreadPoolExecutor(1) as pool, UnitOfWork(real_database, Keyring()) as first:
        note(first, clock)
        waiting = pool.submit(second)
        with pytest.raises(TimeoutError):
            waiting.result(0.1)
        first.commit()
        with pytest.raises(AlreadyDone):
            waiting.result(5)
    other.close()
