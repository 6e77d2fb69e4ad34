"""One mail, however often its command comes."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.effects import handler
from mundotango import ids, settings
from mundotango.bootstrap import Platform
from mundotango.commands.model import Command
from mundotango.commands.service import command_of, identity_deletion, mail_sending
from mundotango.mail.model import Mail
from mundotango.mail.ports import NotNow, Unsure
from mundotango.mail.service import OLDEST
from mundotango.outbox.model import Outgoing
from tests.factories.commands import record_of
from tests.factories.mail import TOKEN, make_mail
from tests.fakes.clock import FakeClock
from tests.fakes.commands import FakeCommands, FakeIdentities
from tests.fakes.mail import FakeMailer, FakeSends, FakeWaitingMails

ADDRESS, GUEST = "malena@example.org", "ana@example.org"


class Outside:
    """What `effects` sees of the world."""

    def __init__(self) -> None:
        self.platform = Platform()
        self.platform.region = settings.Region("us-east-1", "")
        self.identities, self.mailer = FakeIdentities(), FakeMailer()
        self.sends, self.commands = FakeSends(), FakeCommands()
        self.platform.identities, self.platform.mailer = self.identities, self.mailer
        self.platform.sends, self.platform.commands = self.sends, self.commands
        self.waiting = self.platform.waiting_mails = FakeWaitingMails()
        self.platform.site = settings.Site("https://mundotango.example", "")
        self.platform.sender = settings.Sender("Mundo Tango <hola@mundotango.example>")
        self.seq = 0

    def asked(self, mail: Mail) -> Command:
        """The command as the relay hands it on."""
        self.seq += 1
        command = command_of(Outgoing(self.seq, mail_sending(mail, FakeClock())))
        assert command is not None
        self.commands.put(command, FakeClock().now())
        return command

    def reader(self) -> UUID:
        user_id = ids.new_id()
        self.identities.addresses[user_id] = ADDRESS
        return user_id

    def deliver(self, *commands: Command) -> list[int]:
        """The numbers of those that come again from the queue, which the stream brought them to."""
        records = [record_of(command, number) for number, command in enumerate(commands)]
        assert handler.lambda_handler({"Records": records}, None)["batchItemFailures"] == []
        messages = [{"messageId": str(number), "body": key} for number, key in enumerate(self.waiting.take())]
        failures = handler.lambda_handler({"Records": messages}, None)["batchItemFailures"]
        return [int(one["itemIdentifier"]) for one in failures]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    made = Outside()
    monkeypatch.setattr(handler, "platform", lambda: made.platform)
    return made


@pytest.fixture
def command(outside: Outside) -> Command:
    return outside.asked(make_mail(outside.reader()))


def counted(caplog: pytest.LogCaptureFixture) -> dict[str, float]:
    total: dict[str, float] = {}
    for record in caplog.records:
        for name, number in vars(record).get("counts", {}).items():
            total[name] = total.get(name, 0) + number
    return total


def test_a_batch_that_comes_again_sends_once(
    outside: Outside, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert outside.deliver(command, command) == []

    ((to, _),) = outside.mailer.outbox
    assert to == ADDRESS
    assert counted(caplog) == {"mail_sent": 1, "mail_again": 5}


@pytest.mark.parametrize("seed", range(10))
def test_any_order_with_any_failures_sends_each_once(outside: Outside, seed: int) -> None:
    chosen = random.Random(seed)
    commands = [outside.asked(make_mail(outside.reader())) for _ in range(4)] * 2
    chosen.shuffle(commands)
    outside.mailer.raising = [NotNow("TooManyRequestsException")] * 5
    while commands:
        size = chosen.randint(1, 4)
        again = outside.deliver(*commands[:size])
        commands = commands[again[0] if again else size :]

    assert len(outside.mailer.outbox) == 4
    assert set(outside.sends.states.values()) == {"sent"}


def test_while_mails_cannot_be_sent_other_commands_are_carried_out(outside: Outside, command: Command) -> None:
    leaver = outside.reader()
    outside.identities.known.add(leaver)
    deletion = command_of(Outgoing(9, identity_deletion(leaver, FakeClock())))
    assert deletion is not None
    outside.mailer.raising = [NotNow("SendingPausedException")]

    assert outside.deliver(command, deletion) == [0]
    assert outside.identities.known == set()


def guests_mail() -> Mail:
    """To somebody without an account."""
    said = {"news": "offered", "title": "La Viruta", "when": "mañana", "place": "Armenia 1366", "until": "hoy"}
    link = f"/api/link/{TOKEN}/registration"
    return replace(
        make_mail(), user_id=None, address=GUEST, template="guest", unsubscribe=None, values=said | {"link": link}
    )  # fmt: skip


def test_who_has_no_account_is_written_to_where_they_said(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    command = outside.asked(guests_mail())
    for _ in range(2):
        assert outside.deliver(command, command) == []

    ((to, _),) = outside.mailer.outbox
    (message,) = outside.mailer.messages
    assert to == message["To"] == GUEST
    assert message["Subject"] == "Hay un lugar para ti: La Viruta"
    # No mailing that could be ended, and so nothing that ends a registration by a click of the mailbox.
    assert "List-Unsubscribe" not in message
    assert outside.commands.rows == {}
    said = "\n".join(str(vars(record)) for record in caplog.records)
    assert GUEST not in said
    assert TOKEN not in said


def test_the_version_before_wrote_no_address(outside: Outside) -> None:
    command = outside.asked(make_mail(outside.reader()))
    del command.payload["address"]
    assert outside.deliver(command) == []
    assert [to for to, _ in outside.mailer.outbox] == [ADDRESS]


def test_what_it_said_and_the_link_are_kept_no_longer(outside: Outside, command: Command) -> None:
    outside.deliver(command)
    assert outside.commands.rows == {}


@pytest.mark.parametrize("code", ["TooManyRequestsException", "SendingPausedException"])
def test_what_could_not_be_sent_now_comes_again(outside: Outside, command: Command, code: str) -> None:
    outside.mailer.raising = [NotNow(code), NotNow(code)]

    assert outside.deliver(command) == [0]
    assert outside.commands.rows
    assert outside.deliver(command) == [0]
    assert outside.deliver(command) == []
    assert len(outside.mailer.outbox) == 1


def test_without_a_sender_nobody_is_written_to(
    outside: Outside, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    outside.platform.sender = settings.Sender("")

    assert outside.deliver(command) == []
    assert outside.mailer.outbox == []
    assert counted(caplog)["mail_nobody"] == 1


def test_what_says_nothing_any_more_is_not_sent(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    now = outside.platform.clock.now()
    late = outside.asked(replace(make_mail(outside.reader()), written_at=now, until=now))
    soon = outside.asked(replace(make_mail(outside.reader()), written_at=now, until=now + timedelta(hours=1)))

    assert outside.deliver(late, soon) == []
    assert len(outside.mailer.outbox) == 1
    assert counted(caplog)["mail_refused"] == 1


def test_an_address_that_is_refused_is_given_up(
    outside: Outside, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    outside.mailer.refused.add(ADDRESS)

    assert outside.deliver(command) == []
    outside.mailer.refused.clear()
    assert outside.deliver(command) == []
    assert outside.mailer.outbox == []
    assert counted(caplog) == {"mail_refused": 1, "mail_again": 1}


@pytest.mark.parametrize(("old", "sent"), [(OLDEST - timedelta(minutes=1), 1), (OLDEST + timedelta(minutes=1), 0)])
def test_what_waited_until_its_reader_may_have_ended_them_is_not_sent(
    outside: Outside, old: timedelta, sent: int
) -> None:
    command = outside.asked(replace(make_mail(outside.reader()), written_at=datetime.now(UTC) - old))
    outside.mailer.raising = [NotNow("SendingPausedException")] * sent

    assert outside.deliver(command) == [0] * sent
    assert outside.deliver(command) == []
    assert len(outside.mailer.outbox) == sent
    assert set(outside.sends.states.values()) == {"sent" if sent else "refused"}


def test_who_has_no_confirmed_address_gets_none(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    command = outside.asked(make_mail(ids.new_id()))

    assert outside.deliver(command) == []
    assert outside.mailer.outbox == []
    assert counted(caplog) == {"mail_nobody": 1}


def test_an_answer_that_was_lost_is_not_followed_by_a_second_mail(
    outside: Outside, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    outside.mailer.raising = [Unsure("ReadTimeoutError")]

    assert outside.deliver(command) == outside.deliver(command) == []
    assert outside.mailer.outbox == []
    assert counted(caplog) == {"mail_unsure": 1, "mail_again": 1}


@pytest.mark.parametrize("sent", [0, 1], ids=["before it was sent", "after it was sent"])
def test_a_crash_while_sending_errs_towards_none(
    outside: Outside, command: Command, monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    """Killed between the two writes: nothing in the process can know, and no handler of an exception runs."""
    send = outside.mailer.send

    def killed(to: str, message: bytes) -> None:
        if sent:
            send(to, message)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(outside.mailer, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            outside.deliver(command)

    assert outside.deliver(command) == []
    assert len(outside.mailer.outbox) == sent
    assert set(outside.sends.states.values()) == {"unsure"}


@pytest.mark.parametrize("store", ["begin", "end", "forget", "find_address"])
def test_a_store_that_is_away_costs_no_mail_and_makes_no_second(
    outside: Outside, command: Command, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    owner: Any = next(one for one in (outside.sends, outside.commands, outside.identities) if hasattr(one, store))

    def away(*_: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(owner, store, away)
        assert outside.deliver(command) == [0]

    assert outside.deliver(command) == []
    assert len(outside.mailer.outbox) == 1
    assert outside.commands.rows == {}


def test_a_log_names_neither_address_nor_link(
    outside: Outside, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    outside.mailer.raising = [NotNow("SendingPausedException"), Unsure("ReadTimeoutError")]
    outside.deliver(command)
    outside.deliver(command)
    broken = outside.reader()
    outside.identities.addresses[broken] = f"{ADDRESS}\r\nBcc: x"
    outside.deliver(outside.asked(make_mail(broken)))

    said = "\n".join(str(vars(record)) + (record.exc_text or "") for record in caplog.records)
    assert "not carried out" in said
    assert ADDRESS not in said
    assert TOKEN not in said
