"""Signs in to a Cognito user pool with the Secure Remote Password protocol, so that the password never travels.

The protocol is RFC 5054's with Cognito's own hashing. Client and pool agree on a 3072-bit prime N and a generator g.

    client                                    pool
    A = g^a                       ──────>     looks up salt and verifier g^x
    S = (B - k·g^x)^(a + u·x)     <──────     B = k·g^x + g^b, salt, a secret block
    proof = HMAC(key of S, …)     ──────>     compares with its own

where x hashes the salt and the password, u hashes A and B, and k hashes N and g.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# RFC 3526, group 15.
N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33"
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864"
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2"
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2


def sign_in(cognito: CognitoIdentityProviderClient, *, pool_id: str, client_id: str, email: str, password: str) -> str:
    """The access token of a confirmed person.

    Raises:
        ClientError: the pool refuses the person or the password.
    """
    a = secrets.randbelow(N - 2) + 1
    public_a = pow(G, a, N)
    challenge = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": email, "SRP_A": f"{public_a:x}"},
    )["ChallengeParameters"]
    user_id, block = challenge["USER_ID_FOR_SRP"], challenge["SECRET_BLOCK"]
    key = _session_key(
        a, public_a, int(challenge["SRP_B"], 16), salt=int(challenge["SALT"], 16),
        identity=f"{_pool_name(pool_id)}{user_id}:{password}",
    )  # fmt: skip
    now = datetime.now(UTC)
    timestamp = f"{now:%a %b} {now.day} {now:%H:%M:%S UTC %Y}"  # the pool reads a day without a leading zero
    said = f"{_pool_name(pool_id)}{user_id}".encode() + base64.b64decode(block) + timestamp.encode()
    answer = cognito.respond_to_auth_challenge(
        ClientId=client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses={
            "USERNAME": user_id,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, said, "sha256")).decode(),
            "TIMESTAMP": timestamp,
        },
    )
    return answer["AuthenticationResult"]["AccessToken"]


def _session_key(a: int, public_a: int, public_b: int, *, salt: int, identity: str) -> bytes:
    k = _hash(_padded(N) + _padded(G))
    u = _hash(_padded(public_a) + _padded(public_b))
    x = _hash(_padded(salt) + hashlib.sha256(identity.encode()).digest())
    shared = pow(public_b - k * pow(G, x, N), a + u * x, N)
    derived = hmac.digest(_padded(u), _padded(shared), "sha256")
    return hmac.digest(derived, b"Caldera Derived Key\x01", "sha256")[:16]


def _padded(number: int) -> bytes:
    """Big-endian, with a leading zero byte where the highest bit is set: two's complement of a positive number."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


def _pool_name(pool_id: str) -> str:
    return pool_id.split("_", 1)[1]
