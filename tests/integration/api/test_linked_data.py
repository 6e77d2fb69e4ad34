"""What search engines are told of an event, beside what everybody is."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.fixtures.gateway import Gateway
from tests.integration.api.test_events import announce

Join = Callable[[str], UUID]


@pytest.fixture
def organiser(join: Join) -> UUID:
    return join("malena")


def test_an_event_is_told_to_search_engines_by_itself_alone(gateway: Gateway, organiser: UUID) -> None:
    event = announce(gateway, organiser, price=500_000, currency="ARS")

    shown = gateway.get(f"/api/public/events/{event['id']}").json()
    (listed,) = gateway.get("/api/public/events").json()["items"]

    assert shown["json_ld"]["@type"] == "DanceEvent"
    assert shown["json_ld"]["offers"]["price"] == "5000.00"
    assert "json_ld" not in listed
    assert "json_ld" not in event


def test_nothing_that_somebody_wrote_ends_a_script_in_which_it_stands(gateway: Gateway, organiser: UUID) -> None:
    title = "</script><script>alert(1)</script><!--"
    event = announce(gateway, organiser, title=title)

    answer = gateway.get(f"/api/public/events/{event['id']}")

    assert "<" not in answer.text
    assert answer.json()["title"] == answer.json()["json_ld"]["name"] == title


def test_a_session_names_its_festival_while_everybody_may_know_of_it(gateway: Gateway, organiser: UUID) -> None:
    festival = announce(gateway, organiser, kind="festival", title="Festival")
    session = announce(gateway, organiser, parent_id=festival["id"])

    shown = gateway.get(f"/api/public/events/{session['id']}").json()

    assert shown["json_ld"]["superEvent"]["name"] == "Festival"
