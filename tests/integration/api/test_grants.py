"""Who is given permission to listen to what."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.realtime.model import post_channel
from mundotango.realtime.service import hashed
from tests.fixtures.gateway import Gateway

Join = Callable[[str], UUID]


def asks(gateway: Gateway, who: UUID, *channels: str) -> dict[str, Any]:
    answer = gateway.post("/api/realtime/grants", user=who, json={"channels": list(channels)})
    assert answer.status == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def posts(gateway: Gateway, author: UUID, **fields: Any) -> str:
    answer = gateway.post("/api/posts", user=author, json={"body": "Hola"} | fields)
    assert answer.status == 201, answer.text
    return post_channel(answer.json()["id"])


def granted(gateway: Gateway, who: UUID, *channels: str) -> list[str]:
    return list(asks(gateway, who, *channels)["channels"])


class TestGrant:
    def test_is_for_what_the_person_sees_and_says_what_it_is_not_for(self, gateway: Gateway, join: Join) -> None:
        malena, pugliese = join("malena"), join("pugliese")
        shown, own = posts(gateway, malena), posts(gateway, pugliese, visibility="mentioned")
        followers, nobodys = posts(gateway, malena, visibility="followers"), post_channel(ids.new_id())

        body = asks(gateway, pugliese, shown, followers, own, nobodys, shown)

        assert body["channels"] == [shown, own]
        assert body["refused"] == [{"channel": each, "code": "not-allowed"} for each in (followers, nobodys)]
        gateway.put("/api/users/malena/follow", user=pugliese)
        assert granted(gateway, pugliese, followers) == [followers]

    def test_ends_with_a_block(self, gateway: Gateway, join: Join, apart: Callable[[UUID, UUID], None]) -> None:
        malena, pugliese = join("malena"), join("pugliese")
        channel = posts(gateway, malena)
        apart(malena, pugliese)

        assert granted(gateway, pugliese, channel) == []
        assert granted(gateway, malena, channel) == [channel]

    def test_is_given_for_what_needs_none_too(self, gateway: Gateway, join: Join) -> None:
        public = [f"event:{ids.new_id()}", "city:buenos aires"]
        assert granted(gateway, join("malena"), *public) == public

    def test_is_not_for_what_is_no_channel_or_comes_by_itself_or_is_anothers(
        self, gateway: Gateway, join: Join
    ) -> None:
        malena = join("malena")
        channels = ["salon:1", "post:1", "home", f"user:{malena}", f"user:{ids.new_id()}", "city:Lima", "city:"]

        body = asks(gateway, malena, *channels)

        assert body["channels"] == []
        assert [each["code"] for each in body["refused"]] == [*["bad-channel"] * 4, "not-allowed", *["bad-channel"] * 2]

    @pytest.mark.parametrize("channels", [None, [], "post:1", [7], ["city:x"] * 51, ["x" * 201]], ids=str)
    def test_of_what_is_no_list_of_channels(self, gateway: Gateway, join: Join, channels: object) -> None:
        answer = gateway.post("/api/realtime/grants", user=join("malena"), json={"channels": channels})
        assert answer.status == 422

    def test_is_kept_by_its_hash_for_ten_minutes_for_this_person_alone_with_whose_posts_they_are(
        self, gateway: Gateway, join: Join
    ) -> None:
        malena, pugliese = join("malena"), join("pugliese")
        channel = posts(gateway, pugliese)

        body = asks(gateway, malena, channel, "city:lima")

        grants, now = gateway.platform.grants, gateway.platform.clock.now()
        found = grants.find(hashed(body["grant"]), now)
        assert found is not None
        assert (found.user_id, found.channels) == (malena, frozenset({channel, "city:lima"}))
        assert found.authors == {channel: pugliese}
        assert grants.find(body["grant"], now) is None
        ends = datetime.fromisoformat(body["expires_at"]) - now
        assert timedelta(minutes=9, seconds=50) < ends <= timedelta(minutes=10)
