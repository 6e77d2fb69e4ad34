"""Who has no valid token never reaches a function: the gateway answers, and the function's log says nothing."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from devstack import logs
from devstack.cloud import LocalCloud
from devstack.people import Person
from tests.fixtures.local_cloud import Newcomer

pytestmark = [pytest.mark.cloud, pytest.mark.timeout(300)]

Claims = dict[str, Any]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def _signed(token: str, key: rsa.RSAPrivateKey, **changes: object) -> str:
    """The token with other claims, signed anew."""
    header, claims, _ = token.split(".")
    said = f"{header}.{_encoded(json.dumps(_decoded(claims) | changes).encode())}"
    return f"{said}.{_encoded(key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.fixture
def token(newcomer: Newcomer) -> str:
    return newcomer().token


@pytest.fixture
def pool_key(local_cloud: LocalCloud, token: str) -> rsa.RSAPrivateKey:
    """The key by which the user pool signs access tokens: nobody has it on AWS, and so nobody there can test this.

    MiniStack makes it with the first token.
    """
    (path,) = local_cloud.home.ministack.rglob(f"{local_cloud.stack.user_pool_id}-access.pem")
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@pytest.fixture
def status(local_cloud: LocalCloud) -> Callable[[str], tuple[int, int]]:
    """What a request with this token is answered, and how often a function was called for it."""
    stack = local_cloud.stack
    groups = [stack.log_group("ApiFunction"), stack.log_group("WsAuthorizerFunction")]

    def ask(token: str) -> tuple[int, int]:
        before = sum(logs.invocations(stack, group) for group in groups)
        answer = Person(stack, "", "", token).request("GET", "/api/feed")
        return answer.status_code, sum(logs.invocations(stack, group) for group in groups) - before

    return ask


def test_a_token_signed_by_the_pool_is_let_in(
    token: str, pool_key: rsa.RSAPrivateKey, status: Callable[[str], tuple[int, int]]
) -> None:
    """The control: what the next tests change is the one thing that shuts the door."""
    assert status(_signed(token, pool_key)) == (200, 1)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": int(time.time()) - 1}, id="expired"),
        pytest.param({"client_id": "another"}, id="another client's"),
        pytest.param({"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another"}, id="another pool's"),
    ],
)
def test_a_token_of_the_pool_that_does_not_hold_is_refused(
    changes: Claims, token: str, pool_key: rsa.RSAPrivateKey, status: Callable[[str], tuple[int, int]]
) -> None:
    assert status(_signed(token, pool_key, **changes)) == (401, 0)


def test_no_token_is_refused(status: Callable[[str], tuple[int, int]]) -> None:
    assert status("") == (401, 0)


def test_a_forged_token_is_refused(token: str, status: Callable[[str], tuple[int, int]]) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert status(_signed(token, stranger)) == (401, 0)


def test_an_unsigned_token_is_refused(token: str, status: Callable[[str], tuple[int, int]]) -> None:
    header, claims, _ = token.split(".")
    unsigned = _encoded(json.dumps(_decoded(header) | {"alg": "none"}).encode())
    assert status(f"{unsigned}.{claims}.") == (401, 0)
