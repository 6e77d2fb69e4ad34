"""What people say to each other: history, read markers, deleting, pictures, and what moderators see of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from functions.jobs import handler as jobs
from mundotango.adapters.postgres import Database
from mundotango.attachments.service import discard_unused, release
from mundotango.conversations import clearing
from mundotango.conversations.clearing import clear_conversations
from mundotango.errors import Unavailable
from mundotango.ids import new_id, new_id_after
from mundotango.media.model import Media, Purpose
from mundotango.messages.policy import CONTEXT, LONGEST_TEXT, MOST_PICTURES
from mundotango.ports import Clock
from mundotango.posts.policy import LONGEST_ALT
from mundotango.realtime.model import fits
from mundotango.work import UnitOfWork
from tests.factories.conversations import PATH, history, kinds, listed, opened, said, say, seen, told
from tests.factories.media import ready_media
from tests.fakes.commands import FakeCommands
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.conftest import Join


@pytest.fixture
def carlos(gateway: Gateway, join: Join, malena: UUID) -> UUID:
    """Who follows her."""
    carlos = join("carlos")
    gateway.put("/api/users/malena/follow", user=carlos)
    return carlos


@pytest.fixture
def two(gateway: Gateway, malena: UUID, carlos: UUID) -> str:
    return opened(gateway, malena, "carlos")


def read(gateway: Gateway, user_id: UUID, conversation_id: str, message_id: str) -> int:
    return gateway.put(f"{PATH}/{conversation_id}/read", user=user_id, json={"message_id": message_id}).status


def unread(gateway: Gateway, user_id: UUID, conversation_id: str) -> tuple[int, int]:
    """There, and in how many conversations."""
    counted: int = gateway.get(f"{PATH}/unread", user=user_id).json()["conversations"]
    return int(seen(gateway, user_id, conversation_id)["unread"]), counted


def uploaded(gateway: Gateway, owner_id: UUID, purpose: Purpose = "message") -> Media:
    row = ready_media(owner_id=owner_id, purpose=purpose)
    gateway.platform.media.add(row)
    return row


def show(gateway: Gateway, user_id: UUID, conversation_id: str, *pictures: Media, text: str = "") -> Answer:
    media = [{"id": str(picture.media_id), "alt": "La pista"} for picture in pictures]
    return say(gateway, user_id, conversation_id, text, media=media)


def deleted(gateway: Gateway) -> set[str]:
    assert isinstance(gateway.platform.commands, FakeCommands)
    return {command.payload["media_id"] for command in gateway.platform.commands.rows.values()}


def test_the_history_goes_back_page_by_page(gateway: Gateway, malena: UUID, carlos: UUID, two: str) -> None:
    for number in range(5):
        said(gateway, malena, two, str(number))
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while query:
        page = gateway.get(f"{PATH}/{two}/messages", user=carlos, query=query).json()
        found += [message["text"] for message in page["items"]]
        query = {"limit": 2, "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert found == ["4", "3", "2", "1", "0"]


def test_conversations_are_listed_by_their_newest_message_page_by_page(
    gateway: Gateway, malena: UUID, join: Join
) -> None:
    begun = []
    for handle in ("ana", "beto", "clara"):
        join(handle)
        begun.append(opened(gateway, malena, handle))
    said(gateway, malena, begun[0])
    first = gateway.get(PATH, user=malena, query={"limit": 2}).json()
    rest = gateway.get(PATH, user=malena, query={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [begun[0], begun[2], begun[1]]
    assert rest["next_cursor"] is None
    other_list = {"state": "requested", "cursor": first["next_cursor"]}
    assert gateway.get(PATH, user=malena, query=other_list).problem == "bad-cursor"


def test_what_is_said_later_sorts_later_also_from_a_machine_whose_clock_is_behind(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, database: Database
) -> None:
    ahead = UUID(int=new_id().int + (5000 << 80))
    said(gateway, malena, two, "primero")
    with database.transaction() as connection:
        connection.execute("UPDATE messages SET id = %s", (ahead,))
        connection.execute("UPDATE conversations SET latest_id = %s", (ahead,))
    assert read(gateway, carlos, two, str(ahead)) == 204
    said(gateway, malena, two, "segundo")
    assert history(gateway, carlos, two) == ["primero", "segundo"]
    assert unread(gateway, carlos, two) == (1, 1)
    assert new_id_after(ahead) > ahead > new_id(), "and no other id is made later by it"


def test_a_read_marker_goes_forward_alone_and_is_told_once(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, announced: FakeActivities
) -> None:
    first, second = said(gateway, malena, two), said(gateway, malena, two)
    assert unread(gateway, carlos, two) == (2, 1)
    assert unread(gateway, malena, two) == (0, 0), "what one says oneself is read"
    announced.appended.clear()

    assert read(gateway, carlos, two, second) == 204
    marked = [(each.channel, each.activity.kind, each.activity.payload) for each in announced.appended]
    payload = {"conversation_id": two, "user_id": str(carlos), "message_id": second}
    assert marked == [(f"{kind}", "conversation.read", payload) for kind in (f"conversation:{two}", f"user:{carlos}")]
    assert {each.activity.actor_id for each in announced.appended} == {carlos}
    announced.appended.clear()
    assert [read(gateway, carlos, two, each) for each in (first, second)] == [204, 204]
    assert announced.appended == []
    assert unread(gateway, carlos, two) == (0, 0)
    marks = {each["handle"]: each["read_up_to"] for each in seen(gateway, malena, two)["members"]}
    assert marks == {"malena": second, "carlos": second}
    assert read(gateway, carlos, two, str(new_id())) == 404


def test_who_is_only_asked_is_not_said_to_have_read_it(
    gateway: Gateway, malena: UUID, join: Join, announced: FakeActivities
) -> None:
    pablo = join("pablo")
    asked = opened(gateway, malena, "pablo")
    message_id = said(gateway, malena, asked)
    announced.appended.clear()
    assert read(gateway, pablo, asked, message_id) == 204
    assert announced.appended == []
    assert [each["read_up_to"] for each in seen(gateway, malena, asked)["members"]] == [message_id, None]
    assert seen(gateway, pablo, asked)["unread"] == 0


def test_unread_messages_are_counted_to_a_hundred(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, database: Database
) -> None:
    last = said(gateway, malena, two)
    with database.transaction() as connection:
        connection.cursor().executemany(
            "INSERT INTO messages (id, conversation_id, user_id, text, created_at) VALUES (%s, %s, %s, 'x', now())",
            [(new_id_after(UUID(last)), two, malena) for _ in range(150)],
        )
    assert unread(gateway, carlos, two) == (100, 1)


def test_a_deleted_message_leaves_an_empty_place(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, announced: FakeActivities
) -> None:
    picture = uploaded(gateway, malena)
    message = show(gateway, malena, two, picture, text="Uy").json()
    path = f"{PATH}/{two}/messages/{message['id']}"
    announced.appended.clear()

    assert gateway.delete(path, user=carlos).status == 404
    assert gateway.delete(path, user=malena).status == 204

    gone = ("message.removed", {"id": message["id"], "conversation_id": two})
    assert told(announced, carlos) == told(announced, malena) == [gone]
    shown = gateway.get(path, user=carlos).json()
    assert shown == message | {"text": "", "media": [], "deleted": True}
    assert seen(gateway, carlos, two)["last_message"] == shown
    assert unread(gateway, carlos, two) == (0, 0)
    assert deleted(gateway) == {str(picture.media_id)}
    assert gateway.delete(path, user=malena).status == 404


def test_a_picture_of_a_message_is_shown_to_members_and_kept(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str
) -> None:
    picture = uploaded(gateway, malena)
    message = show(gateway, malena, two, picture)
    assert message.status == 201
    ((shown,), path) = (message.json()["media"], f"{PATH}/{two}/messages/{message.json()['id']}")
    assert (shown["id"], shown["alt"], shown["width"]) == (str(picture.media_id), "La pista", 1000)
    assert gateway.get(path, user=carlos).json() == message.json()
    with gateway.platform.unit_of_work() as work:
        assert discard_unused(work, malena, picture.media_id, gateway.platform.clock) == "shown"
    assert gateway.delete(f"/api/media/{picture.media_id}", user=malena).status == 409
    assert show(gateway, malena, two, picture).status == 409, "it is in one message"
    for anothers in (uploaded(gateway, carlos), uploaded(gateway, malena, "post")):
        refused = show(gateway, malena, two, anothers)
        assert (refused.status, refused.refused_fields) == (404, {"media.0.id"})


def test_a_message_says_something_and_not_too_much(gateway: Gateway, malena: UUID, carlos: UUID, two: str) -> None:
    for text in ("", "   ", "x" * (LONGEST_TEXT + 1)):
        refused = say(gateway, malena, two, text)
        assert (refused.status, refused.refused_fields) == (422, {"text"})
    crowd = [uploaded(gateway, malena) for _ in range(MOST_PICTURES + 1)]
    assert show(gateway, malena, two, *crowd).refused_fields == {"media"}
    assert say(gateway, malena, two, "x" * LONGEST_TEXT).status == 201


def test_the_largest_message_is_told_by_its_id(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, announced: FakeActivities
) -> None:
    pictures = [uploaded(gateway, malena) for _ in range(MOST_PICTURES)]
    media = [{"id": str(picture.media_id), "alt": "💃" * LONGEST_ALT} for picture in pictures]
    announced.appended.clear()
    message = say(gateway, malena, two, "💃" * LONGEST_TEXT, media=media)
    assert message.status == 201
    assert not fits(message.json())
    told_to_him = told(announced, carlos)
    assert told_to_him == [("message.created", {"id": message.json()["id"], "conversation_id": two})]


def test_moderators_see_a_reported_message_with_five_before_it_and_may_remove_it(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, join: Join, announced: FakeActivities
) -> None:
    chief, stranger = join("chief"), join("stranger")
    for number in range(CONTEXT + 2):
        said(gateway, carlos, two, str(number))
    message_id = said(gateway, malena, two, "¡Idiota!")
    said(gateway, carlos, two, "después")
    complaint = {"target_kind": "message", "target_id": message_id, "reason": "harassment"}
    assert gateway.post("/api/reports", user=stranger, json=complaint).status == 404
    assert gateway.post("/api/reports", user=malena, json=complaint).status == 422
    assert gateway.put("/api/users/malena/block", user=carlos).status == 204

    assert gateway.post("/api/reports", user=carlos, json=complaint).status == 201, "across a block too"

    moderator: dict[str, Any] = {"user": chief, "groups": ("moderators",)}
    (waiting,) = gateway.get("/api/moderation/reports", **moderator).json()["items"]
    assert (waiting["target"]["text"], waiting["target"]["handle"]) == ("¡Idiota!", "malena")
    assert [message["text"] for message in waiting["said"]] == ["2", "3", "4", "5", "6", "¡Idiota!"]

    def resolve(resolution: str) -> int:
        path = f"/api/moderation/reports/{waiting['id']}/resolution"
        return gateway.post(path, **moderator, json={"resolution": resolution, "reason": "Insulto."}).status

    announced.appended.clear()
    assert (resolve("hidden"), resolve("removed"), resolve("dismissed")) == (422, 204, 409)
    assert gateway.get("/api/moderation/reports", **moderator).json()["items"] == []
    assert kinds(announced, malena) == ["message.removed", "moderation.decided"]
    gateway.delete("/api/users/malena/block", user=carlos)
    assert history(gateway, carlos, two)[-2:] == ["", "después"]


def test_what_everybody_has_left_is_deleted_with_its_pictures(
    gateway: Gateway, malena: UUID, carlos: UUID, two: str, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    picture = uploaded(gateway, carlos)
    said(gateway, malena, two)
    show(gateway, carlos, two, picture)

    def clear() -> dict[str, object]:
        return jobs.run({"job": "clear_conversations"}, lambda: 100.0)

    gateway.delete(f"{PATH}/{two}/members/me", user=malena)
    assert clear() == {"done": True, "cleared": 0, "failed": 0}
    gateway.delete(f"{PATH}/{two}/members/me", user=carlos)
    assert clear() == {"done": True, "cleared": 1, "failed": 0}
    assert deleted(gateway) == {str(picture.media_id)}
    with database.transaction() as connection:
        for table in ("conversations", "conversation_members", "messages", "message_media"):
            assert connection.execute(f"SELECT FROM {table}").fetchall() == []
    assert opened(gateway, malena, "carlos") != two


def test_clearing_that_is_cut_off_goes_on_and_what_fails_holds_up_nothing(
    gateway: Gateway, malena: UUID, carlos: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [opened(gateway, malena, "carlos", title=title) for title in ("Viernes", "Sábado")]
    pictures = [uploaded(gateway, malena) for _ in groups]
    for group, picture in zip(groups, pictures, strict=True):
        for each in (picture, uploaded(gateway, malena)):
            show(gateway, malena, group, each)
        for user_id in (malena, carlos):
            gateway.delete(f"{PATH}/{group}/members/me", user=user_id)
    monkeypatch.setattr(clearing, "_MESSAGES", 1)

    assert clear_conversations(gateway.platform, lambda: 0.0) == {"done": False, "cleared": 0, "failed": 0}
    assert deleted(gateway) == {str(pictures[0].media_id)}
    with monkeypatch.context() as broken:
        broken.setattr(clearing, "release", fail_on(pictures[1].media_id))
        assert clear_conversations(gateway.platform, lambda: 99.0) == {"done": True, "cleared": 1, "failed": 1}
    assert clear_conversations(gateway.platform, lambda: 99.0) == {"done": True, "cleared": 1, "failed": 0}
    assert len(deleted(gateway)) == 4


def fail_on(media_id: UUID) -> Callable[..., None]:
    def release_all_but_one(work: UnitOfWork, owner_id: UUID, media_ids: list[UUID], clock: Clock) -> None:
        if media_id in media_ids:
            raise Unavailable("not now")
        release(work, owner_id, media_ids, clock)

    return release_all_but_one


def test_of_what_was_declined_it_is_remembered_that_it_was(
    gateway: Gateway, malena: UUID, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "platform", lambda: gateway.platform)
    pablo = join("pablo")
    asked = opened(gateway, malena, "pablo")
    said(gateway, malena, asked)
    gateway.post(f"{PATH}/{asked}/decline", user=pablo)
    gateway.delete(f"{PATH}/{asked}/members/me", user=malena)

    for cleared in (1, 0):
        assert jobs.run({"job": "clear_conversations"}, lambda: 100.0)["cleared"] == cleared
    assert opened(gateway, malena, "pablo") == asked
    assert say(gateway, malena, asked).status == 409
    assert listed(gateway, pablo, "requested") == []
