"""Who sees an event: a draft its organisers alone, and everybody one that is announced by somebody who is there."""

from uuid import UUID

import pytest
from psycopg.sql import SQL, Identifier

from mundotango import ids
from mundotango.adapters.postgres import Database
from mundotango.realtime.model import city_channel
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway
from tests.integration.api.test_event_editing import edit, edited, listed, picture, told
from tests.integration.api.test_events import announce

DAILY = "FREQ=DAILY;COUNT=3"


def test_a_draft_only_its_organisers_see(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
) -> None:
    helper = {"role": "organiser", "user_id": str(carlos)}
    draft = announce(gateway, malena, status="draft", people=[helper])
    stranger = ids.new_id()
    path = f"/api/events/{draft['id']}"

    assert gateway.get(f"/api/public/events/{draft['id']}").status == 404
    assert gateway.get(f"/api/public/events/{draft['id']}/occurrences").status == 404
    assert [gateway.get(path, user=user).status for user in (malena, carlos, stranger)] == [200, 200, 404]
    assert edit(gateway, stranger, draft, title="Mine").status == 404
    assert listed(gateway) == []
    assert [item["id"] for item in gateway.get("/api/events", user=carlos).json()["items"]] == [draft["id"]]
    again = edited(gateway, carlos, draft, title="La Viruta, por fin")
    assert told(announced) == []

    published = edited(gateway, malena, again, status="published")

    assert told(announced) == [("event.created", city_channel("buenos aires"))]
    assert listed(gateway) == [published]
    assert edit(gateway, malena, published, status="draft").refused_fields == {"status"}
    assert gateway.get(path, user=stranger).status == 403


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_a_draft_is_seen_by_nobody_through_its_festival(
    gateway: Gateway, malena: UUID, status: str, announced: FakeActivities
) -> None:
    festival = edited(gateway, malena, announce(gateway, malena, kind="festival"), status=status)
    told(announced)

    draft = announce(gateway, malena, status="draft", parent_id=festival["id"])
    draft = edited(gateway, malena, draft, title="A surprise")

    assert draft["status"] == "draft"
    assert gateway.get(f"/api/public/events/{draft['id']}").status == 404
    assert [item["id"] for item in listed(gateway)] == [festival["id"]]
    assert gateway.get(f"/api/public/events/{festival['id']}/sessions").json()["items"] == []
    assert told(announced) == []


def test_a_draft_is_deleted_with_its_sessions_and_pictures(
    gateway: Gateway, malena: UUID, carlos: UUID, database: Database, announced: FakeActivities
) -> None:
    helper = {"role": "organiser", "user_id": str(carlos)}
    mine, theirs, kept = (picture(gateway, owner) for owner in (malena, carlos, malena))
    festival = announce(gateway, malena, kind="festival", status="draft", people=[helper], media=[mine], rule=DAILY)
    session = announce(gateway, carlos, parent_id=festival["id"], media=[theirs])
    other = announce(gateway, malena, media=[kept])
    announced.appended.clear()
    path = f"/api/events/{festival['id']}"

    assert gateway.delete(path, user=ids.new_id()).status == 404
    assert gateway.delete(path, user=carlos).status == 204

    for one in (festival, session):
        assert gateway.get(f"/api/events/{one['id']}", user=malena).status == 404
    assert gateway.delete(path, user=carlos).status == 404
    with database.transaction() as connection:
        gone = connection.execute("SELECT media_id FROM removed_media ORDER BY 1").fetchall()
        assert [str(media_id) for (media_id,) in gone] == sorted([mine["id"], theirs["id"]])
        assert connection.execute("SELECT event_id FROM occurrences").fetchall() == [(UUID(other["id"]),)]
    assert told(announced) == []


def test_what_was_announced_is_cancelled_and_not_deleted(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    festival = announce(gateway, malena, kind="festival")
    draft = announce(gateway, malena, parent_id=festival["id"], status="draft")

    assert gateway.delete(f"/api/events/{festival['id']}", user=malena).status == 409
    assert gateway.delete(f"/api/events/{festival['id']}", user=carlos).status == 403
    assert gateway.get(f"/api/public/events/{festival['id']}").status == 200
    assert gateway.delete(f"/api/events/{draft['id']}", user=malena).status == 204
    cancelled = edited(gateway, malena, festival, status="cancelled")
    assert gateway.delete(f"/api/events/{cancelled['id']}", user=malena).status == 409


@pytest.mark.parametrize("gone", ["suspended_at", "leaves_at"])
def test_an_event_is_seen_while_whoever_announced_it_is(
    gateway: Gateway, malena: UUID, carlos: UUID, database: Database, gone: str
) -> None:
    helper = {"role": "organiser", "user_id": str(carlos)}
    festival = announce(gateway, malena, kind="festival", people=[helper])
    session = announce(gateway, carlos, parent_id=festival["id"])
    paths = [f"/api/public/events/{festival['id']}{more}" for more in ("", "/occurrences", "/sessions")]

    def leaves(user: UUID) -> None:
        with database.transaction() as connection:
            connection.execute(SQL("UPDATE users SET {} = now() WHERE id = %s").format(Identifier(gone)), (user,))

    leaves(carlos)
    assert [gateway.get(path).status for path in paths] == [200, 200, 200]
    assert gateway.get(paths[2]).json()["items"] == []
    assert gateway.get(f"/api/public/events/{session['id']}").status == 404
    leaves(malena)
    assert [gateway.get(path).status for path in paths] == [404, 404, 404]
    assert gateway.get(f"/api/events/{festival['id']}", user=malena).status == 200


def test_a_session_of_a_draft_is_there_for_nobody_else(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    festival = announce(gateway, malena, kind="festival", status="draft")
    session = announce(gateway, malena, parent_id=festival["id"])
    path = f"/api/events/{session['id']}"

    assert gateway.get(path, user=carlos).status == 404
    assert gateway.get(f"{path}/versions", user=carlos).status == 404
    assert edit(gateway, carlos, session, title="Mine").status == 404
    assert gateway.get(path, user=malena).status == 200
