from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mundotango import settings
from mundotango.adapters.idempotency import DynamoAnswers
from mundotango.errors import InProgress, KeyReused
from mundotango.limits.repository import DynamoRates
from mundotango.ports import Answers, Rates
from tests.fakes.requests import FakeAnswers, FakeRates
from tests.fixtures.aws import rows, table_name

ANSWER: dict[str, Any] = {"status": 201, "headers": {"location": "/api/posts/1"}, "body": '{"body":"¿Bailás? 💃"}'}
ENDS = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["fake", "dynamodb"])
def answers(request: pytest.FixtureRequest) -> Answers:
    if request.param == "fake":
        return FakeAnswers()
    return DynamoAnswers(table_name("idempotency"), request.getfixturevalue("aws"))


@pytest.fixture(params=["fake", "dynamodb"])
def rates(request: pytest.FixtureRequest) -> Rates:
    if request.param == "fake":
        return FakeRates()
    return DynamoRates(table_name("idempotency"), request.getfixturevalue("aws"))


class TestAnswers:
    def test_the_first_is_told_so_and_the_next_gets_its_answer(self, answers: Answers) -> None:
        assert answers.begin("key", "request") is None
        answers.keep("key", "request", ANSWER)

        assert answers.begin("key", "request") == ANSWER
        assert answers.begin("key", "request") == ANSWER

    def test_while_the_first_is_under_way_others_wait(self, answers: Answers) -> None:
        answers.begin("key", "request")

        with pytest.raises(InProgress) as refused:
            answers.begin("key", "request")
        assert refused.value.retry_after > 0

    @pytest.mark.parametrize("done", [True, False])
    def test_another_request_may_not_come_under_the_same_key(self, answers: Answers, done: bool) -> None:
        answers.begin("key", "request")
        if done:
            answers.keep("key", "request", ANSWER)

        with pytest.raises(KeyReused):
            answers.begin("key", "another")
        assert answers.begin("other key", "another") is None

    def test_what_is_forgotten_begins_again(self, answers: Answers) -> None:
        answers.begin("key", "request")
        answers.forget("key")

        assert answers.begin("key", "another") is None


class TestRates:
    def test_a_count_begins_at_one_and_is_its_keys_own(self, rates: Rates) -> None:
        assert [rates.increment("key", ENDS) for _ in range(3)] == [1, 2, 3]
        assert rates.increment("other", ENDS) == 1


def test_a_count_does_not_say_whose_it_is(aws: settings.Region) -> None:
    DynamoRates(table_name("idempotency"), aws).increment("rate:write:somebody:1", ENDS)

    (row,) = rows("idempotency")
    assert "somebody" not in str(row)


def test_a_request_that_died_is_taken_for_dead_and_nothing_readable_is_kept_of_its_key(
    aws: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = DynamoAnswers(table_name("idempotency"), aws)  # type: ignore[arg-type]
    monkeypatch.setattr("mundotango.settings.API_TIMEOUT", 0)
    assert answers.begin("a person's key", "request") is None
    (row,) = rows("idempotency")
    assert "person" not in str(row)
    in_a_day = datetime.now(UTC) + timedelta(hours=24)
    assert abs(int(row["expires_at"]["N"]) - in_a_day.timestamp()) < 60
    monkeypatch.undo()

    while True:  # until the millisecond is over in which it began
        try:
            assert answers.begin("a person's key", "request") is None
        except InProgress:
            continue
        break
