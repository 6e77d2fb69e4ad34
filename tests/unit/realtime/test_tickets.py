from datetime import timedelta

import pytest

from mundotango import ids
from mundotango.errors import NotAllowed
from mundotango.realtime.model import Ticket
from mundotango.realtime.service import consume_ticket, issue_ticket
from tests.factories.realtime import make_ticket
from tests.fakes.clock import FakeClock
from tests.fakes.realtime import FakeTickets


class TestTicket:
    def test_tells_whose_it_is_once(self, clock: FakeClock) -> None:
        tickets, user_id = FakeTickets(), ids.new_id()
        ticket, _ = issue_ticket(tickets, make_ticket(user_id, clock), clock)

        assert consume_ticket(tickets, ticket, clock) == make_ticket(user_id, clock)
        with pytest.raises(NotAllowed):
            consume_ticket(tickets, ticket, clock)

    def test_ends_after_a_minute(self, clock: FakeClock) -> None:
        tickets = FakeTickets()
        ticket, expires_at = issue_ticket(tickets, make_ticket(ids.new_id(), clock), clock)
        assert expires_at - clock.now() == timedelta(seconds=60)
        clock.advance(timedelta(seconds=60))

        with pytest.raises(NotAllowed):
            consume_ticket(tickets, ticket, clock)

    def test_is_not_stored(self, clock: FakeClock) -> None:
        tickets = FakeTickets()
        ticket, _ = issue_ticket(tickets, make_ticket(ids.new_id(), clock), clock)

        assert ticket not in str(tickets.rows)

    @pytest.mark.parametrize("ticket", ["", "x", "\ud800"])
    def test_that_is_none_is_refused(self, clock: FakeClock, ticket: str) -> None:
        with pytest.raises(NotAllowed):
            consume_ticket(FakeTickets(), ticket, clock)

    def test_ends_with_the_token_at_the_latest(self, clock: FakeClock) -> None:
        token_ends_at = clock.now() + timedelta(seconds=9)

        _, expires_at = issue_ticket(FakeTickets(), Ticket(ids.new_id(), token_ends_at), clock)

        assert expires_at == token_ends_at
