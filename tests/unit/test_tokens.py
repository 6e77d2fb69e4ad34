from collections.abc import Iterator
from copy import replace
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from mundotango import settings
from mundotango.adapters import tokens

DATABASE = settings.Database(
    host="db.abc.eu-west-1.rds.amazonaws.com", port=5432, name="m", user="mundo_app", sslmode="verify-full", pool_size=1
)
CACHE = settings.Cache(
    host="mundo-tango-abc123.serverless.euw1.cache.amazonaws.com", port=6379, user="mundo_app", tls=True
)


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of+a/role=")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_: datetime(2026, 11, 23, 20, 0))  # noqa: DTZ001 - so botocore has it
    tokens._credentials.cache_clear()
    yield
    tokens._credentials.cache_clear()


def test_the_database_token_is_the_one_the_sdk_makes() -> None:
    # A session of this test's own: the default one keeps the credentials that another test was signed in with.
    rds = boto3.Session().client("rds", "eu-west-1")
    expected = rds.generate_db_auth_token("db.abc.eu-west-1.rds.amazonaws.com", 5432, "mundo_app")
    assert tokens.database_token(DATABASE, "eu-west-1") == expected


def test_the_cache_token_names_the_cache_and_not_its_host() -> None:
    token = tokens.valkey_token(CACHE, "eu-west-1")
    address = urlsplit(f"//{token}")
    asked = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert address.netloc == "mundo-tango"
    assert (asked["Action"], asked["User"], asked["ResourceType"]) == ("connect", "mundo_app", "ServerlessCache")
    assert asked["X-Amz-Credential"] == "AKIDEXAMPLE/20261123/eu-west-1/elasticache/aws4_request"
    assert asked["X-Amz-Expires"] == "900"
    assert asked["X-Amz-SignedHeaders"] == "host"


def test_the_token_of_a_cluster_of_nodes_names_no_kind() -> None:
    nodes = replace(CACHE, host="clustercfg.mundo-tango.abc123.euw1.cache.amazonaws.com")
    address = urlsplit(f"//{tokens.valkey_token(nodes, 'eu-west-1')}")
    asked = parse_qs(address.query)
    assert address.netloc == "mundo-tango"
    assert (asked["Action"], asked["User"]) == (["connect"], ["mundo_app"])
    assert "ResourceType" not in asked


def test_no_token_holds_the_secret() -> None:
    for token in (tokens.database_token(DATABASE, "eu-west-1"), tokens.valkey_token(CACHE, "eu-west-1")):
        assert "wJalr" not in token
