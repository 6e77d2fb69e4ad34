"""The weekly mail: what fired, what to change, and what of it is known here."""

from typing import get_args

from mundotango.growth import prices, words
from mundotango.growth.model import Advice, Change, Measured, Phase, Trigger

LARGER = Change(("connections",), "DatabaseInstanceClass", "db.t4g.micro", "db.t4g.small")


def mail(*changes: Change, unknown: tuple[str, ...] = (), costs: dict[str, float] | None = None) -> str:
    advice = Advice("phase1", (Trigger("connections", 0.91, 0.8),), changes, unknown)
    return words.mail("mundo-tango", advice, costs or {})


def test_says_why_what_and_for_how_much() -> None:
    said = mail(LARGER, costs={words.key_of(LARGER): 11.68})
    assert "connections of the database: 91 % is over 80 %" in said
    assert "- DatabaseInstanceClass from db.t4g.micro to db.t4g.small, because of connections: +11.68 dollars" in said


def test_what_has_no_price_here_is_said() -> None:
    assert "what it costs is not known here" in mail(LARGER)
    assert "nothing until it is used" in mail(LARGER, costs={words.key_of(LARGER): 0.0})


def test_reading_the_runbook_costs_nothing() -> None:
    said = mail(Change(("failing",), runbook="FailedAnswers"))
    assert "- read FailedAnswers in docs/runbook.md, because of failing\n" in said


def test_what_was_not_measured_is_named() -> None:
    assert "Not measured here: people who said that it is slow." in mail(LARGER, unknown=("slow_reports",))
    assert "Not measured" not in mail(LARGER)


def test_each_measure_and_each_cause_has_words() -> None:
    assert words.MEASURES.keys() == set(Measured.__dataclass_fields__)


def test_each_phase_has_prices_and_its_next_phase_one() -> None:
    costs = prices.of_changes()
    assert costs.keys() == set(get_args(Phase))
    assert {"phase2", "phase3-prepare", "phase4"} <= {key for of in costs.values() for key in of}
