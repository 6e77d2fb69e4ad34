"""What every table adapter stands on: one client, one name for all the ways to be away, transactions that meet."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import TransactWriteError
from pynamodb.models import Model

from mundotango import ids, settings
from mundotango.adapters.dynamodb import bind, connection, transact
from mundotango.errors import Unavailable
from mundotango.notifications.inbox_table import NotificationRow
from mundotango.reactions.counters import DynamoCounters
from mundotango.reactions.model import CountChange, bucket_key, target_of
from mundotango.realtime.model import Ticket
from mundotango.realtime.repository import DynamoActivities, DynamoTickets, TicketRow
from mundotango.webpush.repository import DeviceRow
from tests.factories.realtime import AT, make_activity
from tests.fixtures.aws import table_name


def refusing(code: str, *reasons: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


Answers = list[ClientError | dict[str, Any] | None]


@pytest.fixture
def calls(aws: settings.Region, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What the next calls to DynamoDB are answered with: an error, an answer, or None for what DynamoDB itself says."""
    answers: Answers = []
    client = connection(aws).client
    asked = client._make_api_call

    def call(operation: str, request: dict[str, Any]) -> Any:
        answer = answers.pop(0) if answers else None
        if isinstance(answer, ClientError):
            raise answer
        return asked(operation, request) if answer is None else answer

    monkeypatch.setattr(client, "_make_api_call", call)
    return answers


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize("models", [(NotificationRow, DeviceRow), (DeviceRow, NotificationRow)])
def test_of_two_models_of_a_table_one_does_not_hide_the_others_index(
    aws: settings.Region, models: tuple[type[Model], type[Model]]
) -> None:
    """Only the first push after a start would have found the inbox by it, and each later one failed."""
    bound = {model: bind(model, table_name("notifications"), aws) for model in models}

    inboxes: Any = bound[NotificationRow]
    assert list(inboxes.by_position.query("user#1")) == []
    assert list(bound[DeviceRow].query("user#1")) == []


def not_got_to(*keys: str) -> dict[str, Any]:
    """The answer of a busy counters table that read nothing of these keys."""
    return {
        "Responses": {},
        "UnprocessedKeys": {table_name("counters"): {"Keys": [{"target": {"S": key}} for key in keys]}},
    }


class TestConnection:
    def test_tables_share_one_client(self, aws: settings.Region) -> None:
        tickets, activities = (
            DynamoTickets(table_name("tickets"), aws),
            DynamoActivities(table_name("activities"), aws),
        )

        clients = {id(each._row._get_connection().connection.client) for each in (tickets, activities)}

        assert len(clients) == 1

    def test_two_tables_of_one_model_do_not_meet(self, aws: settings.Region) -> None:
        one, other = bind(TicketRow, "one", aws), bind(TicketRow, "other", aws)
        assert (one.Meta.table_name, other.Meta.table_name) == ("one", "other")
        assert not hasattr(TicketRow, "Meta")

    def test_waits_no_longer_than_the_settings_say(self, aws: settings.Region) -> None:
        config: Any = connection(aws).client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (settings.AWS_CALL_TIMEOUT, settings.AWS_CALL_TIMEOUT)
        assert config.retries["total_max_attempts"] == settings.AWS_CALL_ATTEMPTS

    def test_an_endpoint_that_is_away_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        tickets = DynamoTickets("tickets", settings.Region("us-east-1", "http://127.0.0.1:9"))

        with pytest.raises(Unavailable):
            tickets.take("hash", AT)

    @pytest.mark.parametrize(
        "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "InternalServerError"]
    )
    def test_a_table_that_is_busy_is_unavailable(self, aws: settings.Region, calls: Answers, code: str) -> None:
        calls.append(refusing(code))

        with pytest.raises(Unavailable):
            DynamoActivities(table_name("activities"), aws).append(make_activity())

    def test_a_mistake_of_ours_is_not(self, aws: settings.Region) -> None:
        with pytest.raises(Exception, match="Failed to put item"):
            DynamoActivities("no-such-table", aws).append(make_activity())


