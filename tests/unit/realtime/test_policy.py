from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import BadChannel, BadFrame, NotAllowed
from mundotango.realtime.policy import (
    MAX_CHANNELS,
    is_too_old,
    may_connect_from,
    moment_of,
    position_at,
    resumable,
    subscribable,
)
from tests.fakes.clock import A_MONDAY_EVENING

ME = UUID("01968b5e-7c00-7a31-9a52-3f6d1c2b4e60")
SITE = "https://mundotango.example"


class TestMayConnectFrom:
    @pytest.mark.parametrize("origin", [SITE, "https://MUNDOTANGO.example", f"{SITE}:443", f"{SITE}/"])
    def test_the_site_itself(self, origin: str) -> None:
        assert may_connect_from(origin, [SITE])

    @pytest.mark.parametrize(
        "origin",
        [
            "",
            "null",
            "mundotango.example",
            "http://mundotango.example",
            f"{SITE}:8443",
            f"{SITE}.evil.example",
            "https://evil.example/https://mundotango.example",
            "https://mundotango.example@evil.example",
            "https://[broken",
            "https://mundotango.example:port",
        ],
    )
    def test_nobody_else(self, origin: str) -> None:
        assert not may_connect_from(origin, [SITE])
        assert not may_connect_from(origin, [])

    def test_a_site_without_a_name_admits_nobody(self) -> None:
        assert not may_connect_from("null", [""])

    def test_a_site_on_a_port_of_its_own(self) -> None:
        assert may_connect_from("http://d1.cloudfront.localhost:4566", ["http://d1.cloudfront.localhost:4566"])
        assert not may_connect_from("http://d1.cloudfront.localhost", ["http://d1.cloudfront.localhost:4566"])


class TestChannels:
    def test_a_post_can_be_subscribed_to(self) -> None:
        channel = f"post:{ids.new_id()}"
        assert subscribable(channel, ME) == channel

    @pytest.mark.parametrize(
        "channel",
        [
            None,
            7,
            ["post:1"],
            "",
            "post",
            "post:",
            "post:1",
            "post:01968B5E-7C00-7A31-9A52-3F6D1C2B4E5F",
            "post:{01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f}",
            "post:01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f ",
            "author:01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f",
            "home",
            f"user:{ME}",
        ],
    )
    def test_nothing_else_can(self, channel: object) -> None:
        with pytest.raises(BadChannel):
            subscribable(channel, ME)

    def test_another_persons_is_not_allowed(self) -> None:
        with pytest.raises(NotAllowed):
            subscribable(f"user:{ids.new_id()}", ME)

    def test_what_comes_by_itself_can_be_resumed(self) -> None:
        assert resumable("home", ME) == "home"
        assert resumable(f"user:{ME}", ME) == f"user:{ME}"
        with pytest.raises(NotAllowed):
            resumable(f"user:{ids.new_id()}", ME)


class TestPositions:
    def test_a_position_tells_its_moment(self) -> None:
        before = datetime.now(UTC) - timedelta(milliseconds=1)
        assert before <= moment_of(ids.new_position()) <= datetime.now(UTC)

    def test_a_bound_lies_before_every_position_of_its_moment(self) -> None:
        position = ids.new_position()
        moment = moment_of(position)

        assert position_at(moment) <= position
        assert position_at(moment - timedelta(milliseconds=1)) < position < position_at(moment + timedelta(seconds=1))
        assert moment_of(position_at(moment)) == moment

    @pytest.mark.parametrize(
        "position",
        [None, 7, "", "x", "01968b5e-7c00-4a31-9a52-3f6d1c2b4e5f", "ffffffff-ffff-7fff-bfff-ffffffffffff", {"a": 1}],
    )
    def test_what_is_none_is_refused(self, position: object) -> None:
        with pytest.raises(BadFrame):
            moment_of(position)

    def test_too_old_is_what_may_be_deleted_already(self) -> None:
        assert is_too_old(A_MONDAY_EVENING - timedelta(hours=24), A_MONDAY_EVENING)
        assert is_too_old(A_MONDAY_EVENING - timedelta(hours=24) + timedelta(seconds=60), A_MONDAY_EVENING)
        assert not is_too_old(A_MONDAY_EVENING - timedelta(hours=23, minutes=58), A_MONDAY_EVENING)


def test_a_connection_with_all_its_channels_can_be_removed_in_one_transaction() -> None:
    assert MAX_CHANNELS + 2 <= 100  # itself and the row of its person
