"""Codes at the door: who made them, and how long they hold."""

from hashlib import sha256
from types import SimpleNamespace
from typing import cast

import pytest
from itsdangerous import Signer

from mundotango.errors import Invalid
from mundotango.ids import new_id
from mundotango.keys.service import CHECK_IN, CURSOR
from mundotango.registrations.codes import code_of, read_code
from mundotango.work import UnitOfWork

OLDER, NEWER = b"older", b"newer"


def keeping(*secrets: bytes) -> UnitOfWork:
    """The platform while these are its keys for codes, oldest first."""
    kept = {CHECK_IN: list(secrets), CURSOR: [b"another"]}
    return cast("UnitOfWork", SimpleNamespace(keys=SimpleNamespace(list_secrets=kept.__getitem__)))


def test_a_code_is_of_one_registration_and_fits_a_small_square() -> None:
    one, other = new_id(), new_id()
    work = keeping(OLDER)

    assert read_code(work, code_of(work, one)) == one
    assert read_code(work, code_of(work, other)) == other
    assert len(code_of(work, one)) <= 78  # bytes in a QR code of version 5, error correction M: 37 modules a side


def test_a_code_holds_until_its_key_is_retired() -> None:
    registration_id = new_id()
    code = code_of(keeping(OLDER), registration_id)

    assert read_code(keeping(OLDER, NEWER), code) == registration_id
    assert code_of(keeping(OLDER, NEWER), registration_id) == code_of(keeping(NEWER), registration_id) != code
    with pytest.raises(Invalid):
        read_code(keeping(NEWER), code)


@pytest.mark.parametrize("body", [b"", b"x", b"AAAA", b"A" * 23, "ñ".encode(), b"\xff" * 22])
def test_what_is_signed_and_no_registration_is_refused(body: bytes) -> None:
    """Nobody but us could sign it; all the same it must not be an error."""
    signer = Signer([OLDER], salt=CHECK_IN, key_derivation="hmac", digest_method=sha256)

    with pytest.raises(Invalid) as refusal:
        read_code(keeping(OLDER), signer.sign(body).decode("latin-1"))
    assert [field.field for field in refusal.value.fields] == ["code"]
