"""Being shown to others or not; and whose sockets are closed."""

from collections.abc import Callable
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.adapters.postgres import Database
from tests.fakes.commands import FakeCommands
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]
PATH = "/api/users/me/presence"


def shows(gateway: Gateway, who: UUID, shown: bool) -> None:
    answer = gateway.put(PATH, user=who, json={"shown": shown})
    assert (answer.status, answer.json()) == (200, {"shown": shown})


def test_who_says_nothing_is_shown(gateway: Gateway, join: Join) -> None:
    assert gateway.get(PATH, user=join("malena")).json() == {"shown": True}


def test_who_hides_is_hidden_where_sockets_look_until_they_show_themselves_again(gateway: Gateway, join: Join) -> None:
    malena, other = join("malena"), join("pugliese")
    for shown in (False, True, False):
        shows(gateway, malena, shown)

        assert gateway.get(PATH, user=malena).json() == {"shown": shown}
        assert gateway.platform.edges.hidden([malena, other]) == (set() if shown else {malena})


def test_saying_it_again_announces_nothing(gateway: Gateway, join: Join, database: Database) -> None:
    malena = join("malena")
    for shown in (True, False, False):
        shows(gateway, malena, shown)

    with database.transaction() as connection:
        announced = connection.execute("SELECT kind FROM outbox WHERE kind LIKE 'presence.%'").fetchall()
    assert announced == [("presence.hidden",)]


def test_nobody_without_a_profile_is_asked(gateway: Gateway) -> None:
    assert gateway.get(PATH, user=ids.new_id()).problem == "profile-missing"
    assert gateway.put(PATH, user=ids.new_id(), json={"shown": False}).problem == "profile-missing"


@pytest.mark.parametrize("shown", [None, "false", 0, "no"])
def test_what_is_no_answer_is_refused(gateway: Gateway, join: Join, shown: object) -> None:
    assert gateway.put(PATH, user=join("malena"), json={"shown": shown}).status == 422


class TestWhoLeaves:
    def test_is_hidden_until_they_stay_whatever_they_choose_meanwhile(self, gateway: Gateway, join: Join) -> None:
        malena = join("malena")
        hidden = gateway.platform.edges.hidden

        assert gateway.put("/api/users/me/deletion", user=malena).status == 200
        assert hidden([malena]) == {malena}
        for shown in (False, True):
            shows(gateway, malena, shown)
            assert hidden([malena]) == {malena}

        assert gateway.delete("/api/users/me/deletion", user=malena).status == 204
        assert hidden([malena]) == set()

    def test_stays_hidden_where_they_chose_so(self, gateway: Gateway, join: Join) -> None:
        malena = join("malena")
        shows(gateway, malena, shown=False)
        assert gateway.put("/api/users/me/deletion", user=malena).status == 200
        assert gateway.delete("/api/users/me/deletion", user=malena).status == 204

        assert gateway.platform.edges.hidden([malena]) == {malena}


def test_who_is_suspended_opens_no_socket_in_place_of_those_that_were_closed(gateway: Gateway, join: Join) -> None:
    moderator, malena = join("troilo"), join("malena")
    path, asked = "/api/moderation/users/malena/suspension", {"user": moderator, "groups": ("moderators",)}
    assert gateway.post("/api/realtime/tickets", user=malena).status == 201

    assert gateway.put(path, **asked, json={"reason": "Publicidad."}).status == 204
    for refused in (
        gateway.post("/api/realtime/tickets", user=malena),
        gateway.post("/api/realtime/grants", user=malena, json={"channels": ["city:lima"]}),
    ):
        assert (refused.status, refused.problem) == (403, "suspended")

    assert gateway.delete(path, **asked).status == 204
    assert gateway.post("/api/realtime/tickets", user=malena).status == 201


class TestClosedSockets:
    def test_are_those_of_who_is_suspended_once(self, gateway: Gateway, join: Join) -> None:
        moderator, malena = join("troilo"), join("malena")
        for _ in range(2):
            answer = gateway.put(
                "/api/moderation/users/malena/suspension",
                user=moderator,
                groups=("moderators",),
                json={"reason": "Publicidad."},
            )
            assert answer.status < 300, answer.text

        assert commands(gateway) == [{"user_id": str(malena), "code": "suspended"}]

    def test_are_those_of_who_leaves(self, gateway: Gateway, join: Join) -> None:
        malena = join("malena")
        assert gateway.put("/api/users/me/deletion", user=malena).status == 200

        assert commands(gateway) == [{"user_id": str(malena), "code": "ended"}]


def commands(gateway: Gateway) -> list[dict[str, str]]:
    kept = gateway.platform.commands
    assert isinstance(kept, FakeCommands)
    return [command.payload for command in kept.rows.values() if command.kind == "close_sockets"]