class TestBatchGet:
    def test_asks_again_after_a_pause_for_what_a_busy_table_did_not_get_to(
        self, aws: settings.Region, calls: Answers, pauses: list[float]
    ) -> None:
        counters = DynamoCounters(table_name("counters"), aws)
        change = CountChange({"like": 1}, guard_before=None, guard="1", through=None, counted_at=AT)
        posts = [ids.new_id() for _ in range(3)]
        keys = [bucket_key(post, 0) for post in posts]
        for post, key in zip(posts, keys, strict=True):
            assert counters.apply(post, {key: change})
        a, b, _ = (f"post#{post}" for post in posts)
        calls += [not_got_to(a, b), not_got_to(b)]

        assert set(counters.counts(keys)) == {keys[1]}  # the busy table said it had none of the others

        assert len(pauses) == 2

    def test_is_given_up_after_some_tries(self, aws: settings.Region, calls: Answers, pauses: list[float]) -> None:
        calls += [not_got_to("a")] * 99

        with pytest.raises(Unavailable):
            DynamoCounters(table_name("counters"), aws).counts([bucket_key(ids.new_id(), 0)])

        assert 1 < len(pauses) < 9
        assert sum(pauses) < 2

    def test_reads_every_page_and_asks_for_no_key_twice(self, aws: settings.Region) -> None:
        counters = DynamoCounters(table_name("counters"), aws)
        keys = [bucket_key(ids.new_id(), 0) for _ in range(205)]
        for key in keys[::50]:
            assert counters.apply(target_of(key), {key: CountChange({"like": 1}, None, "1", None, counted_at=AT)})

        assert set(counters.counts([*keys, *keys])) == set(keys[::50])
        assert counters.counts([]) == {}


def ticket_row(aws: settings.Region) -> TicketRow:
    return bind(TicketRow, table_name("tickets"), aws)("hash", user_id="u", expires_at=AT)


class TestTransact:
    def test_is_repeated_when_it_met_another(self, aws: settings.Region, calls: Answers) -> None:
        calls += [refusing("TransactionCanceledException", "None", "TransactionConflict")] * 2

        assert transact(aws, lambda transaction: transaction.save(ticket_row(aws)))
        assert ticket_row(aws).exists()

    def test_that_is_still_under_way_is_asked_for_and_not_written_again(
        self, aws: settings.Region, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
    ) -> None:
        asked: list[str] = []

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            asked.append(request["ClientRequestToken"])
            if len(asked) < 3:
                raise refusing("TransactionInProgressException")
            return {}

        monkeypatch.setattr(connection(aws).client, "_make_api_call", call)

        assert transact(aws, lambda transaction: transaction.save(ticket_row(aws)))
        assert len(set(asked)) == 1

    @pytest.mark.parametrize(
        "refusal",
        [
            refusing("TransactionCanceledException", "TransactionConflict"),
            refusing("TransactionCanceledException", "None", "ProvisionedThroughputExceeded"),
            refusing("TransactionCanceledException", "ThrottlingError", "TransactionConflict"),
            refusing("TransactionInProgressException"),
        ],
        ids=str,
    )
    def test_is_given_up_after_some_tries(
        self, aws: settings.Region, calls: Answers, pauses: list[float], refusal: ClientError
    ) -> None:
        calls += [refusal] * 9

        with pytest.raises(Unavailable):
            transact(aws, lambda transaction: transaction.save(ticket_row(aws)))

    def test_refused_for_another_reason_is_a_mistake_of_ours(self, aws: settings.Region, calls: Answers) -> None:
        calls += [refusing("TransactionCanceledException", "ValidationError")]

        with pytest.raises(TransactWriteError):
            transact(aws, lambda transaction: transaction.save(ticket_row(aws)))


def test_one_ticket_opens_one_socket_however_many_try_at_once(aws: settings.Region) -> None:
    tickets, user_id = DynamoTickets(table_name("tickets"), aws), ids.new_id()
    ticket = Ticket(user_id, AT.replace(year=2027))
    tickets.put("hash", ticket, AT.replace(year=2027))
    taken: list[object] = []
    threads = [threading.Thread(target=lambda: taken.append(tickets.take("hash", AT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, taken)) == sorted([*["None"] * 7, str(ticket)])
