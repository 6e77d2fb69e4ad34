"""The key of Web Push, made and stored at moto's Systems Manager."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from mundotango.adapters.vapid import key_of, public_of
from operations import cli, webpush
from operations.deployed import Deployed

PARAMETER = "/mundo-tango/web-push-key"


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        found = Deployed(boto3.Session(region_name="us-east-1"), "mundo-tango")
        monkeypatch.setattr(webpush, "find", lambda *_: found)
        yield found


def stored(deployed: Deployed) -> Any:
    return deployed.session.client("ssm").get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]


def test_the_private_half_is_stored_and_not_shown(deployed: Deployed) -> None:
    shown = CliRunner().invoke(cli.app, ["webpush", "create-key"]).output

    kept = stored(deployed)
    public = public_of(key_of(kept["Value"]))
    assert kept["Type"] == "SecureString"
    assert f'"VapidKeyParameter={PARAMETER}"' in shown
    assert f'"VapidPublicKey={public[1:9]}.{public}"' in shown
    assert kept["Value"] not in shown
    assert webpush.find_key(deployed) == webpush.Key(PARAMETER, public)


def test_one_that_is_there_is_replaced_only_when_told_so(deployed: Deployed) -> None:
    first = webpush.create_key(deployed)
    refused = CliRunner().invoke(cli.app, ["webpush", "create-key"])
    assert (refused.exit_code, webpush.find_key(deployed)) == (1, first)
    assert first.public in str(refused.exception)
    assert stored(deployed)["Value"] not in str(refused.exception)

    assert CliRunner().invoke(cli.app, ["webpush", "create-key", "--replace"]).exit_code == 0
    assert webpush.find_key(deployed) not in (first, None)


def test_before_there_is_one(deployed: Deployed) -> None:
    assert webpush.find_key(deployed) is None
