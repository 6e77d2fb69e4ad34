"""What sending a mail needs: the fakes, and SES and DynamoDB at moto."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from mundotango import ids, settings
from mundotango.adapters.mailer import SesMailer
from mundotango.mail.ports import NotNow, Refused, Sends, Unsure, WaitingMails
from mundotango.mail.queue import SqsWaitingMails
from mundotango.mail.repository import LIFE, DynamoSends
from tests.fakes.mail import FakeMailer, FakeSends, FakeWaitingMails, read_message
from tests.fixtures.aws import REGION, client, rows, table_name

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
SENDER = settings.Sender("Mundo Tango <hola@mundotango.example>")
MESSAGE = (
    b"From: Mundo Tango <hola@mundotango.example>\r\nTo: ana@example.org\r\nSubject: tu semana\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHola\r\n"
)


class Post:
    """A mailer, fake or not, and what it sent."""

    def __init__(self, mailer: SesMailer | FakeMailer) -> None:
        self.mailer = mailer

    def sent(self) -> list[EmailMessage]:
        if isinstance(self.mailer, FakeMailer):
            return self.mailer.messages
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.ses.models import ses_backends

        raw = ses_backends[DEFAULT_ACCOUNT_ID][REGION.name].sent_messages
        return [read_message(one.raw_data.encode()) for one in raw]


@pytest.fixture(params=["fake", "ses"])
def post(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    if request.param == "fake":
        mailer = FakeMailer()
        yield Post(mailer)
        return
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("ses", REGION.name).verify_email_identity(EmailAddress="hola@mundotango.example")
        yield Post(SesMailer(SENDER, REGION))


def test_a_message_goes_as_it_is(post: Post) -> None:
    post.mailer.send("ana@example.org", MESSAGE)

    (sent,) = post.sent()
    assert sent["Subject"] == "tu semana"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.get_content().strip() == "Hola"


def refusing(code: str, said: str = "") -> SesMailer:
    mailer = SesMailer(SENDER, REGION)
    stub = Stubber(mailer._client)
    stub.add_client_error("send_email", code, said, 400)
    stub.activate()
    return mailer


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_what_ses_refuses_for_good(code: str) -> None:
    with pytest.raises(Refused, match=code):
        refusing(code).send("ana@example.org", MESSAGE)
    fake = FakeMailer()
    fake.refused.add("ana@example.org")
    with pytest.raises(Refused):
        fake.send("ana@example.org", MESSAGE)


@pytest.mark.parametrize(
    "code",
    ["TooManyRequestsException", "SendingPausedException", "LimitExceededException", "AccessDeniedException",
     "MailFromDomainNotVerifiedException", "InternalFailure"],
)  # fmt: skip
def test_what_ses_may_take_later(code: str) -> None:
    with pytest.raises(NotNow, match=code):
        refusing(code).send("ana@example.org", MESSAGE)


@pytest.mark.parametrize(
    ("failure", "meaning"),
    [
        (ConnectTimeoutError(endpoint_url="https://email.example"), NotNow),
        (ReadTimeoutError(endpoint_url="https://email.example"), Unsure),
    ],
    ids=["before it was asked", "after it was asked"],
)
def test_a_silence(failure: Exception, meaning: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    mailer, asked = SesMailer(SENDER, REGION), []

    def silent(**request: Any) -> None:
        asked.append(request)
        raise failure

    monkeypatch.setattr(mailer._client, "send_email", silent)
    with pytest.raises(meaning):
        mailer.send("ana@example.org", MESSAGE)
    assert len(asked) == 1


def test_the_sdk_tries_once() -> None:
    """Its second try, after an answer that was lost, would be a second mail."""
    config: Any = SesMailer(SENDER, REGION)._client.meta.config
    assert config.retries["total_max_attempts"] == 1


def test_what_is_raised_names_nobody() -> None:
    """SES quotes the address in its error, and errors are logged with where they came from."""
    with pytest.raises(Refused) as raised:
        refusing("MessageRejected", "ana@example.org is not verified").send("ana@example.org", MESSAGE)
    assert "ana@" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.fixture(params=["fake", "dynamodb"])
def sends(request: pytest.FixtureRequest) -> Sends:
    if request.param == "fake":
        return FakeSends()
    return DynamoSends(table_name("idempotency"), request.getfixturevalue("aws"))


class TestSends:
    def test_one_begins_and_all_others_see_it(self, sends: Sends) -> None:
        mail_id = ids.new_id()

        assert sends.begin(mail_id, AT) is None
        assert sends.begin(mail_id, AT) == "sending"
        assert sends.begin(ids.new_id(), AT) is None

    def test_how_it_ended_stays(self, sends: Sends) -> None:
        mail_id = ids.new_id()
        sends.begin(mail_id, AT)
        sends.end(mail_id, "sent")
        sends.give_back(mail_id)

        assert sends.begin(mail_id, AT) == "sent"

    def test_what_is_given_back_may_begin_again(self, sends: Sends) -> None:
        mail_id = ids.new_id()
        sends.begin(mail_id, AT)
        for _ in range(2):
            sends.give_back(mail_id)

        assert sends.begin(mail_id, AT) is None


def test_a_beginning_whose_answer_was_lost_is_still_ones_own(
    aws: settings.Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK writes again, and meets what it wrote."""
    sends, mail_id = DynamoSends(table_name("idempotency"), aws), ids.new_id()
    save = sends._row.save

    def twice(row: Any, **condition: Any) -> Any:
        save(row, **condition)
        return save(row, **condition)

    monkeypatch.setattr(sends._row, "save", twice)
    assert sends.begin(mail_id, AT) is None


def test_it_is_known_for_longer_than_a_dead_letter_lives(aws: settings.Region) -> None:
    DynamoSends(table_name("idempotency"), aws).begin(ids.new_id(), AT)

    (row,) = rows("idempotency")
    assert row["expires_at"]["N"] == str(int((AT + LIFE).timestamp()))
    assert timedelta(days=7 + 14) < LIFE


class TestWaitingMails:
    @pytest.fixture(params=["fake", "sqs"])
    def waiting(self, request: pytest.FixtureRequest) -> tuple[WaitingMails, Callable[[], list[str]]]:
        """And how to take what waits."""
        if request.param == "fake":
            fake = FakeWaitingMails()
            return fake, fake.take
        region = request.getfixturevalue("aws")
        sqs = client("sqs")
        url = sqs.create_queue(QueueName="mails")["QueueUrl"]
        return SqsWaitingMails(url, region), lambda: [
            one["Body"] for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        ]

    def test_what_is_put_waits_until_it_is_taken(self, waiting: tuple[WaitingMails, Callable[[], list[str]]]) -> None:
        mails, take = waiting
        mails.put("send_mail#1")
        mails.put("send_mail#2")
        assert sorted(take()) == ["send_mail#1", "send_mail#2"]
        assert take() == []
