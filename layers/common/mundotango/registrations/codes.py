"""What somebody shows at the door: a registration's id, signed, to be drawn as a QR code and not to be made up.

One for the whole party. It says nothing of whether there is a place: that is looked up when it is shown.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from uuid import UUID

from itsdangerous import BadSignature, Signer

from mundotango.keys.service import CHECK_IN
from mundotango.text import refused
from mundotango.work import UnitOfWork


def code_of(work: UnitOfWork, registration_id: UUID) -> str:
    body = urlsafe_b64encode(registration_id.bytes).rstrip(b"=")
    return _signer(work).sign(body).decode()


def read_code(work: UnitOfWork, code: str) -> UUID:
    """Of which registration it is, by a key that is not retired."""
    try:
        return UUID(bytes=urlsafe_b64decode(_signer(work).unsign(code) + b"=="))
    except (BadSignature, UnicodeError, Error, ValueError) as error:
        raise refused("code", "is no check-in code of ours") from error


def _signer(work: UnitOfWork) -> Signer:
    """The newest key signs and all verify."""
    return Signer(work.keys.list_secrets(CHECK_IN), salt=CHECK_IN, key_derivation="hmac", digest_method=sha256)
