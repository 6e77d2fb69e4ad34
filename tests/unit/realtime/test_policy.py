from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mundotango import ids
from mundotango.errors import BadChannel, BadFrame, NotAllowed
from mundotango.realtime.model import End, city_channel
from mundotango.realtime.policy import (
    CLOSED_WITHIN,
    CONNECTION_LIFE,
    MAX_CHANNELS,
    ROW_GRACE,
    comes_by_itself,
    end_of,
    is_too_old,
    may_connect_from,
    moment_of,
    needs_grant,
    position_at,
    subscribable,
)
from mundotango.text import key
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
    @pytest.mark.parametrize("family", ["post", "event", "conversation"])
    def test_can_be_subscribed_to(self, family: str) -> None:
        channel = f"{family}:{ids.new_id()}"
        assert subscribable(channel, ME) == channel
        assert needs_grant(channel) == (family != "event")

    @pytest.mark.parametrize("city", ["Buenos Aires", "São Paulo", "北京", "Łódź", "Ürümqi"])
    def test_a_city_is_known_by_its_key_alone(self, city: str) -> None:
        channel = city_channel(key(city))
        assert subscribable(channel, ME) == channel
        assert not needs_grant(channel)

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
            "inbox:01968b5e-7c00-7a31-9a52-3f6d1c2b4e5f",
            "city:",
            "city:Buenos Aires",
            "city:são paulo",
            "city: lima",
            "city:li\nma",
            "city:\ud83d",
            "city:" + "x" * 200,
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

    def test_what_comes_by_itself(self) -> None:
        assert comes_by_itself("home", ME)
        assert comes_by_itself(f"user:{ME}", ME)
        assert not comes_by_itself(f"user:{ids.new_id()}", ME)
        assert not comes_by_itself(f"post:{ME}", ME)


class TestEndOfASocket:
    def test_is_that_of_the_token_or_the_longest_a_socket_lives(self) -> None:
        now = A_MONDAY_EVENING

        assert end_of(now, now + timedelta(minutes=30)) == End(now + timedelta(minutes=30), "token-expired")
        assert end_of(now, now + timedelta(days=1)) == End(now + CONNECTION_LIFE, "ended")

    def test_can_be_told_before_the_gateway_cuts_it_in_silence(self) -> None:
        assert timedelta(minutes=1) < timedelta(hours=2) - CONNECTION_LIFE

    def test_is_looked_for_while_its_rows_are_there(self) -> None:
        assert CLOSED_WITHIN < ROW_GRACE


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
    assert MAX_CHANNELS + 3 <= 100  # itself, the row of its person and that of its end
