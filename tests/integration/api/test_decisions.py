"""What is told of decisions of moderators, and of new events."""

from typing import Any
from uuid import UUID

from functions.api.schemas.examples import SCHEMAS
from mundotango.adapters.postgres import Database
from mundotango.realtime.model import author_channel, city_channel, user_channel
from tests.fakes.realtime import FakeActivities
from tests.fixtures.gateway import Gateway
from tests.integration.api.asking import moderate, post, told


class TestDecisions:
    def test_a_post_is_withdrawn_and_shown_again_where_it_was_told(
        self, gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities
    ) -> None:
        to_all, to_one = post(gateway, malena), post(gateway, malena, "@carlos", visibility="mentioned")
        announced.appended.clear()

        for post_id in (to_all, to_one):
            for _ in range(2):
                moderate(gateway, "PUT", f"posts/{post_id}/hidden", json={"reason": "spam"})
        channels = [author_channel(malena), user_channel(carlos)]
        assert told(announced, "post.withdrawn") == [("post.withdrawn", channel) for channel in channels]
        assert [payload["role"] for payload in decisions(announced, malena)] == ["owner", "owner"]

        announced.appended.clear()
        for post_id in (to_all, to_one):
            moderate(gateway, "DELETE", f"posts/{post_id}/hidden")
        assert told(announced, "post.updated") == [("post.updated", channel) for channel in channels]
        assert [payload["decision"] for payload in decisions(announced, malena)] == ["shown", "shown"]

    def test_who_is_suspended_takes_the_posts_of_a_day_with_them(
        self, gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities, database: Database
    ) -> None:
        old, new = post(gateway, malena), post(gateway, malena)
        gateway.put(f"/api/posts/{post(gateway, carlos)}/repost", user=malena)
        with database.transaction() as connection:
            connection.execute("UPDATE posts SET created_at = created_at - interval '25 hours' WHERE id = %s", (old,))
        announced.appended.clear()

        moderate(gateway, "PUT", "users/malena/suspension", json={"reason": "spam"})
        moderate(gateway, "DELETE", "users/malena/suspension")

        assert [each.activity.payload for each in announced.appended if each.activity.kind == "post.withdrawn"] == [
            {"post_id": new}
        ]
        assert told(announced, "post.updated") == [("post.updated", author_channel(malena))]
        assert [payload["decision"] for payload in decisions(announced, malena)] == ["suspended", "restored"]

    def test_who_reported_hears_what_became_of_it_and_not_why(
        self, gateway: Gateway, malena: UUID, carlos: UUID, announced: FakeActivities, database: Database
    ) -> None:
        mine = post(gateway, malena)
        sent = {"target_kind": "post", "target_id": mine, "reason": "spam", "note": ""}
        report = gateway.post("/api/reports", user=carlos, json=sent).json()["id"]

        moderate(gateway, "POST", f"reports/{report}/resolution", json={"resolution": "hidden", "reason": "Publicidad"})

        about = {"decision": "hidden", "subject": "post", "subject_id": mine}
        assert decisions(announced, malena) == [about | {"reason": "Publicidad", "role": "owner"}]
        assert decisions(announced, carlos) == [about | {"reason": "", "role": "reporter"}]
        assert len(told(announced, "post.withdrawn")) == 1
        moderated = [each.activity for each in announced.appended if each.activity.kind == "moderation.decided"]
        assert {each.actor_id for each in moderated} == {None}, "who decided is told to nobody"


def decisions(announced: FakeActivities, user: UUID) -> list[dict[str, Any]]:
    return [
        each.activity.payload
        for each in announced.appended
        if (each.activity.kind, each.channel) == ("moderation.decided", user_channel(user))
    ]


def test_a_new_event_is_told_in_its_city_as_the_api_answers_it(
    gateway: Gateway, malena: UUID, announced: FakeActivities
) -> None:
    made = gateway.post("/api/events", user=malena, json=SCHEMAS["NewEvent"] | {"city": "São Paulo", "country": "BR"})
    long = SCHEMAS["NewEvent"] | {"city": "SAO PAULO", "country": "BR", "description": "💃" * 10_000}
    longer = gateway.post("/api/events", user=malena, json=long)

    assert told(announced, "event.created") == [("event.created", city_channel("sao paulo"))] * 2
    payloads = [each.activity.payload for each in announced.appended if each.activity.kind == "event.created"]
    assert payloads == [made.json(), {"id": longer.json()["id"]}]
