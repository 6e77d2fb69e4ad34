"""Inbox and preferences over HTTP, and what the API announces for them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.notifications.inbox import take_in
from mundotango.notifications.model import KINDS
from mundotango.reactions.telling import tell_authors
from mundotango.realtime.model import inbox_channel, user_channel
from mundotango.settings import Region
from tests.fakes.notifications import FakeInbox
from tests.fakes.reactions import FakeReactions
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Answer, Gateway
from tests.integration.api.asking import moderate, post, told

Join = Callable[[str], UUID]
SETTINGS = {"digest": "daily", "language": "es", "zone": "Europe/Madrid"}


def push(gateway: Gateway) -> None:
    """What `counters` and `push` do when the streams wake them."""
    platform = gateway.platform
    assert isinstance(platform.activities, FakeActivities)
    assert isinstance(platform.reactions, FakeReactions)
    for appended in list(platform.activities.appended):
        take_in(platform, appended)
    platform.region = Region("us-east-1", "")
    assert tell_authors(platform, platform.reactions.table.told) is None


def inbox(gateway: Gateway, user: UUID, **query: Any) -> Any:
    push(gateway)
    answer = gateway.get("/api/notifications", user=user, query=query)
    assert answer.status == 200, answer.text
    return answer.json()


def kinds(gateway: Gateway, user: UUID) -> list[str]:
    """Oldest first."""
    return [item["kind"] for item in reversed(inbox(gateway, user)["items"])]


def react(gateway: Gateway, who: UUID, post_id: str, kind: str = "like") -> None:
    assert gateway.put(f"/api/posts/{post_id}/reaction", user=who, json={"kind": kind}).status == 200


def say(gateway: Gateway, who: UUID, post_id: str, body: str = "¡Voy!", parent: str | None = None) -> str:
    sent = {"body": body, "parent_id": parent}
    answer = gateway.post(f"/api/posts/{post_id}/comments", user=who, json=sent)
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


def test_everything_that_concerns_a_person_is_in_their_inbox(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    mine, theirs = post(gateway, malena), post(gateway, carlos, "Con @malena")
    comment = say(gateway, malena, theirs)
    say(gateway, carlos, mine)
    say(gateway, carlos, theirs, parent=comment)
    gateway.put(f"/api/posts/{mine}/repost", user=carlos)
    gateway.put("/api/users/malena/follow", user=carlos)
    react(gateway, carlos, mine)
    react(gateway, malena, mine)
    moderate(gateway, "PUT", f"posts/{mine}/hidden", json={"reason": "Publicidad"})

    assert sorted(kinds(gateway, malena)) == ["follow", "like", "mention", "moderation", "reply", "reply", "share"]
    assert kinds(gateway, carlos) == ["reply"]
    page = inbox(gateway, malena)
    (like,) = [item for item in page["items"] if item["kind"] == "like"]
    assert (like["subject"], like["actor_ids"], like["count"]) == ({"post_id": mine}, [str(carlos)], 1)
    assert [person["handle"] for person in like["actors"]] == ["carlos"]
    assert page["unread"] == 7
    assert gateway.get("/api/notifications/unread", user=malena).json() == {"unread": 7}


def test_a_request_to_follow_and_its_answer(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    gateway.patch("/api/users/me", user=malena, json={"private": True})
    for _ in range(2):
        assert gateway.put("/api/users/malena/follow", user=carlos).status == 202
    assert kinds(gateway, malena) == ["follow_request"]

    for _ in range(2):
        assert gateway.put("/api/users/me/follow-requests/carlos", user=malena).status == 204
    assert kinds(gateway, carlos) == ["follow_accepted"]
    assert kinds(gateway, malena) == [], "it is answered"


def test_whom_somebody_mutes_follows_them_unheard(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
) -> None:
    gateway.put("/api/users/carlos/mute", user=malena)
    gateway.put("/api/users/malena/follow", user=carlos)
    assert told(announced, "follower.added") == []

    gateway.delete("/api/users/carlos/mute", user=malena)
    for _ in range(2):
        gateway.delete("/api/users/malena/follow", user=carlos)
        gateway.put("/api/users/malena/follow", user=carlos)
        gateway.put("/api/users/malena/follow", user=carlos)
    assert told(announced, "follower.added") == [("follower.added", user_channel(malena))] * 2
    assert kinds(gateway, malena) == ["follow"]
    gateway.delete("/api/users/malena/follow", user=carlos)
    page = inbox(gateway, malena)
    assert (page["items"], page["unread"]) == ([], 1)
    assert mark(gateway, malena, page["newest"]).json()["unread"] == 0, "what is left out is read with the rest"


def test_pages_of_the_newest_and_what_was_read(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    for number in range(5):
        post(gateway, carlos, f"@malena {number}")
    first = inbox(gateway, malena, limit=3)
    rest = gateway.get("/api/notifications", user=malena, query={"limit": 3, "cursor": first["next_cursor"]}).json()

    items = first["items"] + rest["items"]
    positions = [item["position"] for item in items]
    assert positions == sorted(positions, reverse=True)
    assert (len(items), rest["next_cursor"], first["unread"]) == (5, None, 5)
    assert gateway.get("/api/notifications", user=malena, query={"cursor": "x"}).problem == "bad-cursor"

    read = mark(gateway, malena, positions[2])
    assert read.json() == {"up_to": positions[2], "unread": 2}
    assert mark(gateway, malena, positions[4]).json() == read.json(), "nobody reads backwards"
    assert [item["unread"] for item in inbox(gateway, malena)["items"]] == [True, True, False, False, False]


def mark(gateway: Gateway, user: UUID, position: str) -> Answer:
    answer = gateway.put("/api/notifications/read", user=user, json={"up_to": position})
    assert answer.status == 200, answer.text
    return answer


def test_reading_is_told_to_the_other_devices_and_never_of_what_is_to_come(
    gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
) -> None:
    assert mark(gateway, malena, str(ids.new_id())).json() == {"up_to": None, "unread": 0}
    post(gateway, carlos, "@malena")
    push(gateway)

    for _ in range(2):
        assert mark(gateway, malena, "ffffffff-ffff-7fff-bfff-ffffffffffff").json()["unread"] == 0

    frames = [each for each in announced.appended if each.activity.kind == "notifications.read"]
    assert {each.channel for each in frames} == {user_channel(malena)}
    assert len({each.activity.id for each in frames}) == 1
    post(gateway, carlos, "@malena otra vez")
    assert inbox(gateway, malena)["unread"] == 1


def test_people_who_are_not_seen_any_more_drop_out(gateway: Gateway, malena: UUID, carlos: UUID, join: Join) -> None:
    anibal, mine = join("anibal"), post(gateway, malena)
    for who in (carlos, anibal):
        react(gateway, who, mine)
    post(gateway, carlos, "@malena")
    assert len(inbox(gateway, malena)["items"]) == 2

    gateway.put("/api/users/malena/block", user=carlos)
    (like,) = inbox(gateway, malena)["items"]
    assert ([each["handle"] for each in like["actors"]], like["actor_ids"], like["count"]) == (
        ["anibal"], [str(anibal)], 1,
    )  # fmt: skip
    moderate(gateway, "PUT", "users/anibal/suspension", json={"reason": "spam"})
    assert inbox(gateway, malena)["items"] == []


def test_what_is_about_something_that_is_gone_drops_out(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    mine, theirs, withdrawn = post(gateway, malena), post(gateway, carlos, "@malena"), post(gateway, carlos, "@malena")
    comment = say(gateway, carlos, mine)
    gateway.put(f"/api/posts/{mine}/repost", user=carlos)
    react(gateway, carlos, mine)
    assert sorted(kinds(gateway, malena)) == ["like", "mention", "mention", "reply", "share"]

    gateway.delete(f"/api/posts/{theirs}", user=carlos)
    moderate(gateway, "PUT", f"posts/{withdrawn}/hidden", json={"reason": "spam"})
    gateway.delete(f"/api/comments/{comment}", user=carlos)
    gateway.delete(f"/api/posts/{mine}/repost", user=carlos)

    assert kinds(gateway, malena) == ["like"]


def test_what_expired_is_gone_before_it_is_swept(gateway: Gateway, malena: UUID, carlos: UUID) -> None:
    post(gateway, carlos, "@malena")
    push(gateway)
    store = gateway.platform.inbox
    assert isinstance(store, FakeInbox)
    for key, item in store.items.items():
        early = UUID(item.position).int - (int(timedelta(days=91).total_seconds() * 1000) << 80)
        store.items[key] = replace(item, position=str(UUID(int=early)))

    answer = gateway.get("/api/notifications", user=malena).json()
    assert (answer["items"], answer["unread"]) == ([], 0)


class TestPreferences:
    def test_begin_with_everything_and_a_weekly_digest(self, gateway: Gateway, malena: UUID) -> None:
        gateway.patch("/api/users/me", user=malena, json={"languages": ["de", "es-AR"]})

        assert gateway.get("/api/notifications/preferences", user=malena).json() == {
            "kinds": {kind: {"app": True, "email": True, "push": True} for kind in KINDS},
            "digest": "weekly",
            "language": "es",
            "zone": "UTC",
        }

    def test_what_is_left_out_stays_as_it_is(self, gateway: Gateway, malena: UUID) -> None:
        change(gateway, malena, like={"app": False}, share={"email": False}, moderation={"push": False})
        kept = change(gateway, malena, like={"app": True, "email": False}).json()

        assert kept == gateway.get("/api/notifications/preferences", user=malena).json()
        assert {kind: ways for kind, ways in kept["kinds"].items() if not all(ways.values())} == {
            "like": {"app": True, "email": False, "push": True},
            "share": {"app": True, "email": False, "push": True},
            "moderation": {"app": True, "email": True, "push": False},
        }
        assert {name: kept[name] for name in SETTINGS} == SETTINGS

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"digest": "hourly"}, "digest"),
            ({"language": "de"}, "language"),
            ({"zone": "CEST"}, "zone"),
            ({"kinds": {"moderation": {"app": False}}}, "kinds.moderation.app"),
        ],
    )
    def test_what_cannot_be_wanted(self, gateway: Gateway, malena: UUID, wrong: dict[str, Any], field: str) -> None:
        answer = gateway.put("/api/notifications/preferences", user=malena, json=SETTINGS | wrong)

        assert (answer.status, answer.refused_fields) == (422, {field})

    def test_are_for_who_has_a_profile(self, gateway: Gateway) -> None:
        nobody = ids.new_id()

        assert gateway.get("/api/notifications/preferences", user=nobody).status == 200
        answer = gateway.put("/api/notifications/preferences", user=nobody, json=SETTINGS)
        assert answer.problem == "profile-missing"

    def test_what_is_off_is_neither_noted_nor_pushed(
        self, gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
    ) -> None:
        mine = post(gateway, malena)
        change(gateway, malena, **{kind: {"app": False} for kind in KINDS if kind != "moderation"})
        announced.appended.clear()

        post(gateway, carlos, "@malena")
        say(gateway, carlos, mine)
        gateway.put(f"/api/posts/{mine}/repost", user=carlos)
        gateway.put("/api/users/malena/follow", user=carlos)
        react(gateway, carlos, mine)

        assert inbox(gateway, malena)["items"] == []
        assert [each for each in announced.appended if each.channel in concerning(malena)] == []
        # A post for those it mentions is theirs to read, whatever they want to be notified of.
        post(gateway, carlos, "Solo para @malena", visibility="mentioned")
        assert told(announced, "post.created")[-1] == ("post.created", user_channel(malena))


def concerning(user: UUID) -> tuple[str, str]:
    return user_channel(user), inbox_channel(user)


def change(gateway: Gateway, user: UUID, **wanted: dict[str, bool]) -> Answer:
    answer = gateway.put("/api/notifications/preferences", user=user, json=SETTINGS | {"kinds": wanted})
    assert answer.status == 200, answer.text
    return answer


class TestReactions:
    def test_are_told_to_the_author_who_hears_of_them(self, gateway: Gateway, malena: UUID, carlos: UUID) -> None:
        mine = post(gateway, malena)
        repost = gateway.put(f"/api/posts/{mine}/repost", user=carlos)
        assert repost.status == 204
        react(gateway, malena, mine)
        assert heard(gateway) == []
        react(gateway, carlos, mine)
        react(gateway, carlos, mine, "love")
        assert heard(gateway) == [(malena, carlos, True)]
        gateway.delete(f"/api/posts/{mine}/reaction", user=carlos)
        assert heard(gateway)[1:] == [(malena, carlos, False)]

    def test_of_who_is_muted_or_leaves_nobody_hears(
        self, gateway: Gateway, malena: UUID, carlos: UUID, join: Join
    ) -> None:
        mine, leaver = post(gateway, malena), join("leaver")
        gateway.put("/api/users/carlos/mute", user=malena)
        gateway.put("/api/users/me/deletion", user=leaver)

        for who in (carlos, leaver):
            react(gateway, who, mine)

        assert heard(gateway) == []

    def test_to_what_is_not_seen_are_refused(
        self, gateway: Gateway, malena: UUID, carlos: UUID, apart: Callable[[UUID, UUID], None]
    ) -> None:
        mine = post(gateway, malena)
        apart(malena, carlos)

        answer = gateway.put(f"/api/posts/{mine}/reaction", user=carlos, json={"kind": "like"})

        assert (answer.status, heard(gateway)) == (404, [])


def heard(gateway: Gateway) -> list[tuple[UUID, UUID, bool]]:
    assert isinstance(gateway.platform.reactions, FakeReactions)
    return [(each.author_id, each.user_id, each.reacted) for each in gateway.platform.reactions.table.told]
