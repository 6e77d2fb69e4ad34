"""The table that organisers take home."""

import csv
from io import StringIO
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.registrations import listing
from tests.fakes.clock import FakeClock
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.registering import Join, announce, at, listed, open_event, register


@pytest.fixture(autouse=True)
def clock(gateway: Gateway, clock: FakeClock) -> FakeClock:
    gateway.platform.clock = clock
    return clock


def rows(answer: Answer) -> list[list[str]]:
    assert answer.status == 200, answer.text
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"), newline=""), strict=True))


def test_organisers_take_the_table_home_in_their_language(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join
) -> None:
    osvaldo = join("osvaldo")
    gateway.put("/api/users/carlos/follow", user=osvaldo)
    event = open_event(gateway, malena, capacity=2, questions=["¿Dieta?"])
    register(gateway, event, carlos, hidden=True, partner_id=str(osvaldo), partner_role="follower", answers=["=1+1"])
    register(gateway, event, malena, "both", answers=["Ninguna, gracias"])

    answer = gateway.get(
        at(event, "/registrations.csv"), user=malena, headers={"accept-language": "es-AR,es;q=0.9,en;q=0.8"}
    )

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="registrations-2026-12-13.csv"'
    assert (answer.headers["cache-control"], answer.headers["content-language"]) == ("no-store", "es")
    assert "link" not in answer.headers
    assert answer.text.startswith("\ufeffNúmero,")
    assert [[row[1], row[2], row[4], row[5], row[-1]] for row in rows(answer)[1:]] == [
        ["viene", "Carlos", "líder", "Osvaldo", "'=1+1"],
        ["viene", "Osvaldo", "seguidor/a", "Carlos", "'=1+1"],
        ["espera un lugar", "Malena", "ambos roles", "", "Ninguna, gracias"],
    ]


def test_only_the_states_that_were_asked_for_are_in_it(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    event = open_event(gateway, malena, capacity=1)
    register(gateway, event, carlos)
    register(gateway, event, malena)

    answer = gateway.get(at(event, "/registrations.csv"), user=malena, query={"state": "waiting"})

    assert [row[2] for row in rows(answer)[1:]] == ["Malena"]


def test_what_one_answer_cannot_hold_is_in_the_next(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, malena: UUID, join: Join
) -> None:
    monkeypatch.setattr(listing, "LARGEST_SHEET", 300)
    monkeypatch.setattr(listing, "_ROWS_AT_ONCE", 2)
    event = open_event(gateway, malena)
    names = ["ada", "bruno", "dina", "elsa", "fran", "gil", "hugo"]
    for name in names:
        register(gateway, event, join(name))
    found, answers = [], 0
    path, query = at(event, "/registrations.csv"), {"state": "accepted"}
    while True:
        answer = gateway.get(path, user=malena, query=query)
        found += [row[2].lower() for row in rows(answer)[1:]]
        answers += 1
        if "link" not in answer.headers:
            break
        place, relation = answer.headers["link"].split("; ")
        assert relation == 'rel="next"'
        following = urlsplit(place.strip("<>"))
        assert following.path == path
        query = dict(parse_qsl(following.query))

    assert found == names
    assert answers > 1


def test_there_is_a_table_also_of_nobody(gateway: Gateway, malena: UUID) -> None:
    event = announce(gateway, malena)

    assert listed(gateway, event, malena) == []
    assert len(rows(gateway.get(at(event, "/registrations.csv"), user=malena))) == 1
    nowhere = {"occurrence_id": str(ids.new_id())}
    assert gateway.get(at(nowhere, "/registrations.csv"), user=malena).problem == "not-found"
