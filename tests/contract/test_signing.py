"""Our signatures against botocore's of the same request."""

from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from mundotango.adapters.signing import Signer

NOW = datetime(2026, 11, 28, 23, 59, 59, 999_999, tzinfo=UTC)
HOST = "abcdef0123.execute-api.sa-east-1.amazonaws.com"
BODIES = {"POST": ["{}", '{"ñ":"💃 e\u0301"}', ""], "DELETE": [""]}


@pytest.mark.parametrize("token", ["", "IQoJb3JpZ2luX2VjE/+=="])
@pytest.mark.parametrize("connection_id", ["L0SM9cOF/HcC=", "plain", "a+b=", "~._-", "ñ 💃%2F", "a//b", "*?&'"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_is_botocores(method: str, connection_id: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = ReadOnlyCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token or None)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: NOW)
    path = f"/ws/@connections/{quote(connection_id, safe='')}"
    signer = Signer(credentials, "sa-east-1", "execute-api", NOW)

    for body in BODIES[method]:
        theirs = AWSRequest(method, url=f"https://{HOST}{path}", data=body.encode())
        auth.SigV4Auth(credentials, "execute-api", "sa-east-1").add_auth(theirs)
        lines = signer.headers(method, HOST, path, sha256(body.encode()).hexdigest()).split("\r\n")
        ours = dict(line.split(": ", 1) for line in lines if line)

        assert ours == {name.lower(): value for name, value in theirs.headers.items()}


def test_a_key_is_of_its_day_and_its_credentials() -> None:
    def signed(secret: str, now: datetime) -> str:
        credentials = ReadOnlyCredentials("AKIDEXAMPLE", secret, None)
        return Signer(credentials, "sa-east-1", "execute-api", now).headers("POST", HOST, "/ws", "")

    first = signed("one", NOW)
    assert len({first, signed("two", NOW), signed("one", NOW.replace(day=29))}) == 3
    assert signed("one", NOW) == first
