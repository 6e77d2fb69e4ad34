"""Each filter, alone and with others, and pages without gaps."""

from datetime import timedelta
from typing import Any

import pytest

from mundotango.adapters.postgres import Database
from mundotango.agenda import policy, service
from mundotango.agenda import repository as storage
from mundotango.errors import BadCursor
from mundotango.events.model import Dated, Part
from mundotango.moderation.service import restore, suspend
from mundotango.users.model import User
from mundotango.work import UnitOfWork
from tests.factories.people import make_event, make_user
from tests.fakes.clock import A_MONDAY_EVENING, FakeClock
from tests.integration.agenda.asking import found, titles

HOUR = timedelta(hours=1)
# Palermo and Boedo are 5 km apart, Montevideo is across the river, Suva west of the antimeridian and Apia east of it.
PALERMO: dict[str, Any] = {"latitude": -34.5889, "longitude": -58.4260, "venue_name": "Palermo"}
BOEDO: dict[str, Any] = {"latitude": -34.6309, "longitude": -58.4160, "venue_name": "Boedo"}
MONTEVIDEO: dict[str, Any] = {
    "latitude": -34.9059, "longitude": -56.1913, "venue_name": "Joventango", "city": "Montevideo", "country": "UY",
}  # fmt: skip
SUVA: dict[str, Any] = {
    "latitude": -18.1416, "longitude": 178.4419, "venue_name": "Suva", "city": "Suva", "country": "FJ",
}  # fmt: skip
APIA: dict[str, Any] = {
    "latitude": -13.8333, "longitude": -171.7667, "venue_name": "Apia", "city": "Apia", "country": "WS",
}  # fmt: skip


@pytest.fixture
def organiser(work: UnitOfWork, clock: FakeClock) -> User:
    return make_user(work, clock)


@pytest.fixture
def world(work: UnitOfWork, clock: FakeClock, organiser: User) -> dict[str, Dated]:
    def at(title: str, hours: int, place: dict[str, Any], **said: Any) -> Dated:
        return make_event(
            work, clock, organiser.id, title=title, starts_at=A_MONDAY_EVENING + hours * HOUR,
            ends_at=A_MONDAY_EVENING + (hours + 3) * HOUR, **place | said,
        )  # fmt: skip

    made = [
        at("near and late", 20, PALERMO, kind="practica", price=0),
        at("further and soon", 2, BOEDO, price=150_000, currency="ARS"),
        at("further and later", 30, BOEDO, kind="class", price=900_000, currency="ARS"),
        at("across the river", 3, MONTEVIDEO, price=500, currency="UYU"),
        at("west of the line", 4, SUVA),
        at("east of the line", 5, APIA, kind="festival"),
        at("over", -4, PALERMO),
    ]
    return {each.event.title: each for each in made}


