"""What is left in others' conversations of somebody who is gone."""

import pytest

from mundotango.conversations.service import leave
from mundotango.errors import Conflict
from mundotango.messages.service import send
from mundotango.privacy.erasing import erase_person
from tests.factories.outbox import ample
from tests.integration.privacy.conftest import Place


def test_an_empty_place_stays_until_the_others_leave_too(place: Place) -> None:
    erase_person(place.platform, place.ana.id, ample)

    bruno = place.bruno.id
    with place.platform.unit_of_work() as work:
        one, other = work.conversations.list_of(bruno, "active", None, 9)
        said = [message for each in (one, other) for message in work.messages.list_of(each.id, bruno, None, 9)]
        assert [member.person.id for member in one.members] == [bruno]
        with pytest.raises(Conflict, match="nobody else"):
            send(
                work, place.platform.media, conversation_id=one.id, author_id=bruno, text="¿Hay alguien?", media=(),
                clock=place.clock,
            )  # fmt: skip
        leave(work, one.id, bruno, place.clock)
    left = {(message.author is None, message.text, message.deleted) for message in said}
    assert left == {(True, "", True), (False, place.bruno.marker, False)}
    assert place.run("clear_conversations")["cleared"] == 1
    with place.platform.unit_of_work() as work:
        assert [each.id for each in work.conversations.list_of(bruno, "active", None, 9)] == [other.id]
