"""The restore drill on this machine; and that it would notice a restore that does not restore."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devstack import copies
from devstack.postgres import Server
from operations import cli

RESTORE = copies.restore


def drill() -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(cli.app, ["backup", "drill", "--json", "--seconds", "1.5"])
    assert done.stdout, done.exception
    return done.exit_code, json.loads(done.stdout)


def test_everything_is_as_it_was_at_the_moment() -> None:
    code, report = drill()

    print(f"\ndrill: lost at most {report['rpo_seconds']:.1f} s (RPO), restored in {report['rto_seconds']:.1f} s (RTO)")
    assert (code, report["row_diff"]) == (0, 0)
    lines = {f"{line['store']} {line['name']}": line for line in report["lines"]}  # type: ignore[attr-defined]
    assert lines["postgresql posts"]["expected"] > 0
    assert lines["postgresql posts by the writers' log"]["expected"] == lines["postgresql posts"]["expected"]
    assert lines["dynamodb facts"]["restored"] == lines["s3 media"]["restored"] == 50
    assert 0 <= report["rpo_seconds"] < 10  # type: ignore[operator]
    assert report["rto_seconds"] > 0  # type: ignore[operator]


def test_a_restore_to_another_moment_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(data: Path, archive: Path, port: int, until: datetime | None) -> Server:
        return RESTORE(data, archive, port, until and until + timedelta(milliseconds=200))

    monkeypatch.setattr(copies, "restore", late)

    code, report = drill()

    assert code == 1
    assert report["row_diff"] > 0  # type: ignore[operator]
    wrong = {line["name"] for line in report["lines"] if line["difference"]}  # type: ignore[attr-defined]
    assert wrong >= {"posts", "posts by the writers' log", "outbox"}
