"""The copy of what people do not want pushed is made right again, while they change their minds."""

from uuid import UUID

import pytest

from mundotango import settings
from mundotango.bootstrap import Platform
from mundotango.notifications.model import NotificationKind
from mundotango.notifications.repository import NotificationPreferenceRepository
from mundotango.notifications.service import change_preferences
from mundotango.realtime.rebuild import rebuild_edges
from mundotango.users.model import User
from mundotango.webpush.model import Wishes
from mundotango.work import UnitOfWork
from tests.factories.outbox import ample
from tests.factories.people import make_user
from tests.fakes.clock import FakeClock
from tests.fakes.devices import FakeDevices
from tests.fakes.realtime import FakeEdges
from tests.integration.outbox.beside import acting_beside, held, in_the_middle


def test_a_rebuild_knows_what_is_not_pushed_and_in_which_language(
    community: Platform, clock: FakeClock, author: User, reader: User, devices: FakeDevices
) -> None:
    with community.unit_of_work() as work:
        speaker = make_user(work, clock, languages=["es"])
        _turn_off(work, reader.id, "like", clock)
    assert rebuild_edges(community, ample)["corrected"] == 0
    devices.wanted = {author.id: (0, Wishes(off=frozenset({"reply"})))}

    assert rebuild_edges(community, ample) == {"done": True, "corrected": 3}

    wishes = [devices.wishes(each.id) for each in (author, speaker, reader)]
    assert wishes == [Wishes(), Wishes(language="es"), Wishes(off=frozenset({"like"}))]
    assert rebuild_edges(community, ample)["corrected"] == 0


def test_who_turns_something_off_during_a_rebuild_has_done_so(
    community: Platform, clock: FakeClock, reader: User, devices: FakeDevices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the copy and the look at the database."""
    devices.wanted = {reader.id: (0, Wishes(language="es"))}

    def turn_off() -> None:
        with community.unit_of_work() as work:
            _turn_off(work, reader.id, "like", clock)

    with in_the_middle(devices, "wishes", monkeypatch, turn_off):
        rebuild_edges(community, ample)

    assert devices.wishes(reader.id) == Wishes(off=frozenset({"like"}))


def test_who_turns_something_off_while_a_rebuild_holds_them_has_done_so(
    community: Platform,
    clock: FakeClock,
    reader: User,
    edges: FakeEdges,
    devices: FakeDevices,
    database_settings: settings.Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the look at the database and the announcement of what is there."""
    devices.wanted = {reader.id: (0, Wishes(language="es"))}
    with (
        acting_beside(community, edges, database_settings) as other,
        held(
            NotificationPreferenceRepository,
            monkeypatch,
            other,
            lambda work: _turn_off(work, reader.id, "like", clock),
            "of",
        ),
    ):
        rebuild_edges(community, ample)
    assert devices.wishes(reader.id) == Wishes(off=frozenset({"like"}))


def _turn_off(work: UnitOfWork, user_id: UUID, kind: NotificationKind, clock: FakeClock) -> None:
    change_preferences(work, user_id, {kind: {"push": False}}, digest="never", language="en", zone="UTC", clock=clock)