HERE = "-34.589,-58.426"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"near": HERE}, ["further and soon", "near and late", "further and later"]),
        ({"near": HERE, "sort": "distance"}, ["near and late", "further and soon", "further and later"]),
        ({"near": HERE, "radius_km": 1}, ["near and late"]),
        (
            {"near": HERE, "radius_km": 300, "sort": "distance"},
            ["near and late", "further and soon", "further and later", "across the river"],
        ),
        ({"near": "-16,-179", "radius_km": 0.5}, []),
        ({"near": "-18,-180", "radius_km": 500}, ["west of the line"]),
        ({"country": "uy"}, ["across the river"]),
        ({"kind": ["class", "practica"]}, ["near and late", "further and later"]),
        ({"kind": ["festival"], "country": "AR"}, []),
        ({"free": True}, ["near and late"]),
        ({"price_max": 200_000, "currency": "ARS"}, ["further and soon", "near and late"]),
        ({"price_max": 499, "currency": "UYU"}, ["near and late"]),
        ({"bbox": "-60,-36,-57,-34"}, ["further and soon", "near and late", "further and later"]),
        ({"bbox": "170,-30,-160,0"}, ["west of the line", "east of the line"]),
        ({"bbox": "170,-30,180,0"}, ["west of the line"]),
        ({"bbox": "-180,-30,-160,0"}, ["east of the line"]),
        ({"bbox": "-160,-30,170,0"}, []),
        ({"bbox": "-60,-36,-50,-34", "near": HERE, "sort": "distance", "kind": ["class"]}, ["further and later"]),
        ({"city": "montevideo", "near": HERE, "radius_km": 500}, ["across the river"]),
        (
            {"from_": "2026-11-25", "to": "2026-11-25", "zone": "Pacific/Auckland"},
            ["near and late", "further and later"],
        ),
        ({"from_": "2026-11-25", "to": "2026-11-25", "zone": "Pacific/Pago_Pago"}, []),
        ({"to": A_MONDAY_EVENING + 3 * HOUR}, ["further and soon"]),
    ],
)
@pytest.mark.parametrize("venues", ["apart", "few", "many"])
def test_what_is_asked_for_is_found(
    work: UnitOfWork,
    clock: FakeClock,
    world: dict[str, Dated],
    asked: dict[str, Any],
    wanted: list[str],
    venues: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether the venues of the region are asked one by one, known, or too many to be."""
    monkeypatch.setattr(storage, "MOST_APART", 50 if venues == "apart" else -1)
    monkeypatch.setattr(storage, "MOST_VENUES", -1 if venues == "many" else 400)

    assert titles(work, clock, **asked) == wanted


def test_by_distance_what_is_at_one_place_comes_by_time_through_all_pages(
    work: UnitOfWork, clock: FakeClock, organiser: User
) -> None:
    weekly: dict[str, Any] = {"rule": "FREQ=WEEKLY;COUNT=5"}
    make_event(work, clock, organiser.id, title="there", **BOEDO, **weekly)
    make_event(work, clock, organiser.id, title="here", **PALERMO, **weekly)
    make_event(work, clock, organiser.id, title="here too", **PALERMO, **weekly)

    everything = found(work, clock, size=3, near=HERE, sort="distance")

    assert len({each.occurrence.id for each in everything}) == len(everything) == 15
    assert [each.venue.name for each in everything] == ["Palermo"] * 10 + ["Boedo"] * 5
    starts = [each.occurrence.starts_at for each in everything]
    assert starts == sorted(starts[:10]) + sorted(starts[10:])


def test_by_start_what_is_at_many_places_comes_through_all_pages(
    work: UnitOfWork, clock: FakeClock, organiser: User
) -> None:
    for place in (BOEDO, PALERMO, MONTEVIDEO):
        make_event(work, clock, organiser.id, **place, rule="FREQ=DAILY;COUNT=7")

    everything = found(work, clock, size=4, near=HERE, radius_km=400)

    assert len({each.occurrence.id for each in everything}) == len(everything) == 21
    places = [(each.occurrence.starts_at, each.occurrence.id) for each in everything]
    assert places == sorted(places)


def test_who_announced_it_and_who_organises_it_with_them(work: UnitOfWork, clock: FakeClock, organiser: User) -> None:
    friend, teacher = make_user(work, clock), make_user(work, clock)
    parts = [Part("organiser", friend.id, ""), Part("teacher", teacher.id, "")]
    make_event(work, clock, organiser.id, title="theirs", people=parts)
    make_event(work, clock, friend.id, title="the friend's")

    assert titles(work, clock, organiser=organiser.id) == ["theirs"]
    assert sorted(titles(work, clock, organiser=friend.id)) == ["the friend's", "theirs"]
    assert titles(work, clock, organiser=teacher.id) == []
    hidden = make_user(work, clock, visibility="members")
    make_event(work, clock, organiser.id, title="in secret", people=[Part("organiser", hidden.id, "")])
    assert titles(work, clock, organiser=hidden.id) == []


def test_what_somebody_suspended_announced_is_not_listed(
    work: UnitOfWork, clock: FakeClock, organiser: User, world: dict[str, Dated]
) -> None:
    moderator = make_user(work, clock)
    suspend(work, moderator.id, organiser.handle, "spam", clock)

    asked: list[dict[str, Any]] = [
        {}, {"city": "Suva"}, {"near": HERE}, {"near": HERE, "sort": "distance"}, {"q": "line"}, {"country": "UY"},
    ]  # fmt: skip
    assert [titles(work, clock, **each) for each in asked] == [[]] * len(asked)
    assert service.count_facets(work, policy.query(), clock=clock).total == 0
    assert service.list_pins(work, policy.query(), clock=clock) == ([], False)

    restore(work, moderator.id, organiser.handle, "", clock)
    assert all(titles(work, clock, **each) for each in asked)


def test_what_is_handed_over_is_listed_again(
    work: UnitOfWork, database: Database, clock: FakeClock, organiser: User, world: dict[str, Dated]
) -> None:
    friend = make_user(work, clock)
    suspend(work, friend.id, organiser.handle, "spam", clock)
    with database.transaction() as connection:
        connection.execute("UPDATE events SET organiser_id = %s", (friend.id,))

    assert len(titles(work, clock)) == 6


def test_drafts_are_found_by_nobody(work: UnitOfWork, clock: FakeClock, organiser: User) -> None:
    make_event(work, clock, organiser.id, title="Borrador", status="draft")

    assert [titles(work, clock, **asked) for asked in ({}, {"q": "borrador"}, {"near": HERE})] == [[], [], []]


def test_a_cursor_of_another_question_is_refused(work: UnitOfWork, clock: FakeClock, world: dict[str, Dated]) -> None:
    page = service.list_events(work, policy.query(city="Buenos Aires"), limit=1, clock=clock)

    for other in (policy.query(), policy.query(city="Suva"), policy.query(city="Buenos Aires", kind=["class"])):
        with pytest.raises(BadCursor):
            service.list_events(work, other, cursor=page.next_cursor, limit=1, clock=clock)
    again = policy.query(city="BUENOS AIRES")
    assert service.list_events(work, again, cursor=page.next_cursor, limit=5, clock=clock).items


def test_facets_count_what_a_list_holds(
    work: UnitOfWork, clock: FakeClock, world: dict[str, Dated], monkeypatch: pytest.MonkeyPatch
) -> None:
    facets = service.count_facets(work, policy.query(), clock=clock)

    assert (facets.total, facets.more, facets.free) == (6, False, 1)
    assert list(facets.kinds.items()) == [("milonga", 3), ("class", 1), ("festival", 1), ("practica", 1)]
    assert list(facets.countries.items()) == [("AR", 3), ("FJ", 1), ("UY", 1), ("WS", 1)]
    assert [(each.city, each.count) for each in facets.cities][:2] == [("Buenos Aires", 3), ("Apia", 1)]
    near = service.count_facets(work, policy.query(near=HERE, radius_km=1, sort="distance"), clock=clock)
    assert (near.total, dict(near.kinds)) == (1, {"practica": 1})
    monkeypatch.setattr(storage, "MOST_COUNTED", 2)
    few = service.count_facets(work, policy.query(), clock=clock)
    assert (few.total, few.more, sum(few.kinds.values())) == (2, True, 2)


def test_facets_of_nothing(work: UnitOfWork, clock: FakeClock) -> None:
    facets = service.count_facets(work, policy.query(city="Atlantis"), clock=clock)

    assert (facets.total, facets.more, facets.free, facets.kinds, facets.cities) == (0, False, 0, {}, ())


def test_pins_stand_where_the_venue_is(work: UnitOfWork, clock: FakeClock, world: dict[str, Dated]) -> None:
    pins, more = service.list_pins(work, policy.query(bbox="170,-30,-160,0"), clock=clock)

    assert more is False
    assert [(pin.title, pin.latitude, pin.longitude, pin.city) for pin in pins] == [
        ("west of the line", -18.1416, 178.4419, "Suva"),
        ("east of the line", -13.8333, -171.7667, "Apia"),
    ]
    assert pins[0].id == world["west of the line"].occurrence.id


def test_a_distance_is_that_of_the_index_on_the_globe(database: Database) -> None:
    """Also across a pole and the antimeridian, to the other end of the world, and over a step."""
    with database.transaction() as connection:
        row = connection.execute(
            """
            WITH places (latitude, longitude) AS (
                SELECT latitude, longitude FROM unnest(ARRAY[-90, -34.6037, -0.001, 0, 52.53, 89.9, 90]::float8[])
                AS one (latitude), unnest(ARRAY[-180, -179.999, -58.3816, 0, 0.00001, 13.4, 180]::float8[])
                AS other (longitude)
            )
            SELECT count(*), max(abs(
                metres_apart(a.latitude, a.longitude, b.latitude, b.longitude)
                - earth_distance(ll_to_earth(a.latitude, a.longitude), ll_to_earth(b.latitude, b.longitude))
            )) FROM places AS a, places AS b
            """
        ).fetchone()
        plan = connection.execute(
            "EXPLAIN VERBOSE SELECT FROM venues WHERE metres_apart(-34.6, -58.38, latitude, longitude) <= 5000"
        ).fetchall()

    assert row is not None
    assert row[0] == 49 * 49
    assert row[1] < 0.5
    assert "metres_apart" not in str(plan)  # taken apart, or each row costs a call
