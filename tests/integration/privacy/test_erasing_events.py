"""What becomes of the events of somebody who leaves."""

import pytest

from tests.factories.traces_of_events import insert
from tests.integration.privacy.conftest import Place
from tests.integration.privacy.test_erasing import leave, sign_ins_end


@pytest.mark.parametrize("edits", [True, False])
def test_an_event_that_another_organised_and_edited_is_theirs(place: Place, edits: bool) -> None:
    with place.platform.database.transaction() as connection:
        insert(
            connection, "event_people", event_id=place.ana.event_id, position=9, role="organiser",
            user_id=place.bruno.id, name="",
        )  # fmt: skip
        if not edits:
            connection.execute("DELETE FROM event_versions WHERE event_id = %s", (place.ana.event_id,))
    leave(place, place.ana)
    sign_ins_end(place)

    assert place.run("erase_accounts")["erased"] == 1

    with place.platform.database.transaction() as connection:
        found = connection.execute("SELECT organiser_id FROM events WHERE id = %s", (place.ana.event_id,)).fetchall()
    assert found == ([(place.bruno.id,)] if edits else [])
