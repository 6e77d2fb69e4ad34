"""What is found by its words: in two languages, however accented, also spelt wrong."""

from datetime import timedelta
from typing import Any

import pytest

from mundotango.adapters.postgres import Database
from mundotango.agenda import policy, service
from mundotango.agenda import repository as storage
from mundotango.events.model import Dated, Part, Text
from mundotango.events.service import edit_event
from mundotango.moderation.service import suspend
from mundotango.users.model import User
from mundotango.users.service import update_profile
from mundotango.venues.service import edit_venue
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.fakes.clock import FakeClock
from tests.fakes.media import FakeMedia
from tests.integration.agenda.asking import found, titles

WEEK = timedelta(weeks=1)


@pytest.fixture
def organiser(work: UnitOfWork, clock: FakeClock) -> User:
    return make_user(work, clock)


@pytest.fixture
def gricel(work: UnitOfWork, clock: FakeClock, organiser: User) -> Dated:
    """And another, which is found by none of its words."""
    make_event(work, clock, organiser.id, title="Otra cosa", kind="concert", venue_name="Teatro", city="Rosario")
    dj = make_user(work, clock, handle="el_zorro", display_name="Zoë Ñañez")
    return make_event(
        work,
        clock,
        organiser.id,
        title="Milongas del corazón",
        description="Clases para bailarines con orquesta típica.",
        translations=[Text("en", "Milongas of the heart", "Workshops for dancers, dancing all night.")],
        venue_name="Club Gricel",
        city="São Paulo",
        country="BR",
        people=[Part("orchestra", None, "Orquesta D'Arienzo"), Part("dj", dj.id, "")],
        tags=["golden age"],
        rule="FREQ=WEEKLY;COUNT=3",
    )


