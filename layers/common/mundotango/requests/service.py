from datetime import timedelta
from uuid import UUID

from mundotango.errors import AlreadyDone, BadKey, FieldError, KeyReused, Said
from mundotango.ports import Clock
from mundotango.requests.model import RequestKey
from mundotango.work import UnitOfWork

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
# So long the same key is the same request.
LIFE = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 1000


def checked_key(key: str) -> str:
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise BadKey(
            "the idempotency key is not one",
            FieldError(HEADER, Said("must be 1 to {longest} printable characters", longest=LONGEST_KEY)),
        )
    return key


def note_done(
    work: UnitOfWork, user_id: UUID, key_hash: bytes, body_hash: bytes, location: str | None, clock: Clock
) -> None:
    """Part of the effect's own transaction: both are committed, or neither.

    Raises:
        AlreadyDone: the effect was committed before, under this key; this one must not be.
    """
    now = clock.now()
    if not work.request_keys.add(RequestKey(user_id, key_hash, body_hash, location, now), now - LIFE):
        raise AlreadyDone("this was done before, under the same idempotency key")


def find_done(work: UnitOfWork, user_id: UUID, key_hash: bytes, body_hash: bytes, clock: Clock) -> RequestKey | None:
    """What was done under this key, if anything was."""
    known = work.request_keys.find(user_id, key_hash)
    if known is None or known.created_at < clock.now() - LIFE:
        return None
    if known.body_hash != body_hash:
        raise KeyReused("this idempotency key came with another request before")
    return known


def forget_keys(work: UnitOfWork, clock: Clock) -> int:
    """Those nobody can repeat any more, up to a limit; how many it was."""
    return work.request_keys.forget(clock.now() - LIFE, FORGOTTEN_AT_ONCE)
