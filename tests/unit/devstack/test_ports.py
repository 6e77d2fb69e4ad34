import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from devstack import ports
from devstack.ports import USUAL, Ports

pytestmark = pytest.mark.allow_sockets


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "ports.json"


def test_a_second_start_has_the_ports_of_the_first(record: Path) -> None:
    first, _ = ports.choose(record, usual=False)
    assert ports.choose(record) == (first, [])


def test_a_cloud_of_its_own_keeps_away_from_the_usual_ports(record: Path) -> None:
    chosen, _ = ports.choose(record, usual=False)
    assert not {chosen.postgres, chosen.valkey, chosen.gateway} & {USUAL.postgres, USUAL.valkey, USUAL.gateway}
    assert len({chosen.postgres, chosen.valkey, chosen.gateway}) == 3


def test_a_port_that_another_program_took_is_moved_and_said(record: Path) -> None:
    before, _ = ports.choose(record, usual=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", before.valkey))
        other.listen()
        after, said = ports.choose(record)
    assert (after.postgres, after.gateway) == (before.postgres, before.gateway)
    assert after.valkey != before.valkey
    assert said == [f"port {before.valkey} of valkey is taken by another program: it is {after.valkey} now"]
    assert Ports(**json.loads(record.read_text())) == after


def test_a_record_of_an_earlier_version_keeps_its_ports(record: Path) -> None:
    before, _ = ports.choose(record, usual=False)
    known = json.loads(record.read_text())
    del known["push"]
    record.write_text(json.dumps(known))

    after, said = ports.choose(record, usual=False)

    assert replace(after, push=before.push) == before
    assert said == []


def test_a_port_taken_on_all_addresses_is_not_free() -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        assert not ports.is_free(other.getsockname()[1])


def test_a_damaged_record_is_made_anew(record: Path) -> None:
    record.write_text("{")
    chosen, said = ports.choose(record, usual=False)
    assert said == []
    assert Ports(**json.loads(record.read_text())) == chosen
