"""Who writes to whom: conversations of two, groups, requests, and what a block makes of them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mundotango.conversations.policy import MOST_MEMBERS
from mundotango.ids import new_id
from tests.factories.conversations import PATH, history, kinds, listed, opened, said, say, seen, told
from tests.fakes.realtime import FakeActivities, FakeEdges
from tests.fixtures.gateway import Gateway
from tests.integration.api.conftest import Join

Follow = Callable[[UUID, str], None]


@pytest.fixture
def follow(gateway: Gateway) -> Follow:
    def make(user_id: UUID, handle: str) -> None:
        assert gateway.put(f"/api/users/{handle}/follow", user=user_id).status == 204

    return make


@pytest.fixture
def two(gateway: Gateway, malena: UUID, carlos: UUID, follow: Follow) -> str:
    """A conversation of two who both take part."""
    follow(carlos, "malena")
    return opened(gateway, malena, "carlos")


def members(gateway: Gateway, user_id: UUID, conversation_id: str) -> dict[str, str]:
    return {each["handle"]: each["state"] for each in seen(gateway, user_id, conversation_id)["members"]}


def copied(gateway: Gateway, conversation_id: str) -> set[UUID]:
    assert isinstance(gateway.platform.edges, FakeEdges)
    return set(gateway.platform.edges.members(UUID(conversation_id)))


def test_two_people_have_one_conversation_whoever_opens_it(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    begun = gateway.post(PATH, user=malena, json={"members": ["Carlos"]})
    again = gateway.post(PATH, user=malena, json={"members": ["carlos", "carlos"]})
    others = gateway.post(PATH, user=carlos, json={"members": ["malena"]})

    assert (begun.status, again.status, others.status) == (201, 200, 200)
    assert begun.json()["kind"] == "direct"
    assert {answer.json()["id"] for answer in (begun, again, others)} == {begun.json()["id"]}
    assert others.headers["location"] == f"{PATH}/{begun.json()['id']}"
    assert others.json()["state"] == "active", "who opens it takes part: nothing was asked of them yet"


def test_a_repeated_request_opens_and_says_once(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    def twice(path: str, json: dict[str, Any]) -> tuple[Any, Any]:
        first, second = (
            gateway.post(path, user=malena, json=json, headers={"Idempotency-Key": path[-9:]}) for _ in range(2)
        )
        return first.json(), second.json()

    group, same = twice(PATH, {"members": ["carlos"], "title": "Viernes"})
    assert group["id"] == same["id"]
    message, repeated = twice(f"{PATH}/{group['id']}/messages", {"text": "Hola"})
    assert message == repeated
    assert history(gateway, malena, group["id"]) == ["Hola"]


def test_who_follows_hears_at_once(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, announced: FakeActivities
) -> None:
    assert listed(gateway, carlos) == [], "nothing was said to him yet"
    announced.appended.clear()

    message = say(gateway, malena, two, "¿Vamos?").json()

    assert told(announced, carlos) == told(announced, malena) == [("message.created", message)]
    (shown,) = listed(gateway, carlos)
    assert (shown["id"], shown["unread"], shown["last_message"]) == (two, 1, message)
    assert listed(gateway, carlos, "requested") == []
    assert copied(gateway, two) == {malena, carlos}


def test_everybody_else_is_asked_by_one_message(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
) -> None:
    asked = opened(gateway, malena, "carlos")
    announced.appended.clear()

    said(gateway, malena, asked, "¿Bailamos?")

    ((kind, shown),) = told(announced, carlos)
    assert (kind, shown) == ("conversation.updated", seen(gateway, carlos, asked))
    assert (shown["state"], shown["last_message"]["text"], shown["unread"]) == ("requested", "¿Bailamos?", 1)
    assert kinds(announced, malena) == ["message.created"]
    second = say(gateway, malena, asked, "¿Bailamos ya?")
    assert (second.status, second.problem) == (409, "conflict")
    assert kinds(announced, carlos) == []
    assert listed(gateway, carlos) == []
    assert [each["id"] for each in listed(gateway, carlos, "requested")] == [asked]
    assert members(gateway, malena, asked) == {"malena": "active", "carlos": "requested"}
    assert copied(gateway, asked) == {malena}, "whoever is only asked listens to nothing"
    unread = gateway.get(f"{PATH}/unread", user=carlos)
    assert unread.json() == {"conversations": 0}


@pytest.mark.parametrize("how", ["accept", "messages"])
def test_accepting_and_replying_open_it(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities, how: str
) -> None:
    asked = opened(gateway, malena, "carlos")
    said(gateway, malena, asked)
    announced.appended.clear()

    for _ in range(2):
        json = {"text": "¡Sí!"} if how == "messages" else None
        assert gateway.post(f"{PATH}/{asked}/{how}", user=carlos, json=json).status in (200, 201)

    heard = told(announced, malena)
    assert [kind for kind, _ in heard].count("conversation.updated") == 1
    assert {each["handle"]: each["state"] for each in heard[0][1]["members"]} == members(gateway, malena, asked)
    assert copied(gateway, asked) == {malena, carlos}
    said(gateway, malena, asked, "A las once")
    assert kinds(announced, carlos)[-1] == "message.created"
    assert gateway.post(f"{PATH}/{asked}/decline", user=carlos).status == 409


@pytest.mark.parametrize("how", [("POST", "decline"), ("DELETE", "members/me")], ids=lambda how: how[1])
def test_who_asked_cannot_tell_that_they_were_declined(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities, how: tuple[str, str]
) -> None:
    asked = opened(gateway, malena, "carlos")
    said(gateway, malena, asked)
    waiting, before = say(gateway, malena, asked), seen(gateway, malena, asked)
    announced.appended.clear()

    assert gateway.call(how[0], f"{PATH}/{asked}/{how[1]}", user=carlos).status == 204

    assert kinds(announced, malena) == []
    assert told(announced, carlos) == [("conversation.updated", {"id": asked, "state": "declined"})]
    assert (say(gateway, malena, asked).text, seen(gateway, malena, asked)) == (waiting.text, before)
    assert listed(gateway, carlos, "requested") == []
    assert gateway.get(f"{PATH}/{asked}", user=carlos).status == 404
    assert opened(gateway, malena, "carlos") == asked
    assert gateway.delete(f"{PATH}/{asked}/members/me", user=malena).status == 204
    assert opened(gateway, malena, "carlos") == asked
    assert say(gateway, malena, asked).status == 409, "also not by leaving and coming back"


def test_whoever_declined_may_write_first(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
) -> None:
    asked = opened(gateway, malena, "carlos")
    said(gateway, malena, asked)
    gateway.post(f"{PATH}/{asked}/decline", user=carlos)

    assert opened(gateway, carlos, "malena") == asked
    said(gateway, carlos, asked, "Perdón, sí")

    assert history(gateway, carlos, asked) == ["Perdón, sí"]
    assert history(gateway, malena, asked) == ["Hola", "Perdón, sí"]


def test_to_follow_whoever_asked_is_to_hear_them(
    gateway: Gateway, malena: UUID, carlos: UUID, follow: Follow, announced: FakeActivities
) -> None:
    asked = opened(gateway, malena, "carlos")
    said(gateway, malena, asked)
    follow(carlos, "malena")
    announced.appended.clear()

    said(gateway, malena, asked, "¡Gracias!")

    assert kinds(announced, carlos) == ["conversation.updated", "message.created"]
    assert copied(gateway, asked) == {malena, carlos}


def test_who_left_a_conversation_of_two_is_asked_again_and_sees_what_is_new(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, announced: FakeActivities
) -> None:
    said(gateway, malena, two, "viejo")
    said(gateway, carlos, two, "viejo también")
    announced.appended.clear()

    assert gateway.delete(f"{PATH}/{two}/members/me", user=malena).status == 204

    assert kinds(announced, carlos) == []
    assert listed(gateway, malena) == []
    assert copied(gateway, two) == {carlos}
    said(gateway, carlos, two, "nuevo")
    assert [each["unread"] for each in listed(gateway, malena, "requested")] == [1]
    assert say(gateway, carlos, two, "otro").status == 409
    gateway.post(f"{PATH}/{two}/accept", user=malena)
    assert history(gateway, malena, two) == ["nuevo"]
    assert history(gateway, carlos, two) == ["viejo", "viejo también", "nuevo"]


@pytest.mark.parametrize("blocker", ["malena", "carlos"])
def test_across_a_block_it_is_not_there_and_afterwards_as_it_was(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, blocker: str
) -> None:
    message_id = said(gateway, malena, two)
    said(gateway, carlos, two, "¿Sí?")
    people = {"malena": malena, "carlos": carlos}
    other = ({"malena", "carlos"} - {blocker}).pop()
    assert gateway.put(f"/api/users/{other}/block", user=people[blocker]).status == 204

    for user_id, others_handle in ((malena, "carlos"), (carlos, "malena")):
        assert listed(gateway, user_id) == listed(gateway, user_id, "requested") == []
        for path in ("", "/messages", f"/messages/{message_id}"):
            assert gateway.get(f"{PATH}/{two}{path}", user=user_id).status == 404
        refused = say(gateway, user_id, two)
        assert (refused.status, refused.text) == (404, say(gateway, user_id, str(new_id())).text)
        assert gateway.post(PATH, user=user_id, json={"members": [others_handle]}).status == 404
        assert gateway.put(f"{PATH}/{two}/read", user=user_id, json={"message_id": message_id}).status == 404
        assert gateway.get(f"{PATH}/unread", user=user_id).json() == {"conversations": 0}
    assert gateway.delete(f"{PATH}/{two}/messages/{message_id}", user=malena).status == 204, (
        "what is hers she takes back"
    )

    gateway.delete(f"/api/users/{other}/block", user=people[blocker])
    assert history(gateway, malena, two) == ["", "¿Sí?"]
    said(gateway, carlos, two)


def test_nobody_writes_to_who_is_suspended(gateway: Gateway, malena: UUID, carlos: UUID, two: str, join: Join) -> None:
    said(gateway, malena, two)
    suspension = {"user": join("chief"), "groups": ("moderators",), "json": {"reason": "Spam."}}
    assert gateway.put("/api/moderation/users/carlos/suspension", **suspension).status == 204

    assert say(gateway, malena, two).status == 404
    assert gateway.post(PATH, user=malena, json={"members": ["carlos"]}).status == 404
    assert listed(gateway, malena) == []


def test_a_group_is_told_to_its_members_and_asks_who_does_not_follow(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join, follow: Follow, announced: FakeActivities
) -> None:
    pablo = join("pablo")
    follow(carlos, "malena")
    announced.appended.clear()

    group = opened(gateway, malena, "carlos", "pablo", title="  La Viruta ")

    assert members(gateway, carlos, group) == {"malena": "active", "carlos": "active", "pablo": "requested"}
    for user_id in (malena, carlos, pablo):
        assert told(announced, user_id) == [("conversation.updated", seen(gateway, user_id, group))]
    assert seen(gateway, pablo, group)["title"] == "La Viruta"
    said(gateway, malena, group)
    said(gateway, carlos, group)
    assert kinds(announced, carlos) == ["message.created"] * 2
    assert kinds(announced, pablo) == [], "rung for the request alone"
    assert history(gateway, pablo, group) == ["Hola", "Hola"]
    renamed = {"title": "El Beso"}
    assert gateway.patch(f"{PATH}/{group}", user=pablo, json=renamed).status == 409
    announced.appended.clear()
    assert gateway.patch(f"{PATH}/{group}", user=carlos, json=renamed).json()["title"] == "El Beso"
    assert told(announced, malena) == [("conversation.updated", seen(gateway, malena, group))]


def test_who_is_added_sees_what_is_said_from_then_on(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join, follow: Follow, announced: FakeActivities
) -> None:
    pablo = join("pablo")
    follow(pablo, "malena")
    group = opened(gateway, malena, "carlos", title="Viernes")
    said(gateway, malena, group, "antes")
    announced.appended.clear()

    added = gateway.post(f"{PATH}/{group}/members", user=malena, json={"members": ["pablo", "carlos"]})

    assert {each["handle"] for each in added.json()["members"]} == {"malena", "carlos", "pablo"}
    assert kinds(announced, pablo) == kinds(announced, malena) == ["conversation.updated"]
    said(gateway, malena, group, "después")
    assert history(gateway, pablo, group) == ["después"]
    assert seen(gateway, pablo, group)["unread"] == 1


def test_who_left_a_group_is_asked_before_they_are_back(
    gateway: Gateway, malena: UUID, carlos: UUID, follow: Follow, announced: FakeActivities
) -> None:
    follow(carlos, "malena")
    group = opened(gateway, malena, "carlos", title="Viernes")
    announced.appended.clear()

    assert gateway.delete(f"{PATH}/{group}/members/me", user=carlos).status == 204

    assert told(announced, malena) == [("conversation.updated", seen(gateway, malena, group))]
    assert told(announced, carlos) == [("conversation.updated", {"id": group, "state": "left"})]
    assert members(gateway, malena, group) == {"malena": "active"}
    assert copied(gateway, group) == {malena}
    assert gateway.get(f"{PATH}/{group}/messages", user=carlos).status == 404
    for _ in range(2):
        gateway.post(f"{PATH}/{group}/members", user=malena, json={"members": ["carlos"]})
        assert members(gateway, malena, group)["carlos"] == "requested"
        gateway.post(f"{PATH}/{group}/decline", user=carlos)
    assert listed(gateway, carlos, "requested") == [], "who declined is not asked again"


def test_in_a_group_two_apart_see_nothing_of_each_other(
    gateway: Gateway, malena: UUID, carlos: UUID, join: Join, follow: Follow, announced: FakeActivities
) -> None:
    pablo = join("pablo")
    for user_id in (carlos, pablo):
        follow(user_id, "malena")
    group = opened(gateway, malena, "carlos", "pablo")
    assert gateway.put("/api/users/pablo/block", user=carlos).status == 204
    announced.appended.clear()

    message_id = said(gateway, pablo, group, "secreto")
    gateway.put(f"{PATH}/{group}/read", user=pablo, json={"message_id": message_id})

    assert kinds(announced, carlos) == []
    assert kinds(announced, malena) == ["message.created"]
    assert members(gateway, carlos, group) == {"malena": "active", "carlos": "active"}
    shown = seen(gateway, carlos, group)
    assert (shown["last_message"], shown["unread"]) == (None, 0)
    assert history(gateway, carlos, group) == []
    assert gateway.get(f"{PATH}/{group}/messages/{message_id}", user=carlos).status == 404
    assert gateway.get(f"{PATH}/unread", user=carlos).json() == {"conversations": 0}
    announced.appended.clear()
    gateway.patch(f"{PATH}/{group}", user=pablo, json={"title": "Nosotros"})
    (renamed,) = [each.activity for each in announced.appended if each.channel == f"user:{carlos}"]
    assert renamed.actor_id is None, "what says nothing of who did it reaches both"
    assert str(pablo) not in str(renamed.payload)
    gateway.delete("/api/users/pablo/block", user=carlos)
    assert history(gateway, carlos, group) == ["secreto"]
    assert gateway.get(f"{PATH}/unread", user=carlos).json() == {
        "conversations": seen(gateway, carlos, group)["unread"]
    }


def test_who_takes_part_is_granted_its_channel(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, join: Join
) -> None:
    pablo = join("pablo")
    asked = opened(gateway, malena, "pablo")
    said(gateway, malena, asked)

    def granted(user_id: UUID) -> list[str]:
        channels = [f"conversation:{each}" for each in (two, asked, new_id())]
        answer = gateway.post("/api/realtime/grants", user=user_id, json={"channels": channels})
        assert {each["code"] for each in answer.json()["refused"]} == {"not-allowed"}
        return [channel.partition(":")[2] for channel in answer.json()["channels"]]

    assert [granted(user_id) for user_id in (malena, carlos, pablo)] == [[two, asked], [two], []]
    gateway.post(f"{PATH}/{asked}/accept", user=pablo)
    gateway.delete(f"{PATH}/{two}/members/me", user=carlos)
    assert [granted(user_id) for user_id in (carlos, pablo)] == [[], [asked]]
    gateway.put("/api/users/malena/block", user=pablo)
    assert [granted(user_id) for user_id in (malena, pablo)] == [[two], []]


def test_bad_requests_are_refused(gateway: Gateway, malena: UUID, carlos: UUID, join: Join, two: str) -> None:
    def begin(user_id: UUID, *handles: str, **more: str) -> tuple[int, set[str]]:
        answer = gateway.post(PATH, user=user_id, json={"members": handles} | more)
        return answer.status, answer.refused_fields

    assert begin(malena) == begin(malena, "malena") == (422, {"members"})
    assert begin(malena, "carlos", "nobody_here") == (404, {"members.1"})
    assert begin(malena, "carlos", title="x" * 101) == (422, {"title"})
    nobody = gateway.post(PATH, user=new_id(), json={"members": ["carlos"]})
    assert nobody.problem == "profile-missing"
    crowd = [f"dancer_{number}" for number in range(MOST_MEMBERS)]
    for handle in crowd:
        join(handle)
    assert begin(malena, *crowd) == (409, {"members"})
    group = opened(gateway, malena, *crowd[1:])
    full = gateway.post(f"{PATH}/{group}/members", user=malena, json={"members": crowd[:1]})
    assert (full.status, full.refused_fields) == (409, {"members"})
    assert gateway.patch(f"{PATH}/{two}", user=malena, json={"title": "Dos"}).status == 409
    assert gateway.post(f"{PATH}/{two}/members", user=malena, json={"members": crowd[:1]}).status == 409
    assert gateway.get(PATH, user=malena, query={"state": "left"}).status == 422
    assert gateway.get(f"{PATH}/{two}/messages", user=malena, query={"cursor": "x"}).status == 400