@pytest.mark.parametrize(
    "q",
    [
        "corazón", "CORAZON", "milonga", "milongas del corazon", "corazones",  # stems of Spanish
        "heart", "hearts", "dance", "dancers dancing", "workshop",  # and of English
        "bailarín", "bailarines", "tipica", "clase",
        "gricel", "club gricel", "sao paulo", "paulo SÃO",
        "d'arienzo", "arienzo", "Zoe", "nanez", "el_zorro", "golden age",
        "milonga en sao paulo", "the heart of the milonga", "corazón heart gricel",
        "corazom", "miloga", "grisel", "oruqesta", "darienzo gricel", "milonga griccel",  # spelt wrong
        "milogna", "mlionga gircel",
    ],
)  # fmt: skip
@pytest.mark.parametrize("frequent", [False, True])
def test_it_is_found(
    work: UnitOfWork, clock: FakeClock, gricel: Dated, q: str, frequent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its words are in few events or in many."""
    if frequent:
        monkeypatch.setattr(storage, "FEW_EVENTS", 0)
        monkeypatch.setattr(storage, "SOME_EVENTS", 0 if q < "g" else 3000)

    assert titles(work, clock, q=q) == ["Milongas del corazón"]
    assert titles(work, clock, q=q, sort="start") == ["Milongas del corazón"] * 3
    assert titles(work, clock, q=q, city="São Paulo") == ["Milongas del corazón"]
    assert titles(work, clock, q=q, city="Rosario") == []


@pytest.mark.parametrize("q", ["tulipán", "gricel rosario", "xyzzy", "milonga xyzzy", "a", "北京", "танго", "12"])
def test_what_is_not_there_is_not_found(work: UnitOfWork, clock: FakeClock, gricel: Dated, q: str) -> None:
    assert titles(work, clock, q=q) == []


@pytest.mark.parametrize("few", [500, 0])
def test_what_fits_best_comes_first_and_each_event_once(
    work: UnitOfWork, clock: FakeClock, organiser: User, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "FEW_EVENTS", few)
    soon = clock.now() + timedelta(hours=1)

    def at(title: str, days: int, **said: Any) -> None:
        starts_at = soon + timedelta(days=days)
        make_event(work, clock, organiser.id, title=title, starts_at=starts_at, **said)

    at("In passing", 0, description="We also speak of Malena, among many others.", ends_at=soon + WEEK)
    at("Malena", 3, rule="FREQ=DAILY;COUNT=5", ends_at=soon + timedelta(days=3, hours=2))
    at("Elsewhere", 1, venue_name="Salón Malena", ends_at=soon + timedelta(days=2))
    at("Malena", 2, ends_at=soon + timedelta(days=2, hours=3))

    everything = found(work, clock, size=1, q="malena")

    assert [each.event.title for each in everything] == ["Malena", "Malena", "Elsewhere", "In passing"]
    assert everything[0].occurrence.starts_at < everything[1].occurrence.starts_at
    assert titles(work, clock, q="malena", sort="start")[:3] == ["In passing", "Elsewhere", "Malena"]


def test_pages_by_rank_are_of_the_moment_of_the_first(work: UnitOfWork, clock: FakeClock, organiser: User) -> None:
    for number in range(4):
        make_event(work, clock, organiser.id, title=f"Malena {number}", rule="FREQ=DAILY;COUNT=3")
    query = policy.query(q="malena")
    first = service.list_events(work, query, limit=2, clock=clock)
    clock.advance(timedelta(days=1))
    second = service.list_events(work, query, cursor=first.next_cursor, limit=2, clock=clock)

    assert len({each.event.id for each in first.items + second.items}) == 4


def test_what_was_is_found_in_the_past(work: UnitOfWork, database: Database, clock: FakeClock, gricel: Dated) -> None:
    clock.advance(10 * WEEK)
    assert titles(work, clock, q="gricel") == []
    assert work.documents.set_apart([gricel.event.id], clock.now() - timedelta(days=2)) == 1

    assert titles(work, clock, q="gricel") == []
    assert titles(work, clock, q="gricel", from_="2026-11-01T00:00:00Z") == ["Milongas del corazón"]
    assert titles(work, clock, q="gricel", sort="start", from_="2026-11-01T00:00:00Z") == ["Milongas del corazón"] * 3


def edited(work: UnitOfWork, clock: FakeClock, organiser: User, event: Dated, **said: Any) -> None:
    changes: Any = said
    edit_event(
        work,
        event_id=event.event.id,
        editor_id=organiser.id,
        version=1,
        changes=changes,
        measures={},
        clock=clock,
    )


def test_an_edit_changes_what_it_is_found_by(
    work: UnitOfWork, clock: FakeClock, organiser: User, gricel: Dated
) -> None:
    edited(work, clock, organiser, gricel, title="Noches de luna")

    assert titles(work, clock, q="luna") == ["Noches de luna"]
    assert titles(work, clock, q="corazon") == []


def test_an_event_that_was_over_and_takes_place_again_is_found(
    work: UnitOfWork, clock: FakeClock, organiser: User
) -> None:
    event = make_event(work, clock, organiser.id, title="Una vez")
    clock.advance(10 * WEEK)
    work.documents.set_apart([event.event.id], clock.now())
    starts_at = clock.now() + timedelta(days=1)
    edited(work, clock, organiser, event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))

    assert titles(work, clock, q="vez") == ["Una vez"]


def test_a_venue_that_is_renamed_is_found_by_its_name(work: UnitOfWork, clock: FakeClock, gricel: Dated) -> None:
    changes: Any = {"name": "Salón Canning", "city": "Quito"}
    edit_venue(
        work, venue_id=gricel.venue.id, user_id=gricel.event.organiser_id, moderator=True, version=1, changes=changes,
        clock=clock,
    )  # fmt: skip

    assert titles(work, clock, q="canning quito") == ["Milongas del corazón"]
    assert titles(work, clock, q="gricel") == []


def test_people_are_found_by_the_names_they_have_now_and_while_everybody_may_see_them(
    work: UnitOfWork, clock: FakeClock, organiser: User, gricel: Dated
) -> None:
    dj = next(part.user_id for part in gricel.event.people if part.role == "dj")
    assert dj is not None
    update_profile(work, FakeMedia(), dj, {"display_name": "Homero"}, expected_version=None, clock=clock)
    assert titles(work, clock, q="homero") == ["Milongas del corazón"]
    assert titles(work, clock, q="nanez") == []

    suspend(work, organiser.id, "el_zorro", "spam", clock)

    assert titles(work, clock, q="homero") == []
    assert titles(work, clock, q="gricel") == ["Milongas del corazón"]


def test_a_hidden_profile_gives_no_name(work: UnitOfWork, clock: FakeClock, organiser: User) -> None:
    hidden = make_user(work, clock, display_name="Evaristo", visibility="members")
    make_event(work, clock, organiser.id, people=[Part("teacher", hidden.id, "")])

    assert titles(work, clock, q="evaristo") == []


@pytest.mark.parametrize(
    ("said", "q"),
    [
        ("Milongas", "milonga"), ("canciones", "Canción"), ("bailando", "bailar"), ("las orquestas", "orquesta"),
        ("dancing", "dance"), ("workshops", "workshop"), ("nights of tango", "night"),
        ("dj tango4life", "tango4life"), ("los 80es", "80es"),  # what has digits in it has no stem
    ],
)  # fmt: skip
def test_stems_alone_do_it(database: Database, said: str, q: str) -> None:
    """Where no word is known that it could be set right by."""
    with database.transaction() as connection:
        found = connection.execute("SELECT stems_of(plain_words(%s)) @@ words_asked(%s)", (said, q)).fetchone()

    assert found == (True,)
